import type { Clock } from '#lib/clock.ts'

/**
 * One timer for a deadline that moves with every request. Setting it later than it stands costs nothing: it looks at the
 * deadline when it fires and goes on waiting. Making and clearing a timer per request would cost more than the request.
 */
export class LazyTimer {
  readonly #clock: Clock
  readonly #fire: () => void
  #at = Number.POSITIVE_INFINITY
  #standsAt = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(clock: Clock, fire: () => void) {
    this.#clock = clock
    this.#fire = fire
  }

  /** Fires once at `at` (monotonic ms), or as soon as possible after it. */
  set(at: number): void {
    this.#at = at
    if (this.#standsAt > at) this.#stand(at)
  }

  /** Does not fire until it is set again. */
  unset(): void {
    this.#at = Number.POSITIVE_INFINITY
  }

  /** Nothing is left behind. */
  close(): void {
    this.unset()
    clearTimeout(this.#timer)
    this.#standsAt = Number.POSITIVE_INFINITY
  }

  #stand(at: number): void {
    clearTimeout(this.#timer)
    this.#standsAt = at
    this.#timer = setTimeout(this.#look, Math.max(0, Math.ceil(at - this.#clock.monotonic())))
  }

  readonly #look = (): void => {
    this.#standsAt = Number.POSITIVE_INFINITY
    if (this.#at === Number.POSITIVE_INFINITY) return
    // Timers of Node may be a little early.
    if (this.#clock.monotonic() < this.#at - 0.5) this.#stand(this.#at)
    else {
      this.unset()
      this.#fire()
    }
  }
}
