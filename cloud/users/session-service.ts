import { randomBytes, randomUUID } from 'node:crypto'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Credentials, FactorAnswer, SessionDuty, User } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import type { Role } from '#contract/permissions.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { isExpired } from './password-policy.ts'
import type { Sealer } from './sealer.ts'
import { type FactorUsed, needsFactor, SecondFactor } from './second-factor.ts'
import { factorName, SignInGates } from './sign-in-gates.ts'
import { hashToken, newToken } from './tokens.ts'
import type { PasswordsConfig } from './user-config.ts'
import { noPassword, type Stored, type StoredUser, UserRepository, userOf } from './user-repository.ts'

export type Session = {
  readonly id: string
  readonly user: User
  readonly expiresAt: number
  readonly must?: SessionDuty
  /** The sign-in service that it came by. */
  readonly provider?: string
}
export type NewSession = Session & {
  readonly token: string
  /** By which the browser is known the next time. */
  readonly device: string
}

export type SessionOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly sealer: Sealer
  readonly lifetimeMs: number
  readonly idleMs: number
  readonly passwords: PasswordsConfig
  /** Roles that must have a second factor. */
  readonly secondFactor: readonly Role[]
}

/** Where somebody signs in from. */
export type Origin = {
  readonly address: string
  readonly userAgent: string
  readonly device?: string | undefined
}

type Challenge = { readonly user: string; readonly passwordSetAt: number | null; readonly until: number }

const challengeMs = 5 * 60_000
const seenEveryMs = 60_000
const maxAgentLength = 200

/** Who is signed in. Tokens are random; the store holds only their hash. */
export class SessionService {
  readonly #options: SessionOptions
  readonly #gates: SignInGates
  /** Checked when there is no such user, so that the answer takes as long as for one who exists. */
  #decoy: Promise<string> | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#gates = new SignInGates(options)
  }

  /** Failed attempts from before a restart count. */
  async restore(): Promise<void> {
    await this.#gates.restore(this.#options.db)
  }

  /**
   * Throws AppError LOGIN_FAILED, RATE_LIMITED with `details.retryAfterMs`, ACCOUNT_DISABLED, or SECOND_FACTOR_NEEDED with the
   * challenge that `answerFactor` takes.
   */
  async signIn({ username, password }: Credentials, from: Origin, audit: ChangeAudit): Promise<NewSession> {
    const { log } = this.#options
    const found = await this.#gates.pass({ username, ...from }, () => this.#check(username, password))
    if (found === undefined) {
      log.warn({ user: username, address: from.address }, 'sign-in refused')
      throw new AppError('LOGIN_FAILED', 'the user name or the password is wrong')
    }
    audit.note({ who: found.user })
    refuseDisabled(found.row)
    if (found.row.totp_confirmed_at !== null) throw this.#challenge(found.row)
    return await this.#begin(found, { from, audit })
  }

  /** The second step. Throws AppError SECOND_FACTOR_FAILED or RATE_LIMITED. */
  async answerFactor(
    { challenge, code }: FactorAnswer,
    from: Origin,
    audit: ChangeAudit,
  ): Promise<NewSession> {
    const { db, clock, sealer, log } = this.#options
    const found = await this.#challenged(challenge)
    if (found === undefined)
      throw new AppError(
        'SECOND_FACTOR_FAILED',
        'this took too long, or something has changed: sign in again',
      )
    const { user, row } = found
    audit.note({ who: user })
    refuseDisabled(row)
    const attempt = { ...from, username: factorName(user.username) }
    const used = await this.#gates.pass(attempt, () =>
      db.transaction().execute((trx) => new SecondFactor(trx, sealer).use(row, code, clock.now())),
    )
    if (used === undefined) {
      log.warn({ user: user.username, address: from.address }, 'second factor refused')
      throw new AppError('SECOND_FACTOR_FAILED', 'the code is wrong or was used before')
    }
    return await this.#begin(found, { from, audit, used })
  }

  /** For whom a sign-in service vouches. `trx` is the transaction in which the account was brought up to date. */
  async beginFor(trx: Database, user: User, provider: string, from: Origin): Promise<NewSession> {
    return await this.#insert(trx, { user, from, provider })
  }

  async find(token: string): Promise<Session | undefined> {
    const { db, clock, idleMs } = this.#options
    const now = clock.now()
    const hash = hashToken(token)
    // One question to the store: it is asked before every answer of the API. A person without a grant has one row all the same.
    const rows = await db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .leftJoin('grants', 'grants.user_id', 'users.id')
      .select(['users.id', 'users.username', 'users.display_name', 'sessions.id as session'])
      .select(['sessions.expires_at', 'sessions.last_seen_at', 'sessions.duty', 'sessions.provider'])
      .select(['grants.role', 'grants.node'])
      .where('sessions.token_hash', '=', hash)
      .where('sessions.expires_at', '>', now)
      .where('sessions.last_seen_at', '>', now - idleMs)
      .where('users.disabled_at', 'is', null)
      .execute()
    const [row] = rows
    if (row === undefined) return undefined
    if (now - row.last_seen_at >= seenEveryMs)
      await db.updateTable('sessions').set({ last_seen_at: now }).where('token_hash', '=', hash).execute()
    const grants = rows.flatMap(({ role, node }) => (role === null || node === null ? [] : [{ role, node }]))
    return {
      id: row.session,
      user: userOf(row, grants),
      expiresAt: row.expires_at,
      // Only words of the union are ever written.
      ...(row.duty === null ? {} : { must: row.duty as SessionDuty }),
      ...(row.provider === null ? {} : { provider: row.provider }),
    }
  }

  async signOut(token: string, audit: ChangeAudit): Promise<void> {
    await this.#options.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('sessions').where('token_hash', '=', hashToken(token)).execute()
      await audit.write(trx)
    })
  }

  async #check(username: string, password: string): Promise<StoredUser | undefined> {
    const found = await new UserRepository(this.#options.db).byName(username)
    this.#decoy ??= hashPassword(randomBytes(16).toString('hex'))
    const hash = found?.row.password_hash ?? noPassword
    const matches = await verifyPassword(password, hash === noPassword ? await this.#decoy : hash)
    return matches && hash !== noPassword ? found : undefined
  }

  #challenge({ id, password_set_at }: Stored): AppError {
    const { clock, sealer } = this.#options
    const until = clock.now() + challengeMs
    const content: Challenge = { user: id, passwordSetAt: password_set_at, until }
    const challenge = sealer.seal('challenge', '', JSON.stringify(content))
    return new AppError('SECOND_FACTOR_NEEDED', 'the code of the second factor is needed as well', {
      details: { challenge, expiresAt: new Date(until).toISOString() },
    })
  }

  async #challenged(challenge: string): Promise<StoredUser | undefined> {
    const { db, clock, sealer } = this.#options
    const text = sealer.open('challenge', '', challenge)
    if (text === undefined) return undefined
    const { user, passwordSetAt, until }: Challenge = JSON.parse(text)
    if (clock.now() > until) return undefined
    const found = await new UserRepository(db).byId(user)
    // Somebody who has the old password must not come in after it was changed.
    if (found?.row.password_set_at !== passwordSetAt || found.row.totp_confirmed_at === null) return undefined
    return found
  }

  async #begin({ user, row }: StoredUser, { from, audit, used }: Beginning): Promise<NewSession> {
    const { db, clock, passwords, secondFactor, log } = this.#options
    const duty = dutyOf({
      mustChange: row.password_once === 1 || isExpired(row.password_set_at, passwords, clock.now()),
      lacksFactor: row.totp_confirmed_at === null && needsFactor(user, secondFactor),
    })
    if (used !== undefined) audit.note({ after: { secondFactor: used } })
    const session = await db.transaction().execute(async (trx) => {
      const begun = await this.#insert(trx, { user, from, duty })
      await audit.write(trx)
      return begun
    })
    log.info({ user: user.username, address: from.address }, 'signed in')
    return session
  }

  async #insert(trx: Database, { user, from, duty, provider }: Insert): Promise<NewSession> {
    const { clock, lifetimeMs, idleMs } = this.#options
    const token = newToken()
    const id = randomUUID()
    const now = clock.now()
    const expiresAt = now + lifetimeMs
    await trx
      .deleteFrom('sessions')
      .where((eb) => eb.or([eb('expires_at', '<=', now), eb('last_seen_at', '<=', now - idleMs)]))
      .execute()
    await trx
      .insertInto('sessions')
      .values({
        id,
        token_hash: hashToken(token),
        user_id: user.id,
        created_at: now,
        last_seen_at: now,
        expires_at: expiresAt,
        address: from.address,
        user_agent: from.userAgent.slice(0, maxAgentLength),
        duty: duty ?? null,
        provider: provider ?? null,
      })
      .execute()
    await new UserRepository(trx).update(user.id, { last_sign_in_at: now })
    return {
      ...{ id, token, user, expiresAt, device: this.#gates.newDevice(user.username) },
      ...(duty === undefined ? {} : { must: duty }),
      ...(provider === undefined ? {} : { provider }),
    }
  }
}

type Beginning = { readonly from: Origin; readonly audit: ChangeAudit; readonly used?: FactorUsed }
type Insert = {
  readonly user: User
  readonly from: Origin
  readonly duty?: SessionDuty | undefined
  readonly provider?: string
}

/** What has to be done first. Pure. */
export function dutyOf(state: { mustChange: boolean; lacksFactor: boolean }): SessionDuty | undefined {
  if (state.mustChange) return 'change-password'
  return state.lacksFactor ? 'set-up-second-factor' : undefined
}

export function refuseDisabled({ disabled_at }: Pick<Stored, 'disabled_at'>): void {
  if (disabled_at !== null) throw new AppError('ACCOUNT_DISABLED', 'this account is switched off')
}
