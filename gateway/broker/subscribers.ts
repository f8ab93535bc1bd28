import type { LocalMessage } from './local-bus.ts'
import { topicMatches } from './topic-filter.ts'

type Handler = (message: LocalMessage) => void

/** Who in the gateway listens to what. Filters without wildcards, which are nearly all, cost one look-up per message. */
export class Subscribers {
  readonly #exact = new Map<string, Set<Handler>>()
  readonly #wild = new Map<string, Set<Handler>>()

  /** Returns what ends the subscription. */
  add(filter: string, handler: Handler): () => void {
    const kind = /[+#]/.test(filter) ? this.#wild : this.#exact
    const handlers = kind.get(filter) ?? new Set()
    kind.set(filter, handlers.add(handler))
    return () => {
      handlers.delete(handler)
      if (handlers.size === 0) kind.delete(filter)
    }
  }

  filters(): string[] {
    return [...this.#exact.keys(), ...this.#wild.keys()]
  }

  /** False when nobody listens to the topic. */
  deliver(message: LocalMessage): boolean {
    const handlers = [...(this.#exact.get(message.topic) ?? [])]
    for (const [filter, others] of this.#wild) {
      if (topicMatches(filter, message.topic)) handlers.push(...others)
    }
    for (const handler of handlers) handler(message)
    return handlers.length > 0
  }
}
