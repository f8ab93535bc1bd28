import type { Ack, Credit, Refuse, SeqRange, Stream } from '#contract/delivery.ts'
import { encodeJson } from '#contract/messages.ts'
import { addInterval, type IntervalSet } from './sequence.ts'

export type Refusal = Pick<Refuse, 'code' | 'message'> & {
  readonly range?: SeqRange | undefined
  /** Absent when it can never be accepted. */
  readonly retryAfterMs?: number
}

export type RepliesOptions = {
  /** Sends on `down/ack`. Must not throw; an answer that does not arrive is asked for again by the gateway. */
  readonly send: (gateway: string, payload: Uint8Array) => Promise<unknown>
  readonly credit: () => Credit
}

type Pending = {
  ranges: Map<string, { readonly stream: Stream; readonly epoch: number; set: IntervalSet }>
  refusals: Refusal[]
  sending: boolean
}

/** Schema limits of the messages. */
const maxRanges = 1000
const maxMessage = 500

/**
 * Answers to gateways: acknowledgements that come close together become one message with joined ranges. One message per
 * gateway is on its way at a time, so a gateway that does not read delays nobody and collects ranges, not messages.
 */
export class Replies {
  readonly #options: RepliesOptions
  readonly #pending = new Map<string, Pending>()

  constructor(options: RepliesOptions) {
    this.#options = options
  }

  ack(gateway: string, { stream, epoch, firstSeq, lastSeq }: SeqRange): void {
    const pending = this.#of(gateway)
    const name = `${stream}/${epoch}`
    const ranges = pending.ranges.get(name) ?? { stream, epoch, set: [] }
    ranges.set = addInterval(ranges.set, [firstSeq, lastSeq]).set
    pending.ranges.set(name, ranges)
    this.#start(gateway, pending)
  }

  refuse(gateway: string, refusal: Refusal): void {
    const pending = this.#of(gateway)
    // A gateway that can't be reached and still sends: what is left out is sent again by it anyway.
    if (pending.refusals.length < maxRanges) pending.refusals.push(refusal)
    this.#start(gateway, pending)
  }

  #of(gateway: string): Pending {
    const known = this.#pending.get(gateway)
    if (known !== undefined) return known
    const pending: Pending = { ranges: new Map(), refusals: [], sending: false }
    this.#pending.set(gateway, pending)
    return pending
  }

  #start(gateway: string, pending: Pending): void {
    if (pending.sending) return
    pending.sending = true
    // Never rejects: `send` does not, and encoding our own message does not.
    setImmediate(() => void this.#drain(gateway, pending))
  }

  async #drain(gateway: string, pending: Pending): Promise<void> {
    for (;;) {
      const messages = [...takeAcks(pending), ...pending.refusals.splice(0)]
      if (messages.length === 0) break
      for (const message of messages) {
        const credit = this.#options.credit()
        await this.#options.send(
          gateway,
          encodeJson('kind' in message ? { ...message, credit } : refuseOf(message, credit)),
        )
      }
    }
    pending.sending = false
    this.#pending.delete(gateway)
  }
}

function takeAcks(pending: Pending): Omit<Ack, 'credit'>[] {
  const ranges = [...pending.ranges.values()].flatMap(({ stream, epoch, set }) =>
    set.map(([firstSeq, lastSeq]): SeqRange => ({ stream, epoch, firstSeq, lastSeq })),
  )
  pending.ranges = new Map()
  const acks: Omit<Ack, 'credit'>[] = []
  for (let at = 0; at < ranges.length; at += maxRanges) {
    acks.push({ v: 1, kind: 'ack', ranges: ranges.slice(at, at + maxRanges) })
  }
  return acks
}

function refuseOf({ range, code, message, retryAfterMs }: Refusal, credit: Credit): Refuse {
  return {
    v: 1,
    kind: 'refuse',
    ...(range === undefined ? {} : { range }),
    code,
    message: message.slice(0, maxMessage),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    credit,
  }
}
