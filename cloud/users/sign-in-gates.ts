import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '#cloud/state/database.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { LoginThrottle } from './login-throttle.ts'
import type { Sealer } from './sealer.ts'

/** Who tries: from where, and whether this browser signed this account in before. */
export type Attempt = {
  readonly username: string
  readonly address: string
  readonly device?: string | undefined
}

type Gate = { readonly throttle: LoginThrottle; readonly key: string }

const minute = 60_000
const forgetAfterMs = 24 * 60 * minute
/** More would delay the start; who fails so often waits anyway. */
const maxRestored = 20_000

/**
 * Slows down guessing. A stranger meets three gates: of the account at his address, of his address, and of the account from
 * anywhere. A browser that signed the account in before meets only a gate of its own, so that nobody, not even somebody behind
 * the same address, can keep a person out who works here every day.
 */
export class SignInGates {
  readonly #clock: Clock
  readonly #sealer: Sealer
  readonly #byUser = new LoginThrottle({
    freeFailures: 10,
    firstWaitMs: 1_000,
    maxWaitMs: 15 * minute,
    forgetAfterMs,
  })
  /** A whole school may sit behind one address. */
  readonly #byAddress = new LoginThrottle({
    freeFailures: 100,
    firstWaitMs: 1_000,
    maxWaitMs: minute,
    forgetAfterMs,
  })
  /** From as many addresses as somebody has. */
  readonly #byAccount = new LoginThrottle({
    freeFailures: 100,
    firstWaitMs: 1_000,
    maxWaitMs: 5 * minute,
    forgetAfterMs,
  })

  constructor({ clock, sealer }: { readonly clock: Clock; readonly sealer: Sealer }) {
    this.#clock = clock
    this.#sealer = sealer
  }

  /** What the audit log knows of the last day counts after a restart as well. */
  async restore(db: Database): Promise<void> {
    const rows = await db
      .selectFrom('audit')
      .select(['at', 'action', 'outcome', 'username', 'address'])
      .where('at', '>', this.#clock.now() - forgetAfterMs)
      .where('action', 'in', ['session.signed-in', 'session.refused'])
      .where('outcome', 'in', ['ok', 'LOGIN_FAILED', 'SECOND_FACTOR_FAILED'])
      .orderBy('seq', 'desc')
      .limit(maxRestored)
      .execute()
    for (const { at, action, outcome, username, address } of rows.toReversed()) {
      const isIn = action === 'session.signed-in'
      const step = outcome === 'SECOND_FACTOR_FAILED' ? [factorName(username)] : [username]
      for (const name of isIn ? [username, factorName(username)] : step)
        this.#replay({ username: name, address }, at, isIn)
    }
  }

  #replay(attempt: Attempt, at: number, isIn: boolean): void {
    for (const { throttle, key } of this.#gates(attempt)) {
      throttle.begin(key, at)
      if (isIn) throttle.succeeded(key)
      else throttle.failed(key, at)
    }
  }

  /** Runs `check` unless one has to wait; `undefined` is a failure. Throws AppError RATE_LIMITED with `details.retryAfterMs`. */
  async pass<T>(attempt: Attempt, check: () => Promise<T | undefined>): Promise<T | undefined> {
    const gates = this.#gates(attempt)
    const now = this.#clock.now()
    const retryAfterMs = Math.max(...gates.map(({ throttle, key }) => throttle.waitMs(key, now)))
    if (retryAfterMs > 0) {
      const seconds = Math.ceil(retryAfterMs / 1_000)
      throw new AppError('RATE_LIMITED', `too many failed attempts: try again in ${seconds} s`, {
        details: { retryAfterMs },
      })
    }
    for (const { throttle, key } of gates) throttle.begin(key, now)
    let result: T | undefined
    try {
      result = await check()
    } catch (error) {
      for (const { throttle, key } of gates) throttle.abandoned(key)
      throw error
    }
    for (const { throttle, key } of gates) {
      if (result === undefined) throttle.failed(key, this.#clock.now())
      else throttle.succeeded(key)
    }
    return result
  }

  /** For the browser that has just signed this account in. */
  newDevice(username: string): string {
    return this.#sealer.seal('device', username.toLowerCase(), randomBytes(9).toString('base64url'))
  }

  #gates({ username, address, device }: Attempt): readonly Gate[] {
    const account = username.toLowerCase()
    const known = device === undefined ? undefined : this.#sealer.open('device', account, device)
    if (known !== undefined) return [{ throttle: this.#byUser, key: `${known} ${account}` }]
    return [
      { throttle: this.#byUser, key: `${address} ${account}` },
      { throttle: this.#byAddress, key: address },
      { throttle: this.#byAccount, key: account },
    ]
  }
}

/** Codes are guessed by who has the password: they have gates of their own. No account has a name with a space in it. */
export function factorName(username: string): string {
  return `${username} second factor`
}

/** One for each account: guards share a computer. Pure. */
export function deviceCookie(username: string): string {
  return `device-${createHash('sha256').update(username.toLowerCase()).digest('hex').slice(0, 12)}`
}
