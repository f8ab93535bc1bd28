export type RateRule = { readonly most: number; readonly withinMs: number }

const maxKeys = 10_000

/** At most so many in a sliding window, for each key. Keys are bounded; the one used longest ago is forgotten first. */
export class CommandRates {
  readonly #rule: RateRule
  readonly #taken = new Map<string, number[]>()

  constructor(rule: RateRule) {
    this.#rule = rule
  }

  /** How long this key has to wait from `nowMs`; 0 when it may go on. */
  waitMs(key: string, nowMs: number): number {
    const { most, withinMs } = this.#rule
    const recent = this.#recent(key, nowMs)
    const first = recent[recent.length - most]
    return first === undefined ? 0 : Math.max(0, first + withinMs - nowMs)
  }

  take(key: string, nowMs: number): void {
    const recent = this.#recent(key, nowMs)
    this.#taken.delete(key)
    this.#taken.set(key, [...recent, nowMs])
    if (this.#taken.size <= maxKeys) return
    const oldest = this.#taken.keys().next().value
    if (oldest !== undefined) this.#taken.delete(oldest)
  }

  #recent(key: string, nowMs: number): number[] {
    return (this.#taken.get(key) ?? []).filter((at) => nowMs - at < this.#rule.withinMs)
  }
}
