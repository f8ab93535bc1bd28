import { encodeQR } from 'qr'
import type { Caller } from '#cloud/http/guard.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { OwnSecurity, PasswordChange, TotpRemoval, TotpSecret } from '#contract/api/me.ts'
import { AppError } from '#contract/errors.ts'
import type { Role } from '#contract/permissions.ts'
import type { Clock } from '#lib/clock.ts'
import { LoginThrottle } from './login-throttle.ts'
import { type OpenSessionRow, OpenSessions } from './open-sessions.ts'
import { verifyPassword } from './password.ts'
import { type Passwords, setPassword } from './passwords.ts'
import type { Sealer } from './sealer.ts'
import { needsFactor, SecondFactor } from './second-factor.ts'
import { dutyOf } from './session-service.ts'
import { base32, otpauthUri } from './totp.ts'
import { noPassword, type StoredUser, UserRepository } from './user-repository.ts'

export type OwnAccountOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly passwords: Passwords
  readonly idleMs: number
  /** Roles that must have a second factor. */
  readonly secondFactor: readonly Role[]
}

/** A person about his own account, from one of his sessions. */
export type Self = { readonly caller: Caller; readonly audit: ChangeAudit }

/** As it appears in the app on the phone. */
const issuer = '智慧校园 Smart campus'
const minute = 60_000

/** What everybody does with his own account. Whoever finds an open page does not know the password, so the steps that count ask for it. */
export class OwnAccount {
  readonly #options: OwnAccountOptions
  /** By account: he is signed in, so there is nobody to be kept out. */
  readonly #guesses = new LoginThrottle({
    freeFailures: 5,
    firstWaitMs: 1_000,
    maxWaitMs: 15 * minute,
    forgetAfterMs: 24 * 60 * minute,
  })

  constructor(options: OwnAccountOptions) {
    this.#options = options
  }

  async security(caller: Caller): Promise<OwnSecurity> {
    const { db, sealer, passwords } = this.#options
    const { user, row } = await this.#self(caller)
    return {
      hasPassword: row.password_hash !== noPassword,
      ...(row.password_set_at === null ? {} : { passwordSetAt: new Date(row.password_set_at).toISOString() }),
      rules: passwords.rules,
      secondFactor: row.totp_confirmed_at !== null,
      secondFactorNeeded: this.#needsFactor({ user, row }),
      recoveryCodesLeft: await new SecondFactor(db, sealer).recoveryCodesLeft(user.id),
    }
  }

  /** Other sessions end. Throws AppError LOGIN_FAILED for a wrong old password, PASSWORD_REFUSED for a bad new one. */
  async changePassword({ caller, audit }: Self, { password, newPassword }: PasswordChange): Promise<void> {
    const { db, clock, passwords } = this.#options
    const self = await this.#self(caller)
    await this.#requirePassword(self, password)
    const hash = await passwords.accept(self, newPassword)
    const { user, row } = self
    await db.transaction().execute(async (trx) => {
      await passwords.remember(trx, row)
      await setPassword(trx, user.id, { hash, once: false, now: clock.now() })
      const ended = await new OpenSessions(trx).endAll(user.id, caller.id)
      const lacksFactor = row.totp_confirmed_at === null && this.#needsFactor(self)
      await setDuty(trx, caller, dutyOf({ mustChange: false, lacksFactor }))
      audit.note({ target: user.username, after: { ended } })
      await audit.write(trx)
    })
  }

  /** A new secret; it counts once a code of it was typed in. */
  async startTotp({ caller, audit }: Self, password: string): Promise<TotpSecret> {
    const { db, sealer } = this.#options
    const self = await this.#self(caller)
    await this.#requirePassword(self, password)
    if (self.row.totp_confirmed_at !== null)
      throw new AppError('CONFLICT', 'there is a second factor already: switch it off first')
    const secret = await db.transaction().execute(async (trx) => {
      const made = await new SecondFactor(trx, sealer).start(self.user.id)
      audit.note({ target: self.user.username })
      await audit.write(trx)
      return made
    })
    const uri = otpauthUri(secret, issuer, self.user.username)
    return { secret: base32(secret), uri, qr: encodeQR(uri, 'svg', { ecc: 'medium' }) }
  }

  /** Resolves with the recovery codes, which nobody can see again. */
  async confirmTotp({ caller, audit }: Self, code: string): Promise<string[]> {
    const { db, clock, sealer } = this.#options
    const { user, row } = await this.#self(caller)
    if (row.totp_secret === null || row.totp_confirmed_at !== null)
      throw new AppError('CONFLICT', 'there is no second factor to confirm: begin with POST /api/v1/me/totp')
    await this.#guess(user.id, 'SECOND_FACTOR_FAILED', () =>
      new SecondFactor(db, sealer).useCode(row, code, clock.now()),
    )
    return await db.transaction().execute(async (trx) => {
      const codes = await new SecondFactor(trx, sealer).confirm(user.id, clock.now())
      await new OpenSessions(trx).endAll(user.id, caller.id)
      await setDuty(trx, caller, undefined)
      audit.note({ target: user.username })
      await audit.write(trx)
      return codes
    })
  }

  async removeTotp({ caller, audit }: Self, { password, code }: TotpRemoval): Promise<void> {
    const { db, clock, sealer } = this.#options
    const self = await this.#self(caller)
    const { user, row } = self
    if (row.totp_confirmed_at === null) throw new AppError('CONFLICT', 'there is no second factor')
    if (this.#needsFactor(self)) throw new AppError('CONFLICT', 'the role must have a second factor')
    if (password !== undefined) await this.#requirePassword(self, password)
    else
      await this.#guess(user.id, 'SECOND_FACTOR_FAILED', () =>
        db
          .transaction()
          .execute(
            async (trx) =>
              (await new SecondFactor(trx, sealer).use(row, code ?? '', clock.now())) !== undefined,
          ),
      )
    await db.transaction().execute(async (trx) => {
      await new SecondFactor(trx, sealer).remove(user.id)
      audit.note({ target: user.username })
      await audit.write(trx)
    })
  }

  async sessions({ user }: Caller): Promise<OpenSessionRow[]> {
    const { db, clock, idleMs } = this.#options
    return await new OpenSessions(db).list(user.id, { now: clock.now(), idleMs })
  }

  async endSession({ caller, audit }: Self, session: string): Promise<void> {
    await this.#options.db.transaction().execute(async (trx) => {
      if (!(await new OpenSessions(trx).end(caller.user.id, session)))
        throw new AppError('NOT_FOUND', `there is no session ${session} of yours`)
      audit.note({ target: caller.user.username, after: { ended: 1 } })
      await audit.write(trx)
    })
  }

  async endOtherSessions({ caller, audit }: Self): Promise<number> {
    return await this.#options.db.transaction().execute(async (trx) => {
      const ended = await new OpenSessions(trx).endAll(caller.user.id, caller.id)
      audit.note({ target: caller.user.username, after: { ended } })
      await audit.write(trx)
      return ended
    })
  }

  /** Throws AppError FORBIDDEN for a wall display, which is nobody's account. */
  async #self({ user, readOnly = false }: Caller): Promise<StoredUser> {
    const found = readOnly ? undefined : await new UserRepository(this.#options.db).byId(user.id)
    if (found === undefined) throw new AppError('FORBIDDEN', 'a wall display has no account')
    return found
  }

  /** A sign-in service has its own second factor. */
  #needsFactor({ user, row }: StoredUser): boolean {
    return row.password_hash !== noPassword && needsFactor(user, this.#options.secondFactor)
  }

  async #requirePassword({ user, row }: StoredUser, password: string): Promise<void> {
    if (row.password_hash === noPassword)
      throw new AppError('CONFLICT', 'this account has no password here: it belongs to a sign-in service')
    await this.#guess(user.id, 'LOGIN_FAILED', () => verifyPassword(password, row.password_hash))
  }

  async #guess(
    key: string,
    code: 'LOGIN_FAILED' | 'SECOND_FACTOR_FAILED',
    check: () => Promise<boolean>,
  ): Promise<void> {
    const now = this.#options.clock.now()
    const retryAfterMs = this.#guesses.waitMs(key, now)
    if (retryAfterMs > 0)
      throw new AppError('RATE_LIMITED', 'too many failed attempts', { details: { retryAfterMs } })
    this.#guesses.begin(key, now)
    if (await check()) return this.#guesses.succeeded(key)
    this.#guesses.failed(key, now)
    throw new AppError(code, code === 'LOGIN_FAILED' ? 'the password is wrong' : 'the code is wrong')
  }
}

async function setDuty(trx: Database, { id = '' }: Caller, duty: string | undefined): Promise<void> {
  await trx
    .updateTable('sessions')
    .set({ duty: duty ?? null })
    .where('id', '=', id)
    .execute()
}
