/** "At most once per interval and key", counting what was left out. Keys are bounded; the oldest is forgotten first. */
export class RateLimit {
  readonly #last = new Map<string, { at: number; skipped: number }>()
  readonly #intervalMs: number
  readonly #maxKeys: number

  constructor(intervalMs: number, maxKeys = 1000) {
    this.#intervalMs = intervalMs
    this.#maxKeys = maxKeys
  }

  /** The number of calls left out since the last one let through, or `undefined` when this one is left out too. */
  pass(key: string, nowMs: number): number | undefined {
    const entry = this.#last.get(key)
    if (entry !== undefined && nowMs - entry.at < this.#intervalMs) {
      entry.skipped++
      return undefined
    }
    this.#last.delete(key)
    if (this.#last.size >= this.#maxKeys) {
      const oldest = this.#last.keys().next().value
      if (oldest !== undefined) this.#last.delete(oldest)
    }
    this.#last.set(key, { at: nowMs, skipped: 0 })
    return entry?.skipped ?? 0
  }
}
