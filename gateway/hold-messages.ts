type Message = { readonly retained: boolean }
type Handler<M> = (message: M) => void

export interface Subscribable<M extends Message> {
  subscribe(filter: string, handler: Handler<M>): () => void
}

export type Held<L> = {
  readonly link: L
  /** From now on, what comes for a subscription that ends is kept for the next one with the same filter. */
  hold(): void
  /** What nobody asked for again is let go. */
  release(): void
}

type Kept<M> = { readonly messages: M[]; readonly off: () => void }

/** A swap takes a fraction of a second; more than this is not what it is for. */
const maxMessages = 10_000

/**
 * A link whose subscriptions survive a change of subscribers: devices go on talking while the gateway swaps its drivers,
 * and a message that the broker has acknowledged must find somebody.
 */
export function holdMessages<M extends Message, L extends Subscribable<M>>(link: L): Held<L> {
  const kept = new Map<string, Kept<M>[]>()
  let isHolding = false
  let count = 0

  function subscribe(filter: string, handler: Handler<M>): () => void {
    const messages: M[] = []
    let isOver = false
    const off = link.subscribe(filter, (message) => {
      if (!isOver) handler(message)
      else if (!message.retained && count < maxMessages) {
        count++
        messages.push(message)
      }
    })
    // The new one listens already, so nothing falls between the two.
    const before = kept.get(filter)?.shift()
    before?.off()
    for (const message of before?.messages ?? []) handler(message)
    return () => {
      isOver = true
      if (!isHolding) return off()
      const list = kept.get(filter) ?? []
      kept.set(filter, [...list, { messages, off }])
    }
  }

  return {
    link: { ...link, subscribe },
    hold() {
      isHolding = true
    },
    release() {
      isHolding = false
      for (const list of kept.values()) for (const { off } of list) off()
      kept.clear()
      count = 0
    },
  }
}
