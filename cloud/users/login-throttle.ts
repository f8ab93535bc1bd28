/** Free failures, then a wait that doubles with each further one. */
export type ThrottlePolicy = {
  readonly freeFailures: number
  readonly firstWaitMs: number
  readonly maxWaitMs: number
  /** A key without a failure for this long is forgotten. */
  readonly forgetAfterMs: number
}

type Entry = { failures: number; inFlight: number; lastAt: number }

const maxKeys = 10_000

/**
 * Slows down guessing. A key is a user name at an address, or an address. Attempts that are still being checked count
 * as failures, so that a thousand at once gain nothing. Keys are bounded; the oldest is forgotten first.
 */
export class LoginThrottle {
  readonly #entries = new Map<string, Entry>()
  readonly #policy: ThrottlePolicy

  constructor(policy: ThrottlePolicy) {
    this.#policy = policy
  }

  /** How long this key has to wait from `nowMs`; 0 when it may try. */
  waitMs(key: string, nowMs: number): number {
    const entry = this.#entries.get(key)
    if (entry === undefined || nowMs - entry.lastAt > this.#policy.forgetAfterMs) return 0
    const excess = entry.failures + entry.inFlight - this.#policy.freeFailures
    if (excess < 0) return 0
    const waitMs = Math.min(this.#policy.maxWaitMs, this.#policy.firstWaitMs * 2 ** Math.min(excess, 30))
    return Math.max(0, entry.lastAt + waitMs - nowMs)
  }

  /** An attempt begins; call `failed`, `succeeded` or `abandoned` when it is decided. */
  begin(key: string, nowMs: number): void {
    const entry = this.#entries.get(key)
    const fresh = entry === undefined || nowMs - entry.lastAt > this.#policy.forgetAfterMs
    this.#entries.delete(key)
    this.#entries.set(key, {
      failures: fresh ? 0 : entry.failures,
      inFlight: (entry?.inFlight ?? 0) + 1,
      lastAt: nowMs,
    })
    if (this.#entries.size > maxKeys) {
      const oldest = this.#entries.keys().next().value
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
  }

  failed(key: string, nowMs: number): void {
    const entry = this.#settle(key)
    if (entry === undefined) return
    entry.failures++
    entry.lastAt = nowMs
  }

  succeeded(key: string): void {
    const entry = this.#settle(key)
    if (entry !== undefined) entry.failures = 0
  }

  /** The attempt could not be decided, for example because the store was away: it counts neither way. */
  abandoned(key: string): void {
    this.#settle(key)
  }

  #settle(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined) entry.inFlight = Math.max(0, entry.inFlight - 1)
    return entry
  }
}
