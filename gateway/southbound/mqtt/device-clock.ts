/** Lags that differ by less than this are the same lag. */
const sameLagMs = 5_000
/** A queue that is sent late arrives all at once; a slow clock lags the same for as long as it is looked at. */
const provenAfterMs = 30_000
const provenAfterMessages = 3

/**
 * Tells a message that was long on its way, whose own time counts, from a device whose clock is slow, whose time means
 * nothing. One message cannot tell; several can: a slow clock lags by the same amount again and again.
 */
export class DeviceClock {
  readonly #maxSkewMs: number
  #lagMs = 0
  #since = 0
  #messages = 0

  constructor(maxSkewMs: number) {
    this.#maxSkewMs = maxSkewMs
  }

  /** How far the clock is behind, once that is proven; messages then count as of when they come. */
  get behindMs(): number | undefined {
    return this.#messages >= provenAfterMessages ? this.#lagMs : undefined
  }

  /** Each message that comes fresh, in order. True when its own time can be used. */
  trusts(t: number, nowMs: number): boolean {
    const lagMs = nowMs - t
    if (lagMs <= this.#maxSkewMs) {
      this.#messages = 0
      return true
    }
    if (this.#messages === 0 || Math.abs(lagMs - this.#lagMs) > sameLagMs) {
      this.#lagMs = lagMs
      this.#since = nowMs
      this.#messages = 1
      return true
    }
    const isProven = this.#messages + 1 >= provenAfterMessages && nowMs - this.#since >= provenAfterMs
    if (isProven || this.#messages + 1 < provenAfterMessages) this.#messages++
    // A slow clock drifts as well.
    if (isProven) this.#lagMs = lagMs
    return !isProven
  }
}
