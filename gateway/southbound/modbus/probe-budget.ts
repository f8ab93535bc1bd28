/**
 * How much of the bus may be spent on waiting for units that don't answer, so that those that do keep their cycles: 4 % for
 * one, 8 % for several. A little may be saved up; what was spent beyond it is paid back by waiting.
 */
const shareOfOne = 0.04
const shareOfMany = 0.08
const savedMaxMs = 500

export class ProbeBudget {
  #leftMs = savedMaxMs
  #at: number

  constructor(nowMs: number) {
    this.#at = nowMs
  }

  /** When the next doubtful unit may be asked: `nowMs`, or later. */
  from(nowMs: number, doubtful: number): number {
    const share = doubtful > 1 ? shareOfMany : shareOfOne
    this.#leftMs = Math.min(savedMaxMs, this.#leftMs + (nowMs - this.#at) * share)
    this.#at = nowMs
    return this.#leftMs > 0 ? nowMs : nowMs + Math.ceil(-this.#leftMs / share) + 1
  }

  spend(ms: number): void {
    this.#leftMs -= ms
  }
}
