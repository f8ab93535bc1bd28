import type { Credit } from '#contract/delivery.ts'

export type InFlightLimits = { readonly perGateway: number; readonly total: number }

/** Bytes taken in and not yet committed: bounded per gateway and in total, so that a fleet can't sink the cloud. */
export class InFlight {
  readonly #limits: InFlightLimits
  readonly #byGateway = new Map<string, number>()
  #total = 0

  constructor(limits: InFlightLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#total
  }

  /** False when it would go over a limit; then nothing was taken. A single message larger than the limit may pass alone. */
  take(gateway: string, bytes: number): boolean {
    const own = this.#byGateway.get(gateway) ?? 0
    if (own > 0 && own + bytes > this.#limits.perGateway) return false
    if (this.#total > 0 && this.#total + bytes > this.#limits.total) return false
    this.#byGateway.set(gateway, own + bytes)
    this.#total += bytes
    return true
  }

  give(gateway: string, bytes: number): void {
    const left = (this.#byGateway.get(gateway) ?? 0) - bytes
    if (left > 0) this.#byGateway.set(gateway, left)
    else this.#byGateway.delete(gateway)
    this.#total -= bytes
  }

  /** Above half of the total the backlog of everyone slows down first, above three quarters live telemetry too. */
  credit(full: Credit): Credit {
    const load = this.#total / this.#limits.total
    return {
      events: full.events,
      live: load > 0.75 ? Math.min(full.live, 1) : full.live,
      backfill: load > 0.5 ? Math.min(full.backfill, 1) : full.backfill,
    }
  }
}
