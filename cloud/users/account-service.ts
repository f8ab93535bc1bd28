import type { Access } from '#cloud/access/access.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Grant, User } from '#contract/api/session.ts'
import type { AccountChange, NewAccount } from '#contract/api/users.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { grantProblems, looksAfter, refuseLockOut, type Standing } from './account-rules.ts'
import { OpenSessions } from './open-sessions.ts'
import { hashPassword } from './password.ts'
import { generatePassword, type Passwords, setPassword } from './passwords.ts'
import type { Sealer } from './sealer.ts'
import { SecondFactor } from './second-factor.ts'
import { noPassword, type StoredUser, UserRepository } from './user-repository.ts'

export type AccountOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly passwords: Passwords
}
/** Who manages accounts. */
export type Changer = { readonly user: User; readonly access: Access; readonly audit: ChangeAudit }
export type AccountSearch = {
  readonly q?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

/**
 * Accounts, as somebody looks after them who may do so for his part. Every change is one transaction with its audit row, and counts
 * from the next request of the person on: a session asks the store each time.
 */
export class AccountService {
  readonly #options: AccountOptions

  constructor(options: AccountOptions) {
    this.#options = options
  }

  async search(access: Access, search: AccountSearch): Promise<StoredUser[]> {
    return await new UserRepository(this.#options.db).search({
      ...search,
      nodes: access.nodes('users.manage'),
    })
  }

  /** Throws AppError NOT_FOUND also for an account that the caller does not look after. */
  async one(access: Access, id: string, db: Database = this.#options.db): Promise<StoredUser> {
    const found = await new UserRepository(db).byId(id)
    if (found === undefined || !looksAfter(access, found.user.grants))
      throw new AppError('NOT_FOUND', `there is no account ${id}`)
    return found
  }

  /** Resolves with the account and the password for its first sign-in. */
  async create(changer: Changer, account: NewAccount): Promise<{ account: StoredUser; password: string }> {
    const { db, clock } = this.#options
    const { username, grants } = account
    const displayName = account.displayName.trim()
    changer.audit.note({ target: username, after: { displayName, grants } })
    if (grants.length === 0) changer.access.require('users.manage', 'everything')
    const password = generatePassword()
    const passwordHash = await hashPassword(password)
    const now = clock.now()
    const id = await db.transaction().execute(async (trx) => {
      await this.#requireGivable(trx, changer.access, grants)
      const users = new UserRepository(trx)
      if ((await users.byName(username)) !== undefined)
        throw new AppError('CONFLICT', `there is an account ${username} already`)
      const made = { username, displayName, grants, passwordHash, createdAt: now }
      const user = await users.create({ ...made, passwordOnce: true, passwordSetAt: now })
      await changer.audit.write(trx)
      return user.id
    })
    return { account: await this.one(changer.access, id), password }
  }

  /** Throws AppError CONFLICT when somebody else was first, or when nobody could undo it. */
  async change(changer: Changer, id: string, change: AccountChange): Promise<StoredUser> {
    const { clock } = this.#options
    const { version, displayName, grants, disabled } = change
    return await this.#changing(changer, id, async (trx, before) => {
      changer.audit.note({ before: factsOf(before), after: { displayName, grants, disabled } })
      refuseChange(before, change)
      if (grants !== undefined) await this.#requireGivable(trx, changer.access, grants)
      const is = standingOf(before)
      const after = {
        ...is,
        ...(grants && { grants }),
        enabled: disabled === undefined ? is.enabled : !disabled,
      }
      await this.#refuseLockOut(trx, { changer, before, after })
      const users = new UserRepository(trx)
      await users.update(id, {
        version: version + 1,
        display_name: displayName?.trim() ?? before.user.displayName,
        disabled_at: after.enabled ? null : (before.row.disabled_at ?? clock.now()),
      })
      if (grants !== undefined) await users.setGrants(id, grants)
      if (!after.enabled) await new OpenSessions(trx).endAll(id)
    })
  }

  /** Names in the audit log and in histories stay. */
  async delete(changer: Changer, id: string): Promise<void> {
    await this.#options.db.transaction().execute(async (trx) => {
      const before = await this.one(changer.access, id, trx)
      changer.audit.note({ target: before.user.username, before: factsOf(before) })
      await this.#refuseLockOut(trx, { changer, before, after: undefined })
      await new UserRepository(trx).delete(id)
      await changer.audit.write(trx)
    })
  }

  /** Resolves with a password for the next sign-in only; whoever is signed in with the account is not any more. */
  async resetPassword(changer: Changer, id: string): Promise<{ account: StoredUser; password: string }> {
    const { clock, passwords } = this.#options
    const password = generatePassword()
    const hash = await hashPassword(password)
    const account = await this.#changing(changer, id, async (trx, { user, row }) => {
      if (row.password_hash === noPassword)
        throw new AppError(
          'CONFLICT',
          `${user.username} has no password here: it belongs to a sign-in service`,
        )
      if (id === changer.user.id) throw new AppError('CONFLICT', 'change your own password under My account')
      await passwords.remember(trx, row)
      await setPassword(trx, id, { hash, once: true, now: clock.now() })
      await new OpenSessions(trx).endAll(id)
    })
    return { account, password }
  }

  /** For who has lost the phone and the recovery codes. */
  async removeSecondFactor(changer: Changer, id: string): Promise<StoredUser> {
    return await this.#changing(changer, id, async (trx) => {
      if (id === changer.user.id)
        throw new AppError('CONFLICT', 'switch off your own second factor under My account')
      await new SecondFactor(trx, this.#options.sealer).remove(id)
    })
  }

  async endSessions(changer: Changer, id: string): Promise<number> {
    let ended = 0
    await this.#changing(changer, id, async (trx) => {
      ended = await new OpenSessions(trx).endAll(id)
      changer.audit.note({ after: { ended } })
    })
    return ended
  }

  async #changing(
    changer: Changer,
    id: string,
    work: (trx: Database, before: StoredUser) => Promise<void>,
  ): Promise<StoredUser> {
    return await this.#options.db.transaction().execute(async (trx) => {
      const before = await this.one(changer.access, id, trx)
      changer.audit.note({ target: before.user.username })
      await work(trx, before)
      await changer.audit.write(trx)
      const after = await new UserRepository(trx).byId(id)
      if (after === undefined) throw new Error(`account ${id} went while it was changed`)
      return after
    })
  }

  async #requireGivable(trx: Database, access: Access, grants: readonly Grant[]): Promise<void> {
    const nodes = grants.flatMap(({ node }) => node ?? [])
    const rows =
      nodes.length === 0
        ? []
        : await trx.selectFrom('tree_nodes').select('id').where('id', 'in', nodes).execute()
    const known = new Set(rows.map(({ id }) => id))
    const problems = grantProblems(access, grants, (node) => known.has(node))
    if (problems.length > 0) throw badRequest(problems)
  }

  async #refuseLockOut(trx: Database, { changer, before, after }: LockOut): Promise<void> {
    refuseLockOut(standingOf(before), after, {
      isOwn: before.user.id === changer.user.id,
      otherAdmins: await new UserRepository(trx).otherAdmins(before.user.id),
    })
  }
}

type LockOut = {
  readonly changer: Changer
  readonly before: StoredUser
  readonly after: Standing | undefined
}

function factsOf({ user, row }: StoredUser) {
  return { displayName: user.displayName, grants: user.grants, disabled: row.disabled_at !== null }
}

function standingOf({ user, row }: StoredUser): Standing {
  return {
    grants: user.grants,
    enabled: row.disabled_at === null,
    hasPassword: row.password_hash !== noPassword,
  }
}

function refuseChange({ user, row }: StoredUser, { version, grants }: AccountChange): void {
  if (row.version !== version)
    throw new AppError('CONFLICT', `${user.username} was changed meanwhile: load it again`)
  if (grants !== undefined && row.provider !== null)
    throw new AppError('CONFLICT', `the roles of ${user.username} come from its sign-in service`)
}
