import type { LocalMessage } from './local-bus.ts'
import { topicMatches } from './topic-filter.ts'

type Handler = (message: LocalMessage) => void
type Bucket = Map<string, Set<Handler>>

/**
 * Who in the gateway listens to what. A message costs a few look-ups however many filters there are: those with wildcards
 * are kept by the level they begin with, and those that begin with a wildcard by the level they end with.
 */
export class Subscribers {
  readonly #exact: Bucket = new Map()
  readonly #wild = new Map<string, Bucket>()

  /** Returns what ends the subscription. */
  add(filter: string, handler: Handler): () => void {
    const isWild = /[+#]/.test(filter)
    const key = bucketOf(filter)
    const kind = isWild ? (this.#wild.get(key) ?? new Map<string, Set<Handler>>()) : this.#exact
    if (isWild) this.#wild.set(key, kind)
    const handlers = kind.get(filter) ?? new Set()
    kind.set(filter, handlers.add(handler))
    return () => {
      handlers.delete(handler)
      if (handlers.size > 0) return
      kind.delete(filter)
      if (isWild && kind.size === 0) this.#wild.delete(key)
    }
  }

  filters(): string[] {
    return [...this.#exact.keys(), ...[...this.#wild.values()].flatMap((bucket) => [...bucket.keys()])]
  }

  /** False when nobody listens to the topic. */
  deliver(message: LocalMessage): boolean {
    const { topic } = message
    const handlers = [...(this.#exact.get(topic) ?? [])]
    for (const key of [firstLevel(topic), ending(lastLevel(topic)), anything]) {
      for (const [filter, others] of this.#wild.get(key) ?? []) {
        if (topicMatches(filter, topic)) handlers.push(...others)
      }
    }
    for (const handler of handlers) handler(message)
    return handlers.length > 0
  }
}

/** No level is called so: `+` and `#` are not allowed in a topic. */
const anything = '#'

function ending(level: string): string {
  return `+${level}`
}

function bucketOf(filter: string): string {
  const first = firstLevel(filter)
  if (first !== '+' && first !== '#') return first
  const last = lastLevel(filter)
  return last === '+' || last === '#' ? anything : ending(last)
}

function firstLevel(topic: string): string {
  const slash = topic.indexOf('/')
  return slash < 0 ? topic : topic.slice(0, slash)
}

function lastLevel(topic: string): string {
  return topic.slice(topic.lastIndexOf('/') + 1)
}
