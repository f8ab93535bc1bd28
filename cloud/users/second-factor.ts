import { randomBytes } from 'node:crypto'
import type { Database } from '#cloud/state/database.ts'
import type { User } from '#contract/api/session.ts'
import type { Role } from '#contract/permissions.ts'
import type { Sealer } from './sealer.ts'
import { hashToken } from './tokens.ts'
import { base32, matchingStep, newSecret } from './totp.ts'
import { type Stored, UserRepository } from './user-repository.ts'

export type FactorUsed = { readonly by: 'app' } | { readonly by: 'recovery-code'; readonly left: number }

const recoveryCodeCount = 10
/** 80 bits: nobody guesses one, also not from its hash. */
const recoveryCodeBytes = 10

/** Codes of an app (RFC 6238) and recovery codes. Call it on a transaction where something is used up. */
export class SecondFactor {
  readonly #db: Database
  readonly #sealer: Sealer

  constructor(db: Database, sealer: Sealer) {
    this.#db = db
    this.#sealer = sealer
  }

  /** A new secret, which counts once it is confirmed. */
  async start(user: string): Promise<Buffer> {
    const secret = newSecret()
    const sealed = this.#sealer.seal('totp', user, secret.toString('base64'))
    await new UserRepository(this.#db).update(user, {
      totp_secret: sealed,
      totp_confirmed_at: null,
      totp_step: null,
    })
    return secret
  }

  /** Whether this was the code, which then cannot be used again. */
  async useCode(
    { id, totp_secret }: Pick<Stored, 'id' | 'totp_secret'>,
    code: string,
    nowMs: number,
  ): Promise<boolean> {
    const opened = totp_secret === null ? undefined : this.#sealer.open('totp', id, totp_secret)
    if (opened === undefined) return false
    const step = matchingStep(Buffer.from(opened, 'base64'), code, { nowMs, lastStep: null })
    if (step === undefined) return false
    // The store decides which of two at the same time comes first.
    const { numUpdatedRows } = await this.#db
      .updateTable('users')
      .set({ totp_step: step })
      .where('id', '=', id)
      .where((eb) => eb.or([eb('totp_step', 'is', null), eb('totp_step', '<', step)]))
      .executeTakeFirstOrThrow()
    return numUpdatedRows === 1n
  }

  async use(row: Stored, code: string, nowMs: number): Promise<FactorUsed | undefined> {
    if (/^[\d\s]+$/.test(code)) return (await this.useCode(row, code, nowMs)) ? { by: 'app' } : undefined
    const { numDeletedRows } = await this.#db
      .deleteFrom('recovery_codes')
      .where('user_id', '=', row.id)
      .where('code_hash', '=', hashToken(plain(code)))
      .executeTakeFirstOrThrow()
    return numDeletedRows === 1n
      ? { by: 'recovery-code', left: await this.recoveryCodesLeft(row.id) }
      : undefined
  }

  async confirm(user: string, now: number): Promise<string[]> {
    await new UserRepository(this.#db).update(user, { totp_confirmed_at: now })
    await this.#db.deleteFrom('recovery_codes').where('user_id', '=', user).execute()
    const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode)
    await this.#db
      .insertInto('recovery_codes')
      .values(codes.map((code) => ({ user_id: user, code_hash: hashToken(plain(code)) })))
      .execute()
    return codes
  }

  async remove(user: string): Promise<void> {
    await new UserRepository(this.#db).update(user, {
      totp_secret: null,
      totp_confirmed_at: null,
      totp_step: null,
    })
    await this.#db.deleteFrom('recovery_codes').where('user_id', '=', user).execute()
  }

  async recoveryCodesLeft(user: string): Promise<number> {
    const { count } = await this.#db
      .selectFrom('recovery_codes')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', user)
      .executeTakeFirstOrThrow()
    return Number(count)
  }
}

/** Whether one of the person's roles asks for it. Pure. */
export function needsFactor({ grants }: User, roles: readonly Role[]): boolean {
  return grants.some(({ role }) => roles.includes(role))
}

function newRecoveryCode(): string {
  return base32(randomBytes(recoveryCodeBytes)).replace(/(.{4})(?=.)/g, '$1-')
}

function plain(code: string): string {
  return code.toUpperCase().replace(/[^A-Z2-7]/g, '')
}
