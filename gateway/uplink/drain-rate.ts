const windowMs = 60_000

/** Samples per second over the last minute. Times come from a monotonic clock. */
export class DrainRate {
  readonly #startedAt: number
  /** One entry per second at most. */
  #seconds: { second: number; samples: number }[] = []

  constructor(nowMs: number) {
    this.#startedAt = nowMs
  }

  add(samples: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    const last = this.#seconds.at(-1)
    if (last?.second === second) last.samples += samples
    else this.#seconds.push({ second, samples })
    this.#forget(nowMs)
  }

  perS(nowMs: number): number {
    this.#forget(nowMs)
    const samples = this.#seconds.reduce((sum, one) => sum + one.samples, 0)
    const seenMs = Math.min(windowMs, nowMs - this.#startedAt)
    return samples / Math.max(1, seenMs / 1000)
  }

  #forget(nowMs: number): void {
    const oldest = Math.floor((nowMs - windowMs) / 1000)
    while (this.#seconds[0] !== undefined && this.#seconds[0].second <= oldest) this.#seconds.shift()
  }
}
