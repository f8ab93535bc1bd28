import { createHash, randomBytes } from 'node:crypto'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Credentials, User } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { LoginThrottle } from './login-throttle.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { UserRepository, userOf } from './user-repository.ts'

export type Session = { readonly user: User; readonly expiresAt: number }
export type NewSession = Session & { readonly token: string }

export type SessionOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly lifetimeMs: number
}

const minute = 60_000
const forgetAfterMs = 24 * 60 * minute

/** Who is signed in. Tokens are random; the store holds only their hash. */
export class SessionService {
  readonly #db: Database
  readonly #users: UserRepository
  readonly #clock: Clock
  readonly #log: Logger
  readonly #lifetimeMs: number
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
  /** Checked when there is no such user, so that the answer takes as long as for one who exists. */
  #decoy: Promise<string> | undefined

  constructor({ db, clock, log, lifetimeMs }: SessionOptions) {
    this.#db = db
    this.#users = new UserRepository(db)
    this.#clock = clock
    this.#log = log
    this.#lifetimeMs = lifetimeMs
  }

  /** Throws AppError LOGIN_FAILED, or RATE_LIMITED with `details.retryAfterMs`. */
  async signIn(credentials: Credentials, address: string, audit: ChangeAudit): Promise<NewSession> {
    const user = await this.#throttled(credentials, address)
    const token = randomBytes(32).toString('base64url')
    const now = this.#clock.now()
    const expiresAt = now + this.#lifetimeMs
    audit.note({ who: user })
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom('sessions').where('expires_at', '<=', now).execute()
      await trx
        .insertInto('sessions')
        .values({ token_hash: hashToken(token), user_id: user.id, created_at: now, expires_at: expiresAt })
        .execute()
      await audit.write(trx)
    })
    this.#log.info({ user: user.username, address }, 'signed in')
    return { token, user, expiresAt }
  }

  async find(token: string): Promise<Session | undefined> {
    // One question to the store: it is asked before every answer of the API. A person without a grant has one row all the same.
    const rows = await this.#db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .leftJoin('grants', 'grants.user_id', 'users.id')
      .select(['users.id', 'users.username', 'users.display_name', 'sessions.expires_at'])
      .select(['grants.role', 'grants.node'])
      .where('sessions.token_hash', '=', hashToken(token))
      .where('sessions.expires_at', '>', this.#clock.now())
      .execute()
    const [row] = rows
    if (row === undefined) return undefined
    const grants = rows.flatMap(({ role, node }) => (role === null || node === null ? [] : [{ role, node }]))
    return { user: userOf(row, grants), expiresAt: row.expires_at }
  }

  async signOut(token: string, audit: ChangeAudit): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom('sessions').where('token_hash', '=', hashToken(token)).execute()
      await audit.write(trx)
    })
  }

  async #throttled({ username, password }: Credentials, address: string): Promise<User> {
    const gates = [
      { throttle: this.#byUser, key: `${address} ${username}` },
      { throttle: this.#byAddress, key: address },
    ]
    const now = this.#clock.now()
    const retryAfterMs = Math.max(...gates.map(({ throttle, key }) => throttle.waitMs(key, now)))
    if (retryAfterMs > 0) {
      const seconds = Math.ceil(retryAfterMs / 1_000)
      throw new AppError('RATE_LIMITED', `too many failed attempts: try again in ${seconds} s`, {
        details: { retryAfterMs },
      })
    }
    for (const { throttle, key } of gates) throttle.begin(key, now)
    let user: User | undefined
    try {
      user = await this.#check(username, password)
    } catch (error) {
      for (const { throttle, key } of gates) throttle.abandoned(key)
      throw error
    }
    if (user !== undefined) {
      for (const { throttle, key } of gates) throttle.succeeded(key)
      return user
    }
    for (const { throttle, key } of gates) throttle.failed(key, this.#clock.now())
    this.#log.warn({ user: username, address }, 'sign-in refused')
    throw new AppError('LOGIN_FAILED', 'the user name or the password is wrong')
  }

  async #check(username: string, password: string): Promise<User | undefined> {
    const found = await this.#users.byName(username)
    this.#decoy ??= hashPassword(randomBytes(16).toString('hex'))
    const matches = await verifyPassword(password, found?.passwordHash ?? (await this.#decoy))
    if (found === undefined || !matches) return undefined
    const { passwordHash: _, ...user } = found
    return user
  }
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
