const hourMs = 3_600_000

/** Bytes per ms, averaged so that what happened `halfLifeMs` ago counts half. Pure arithmetic on the times passed in. */
export class RateMeter {
  readonly #halfLifeMs: number
  #startedAt: number
  #updatedAt: number
  #weighted = 0

  constructor(nowMs: number, halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs
    this.#startedAt = nowMs
    this.#updatedAt = nowMs
  }

  add(amount: number, nowMs: number): void {
    this.#decayTo(nowMs)
    this.#weighted += amount
  }

  perMs(nowMs: number): number {
    this.#decayTo(nowMs)
    const tau = this.#halfLifeMs / Math.LN2
    // The weight that a full history would have; a young meter has seen less of it.
    const seen = tau * (1 - Math.exp(-(nowMs - this.#startedAt) / tau))
    return seen <= 0 ? 0 : this.#weighted / seen
  }

  #decayTo(nowMs: number): void {
    const elapsed = Math.max(0, nowMs - this.#updatedAt)
    this.#weighted *= 0.5 ** (elapsed / this.#halfLifeMs)
    this.#updatedAt = nowMs
  }
}

export type AutonomyInput = {
  readonly budgetBytes: number
  readonly usedBytes: number
  readonly bytesPerMs: number
}

/** Hours until the disk budget is spent if nothing is delivered from now on; `undefined` while nothing is produced. */
export function autonomyHours({ budgetBytes, usedBytes, bytesPerMs }: AutonomyInput): number | undefined {
  if (bytesPerMs <= 0) return undefined
  return Math.max(0, budgetBytes - usedBytes) / bytesPerMs / hourMs
}
