import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Grant, User } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { type Claims, grantsFor, type KnownPlaces, valuesAt } from './claims.ts'
import type { Provider, Vouched } from './provider.ts'
import { type NewSession, type Origin, refuseDisabled, type SessionService } from './session-service.ts'
import { noPassword, type StoredUser, UserRepository } from './user-repository.ts'

export type ProviderAccountOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly sessions: SessionService
}

export type Arrival = {
  readonly provider: Provider
  readonly vouched: Vouched
  readonly from: Origin
  readonly audit: ChangeAudit
}

/** Whom the account is of, and whether it may come in. */
type Admitted = { readonly user: User } | { readonly refused: AppError }

/**
 * Accounts of sign-in services. The name that the service has for a person is the account; an account with a password here is never
 * taken for one of them. Roles are what the rules give, at every sign-in anew.
 */
export class ProviderAccounts {
  readonly #options: ProviderAccountOptions

  constructor(options: ProviderAccountOptions) {
    this.#options = options
  }

  /** Throws AppError ACCOUNT_UNMAPPED or ACCOUNT_DISABLED. */
  async signIn({ provider, vouched, from, audit }: Arrival): Promise<NewSession> {
    const { db, log, sessions } = this.#options
    audit.note({ who: { username: vouched.subject }, target: provider.id })
    const result = await db.transaction().execute(async (trx) => {
      const admitted = await this.#admit(trx, { provider, vouched, audit })
      // Roles that are gone stay gone, also when the sign-in is refused: the refusal must not undo it.
      if ('refused' in admitted) return admitted
      audit.note({ who: admitted.user })
      const session = await sessions.beginFor(trx, admitted.user, provider.id, from)
      await audit.write(trx)
      return { session }
    })
    if ('refused' in result) {
      log.warn({ provider: provider.id, subject: vouched.subject }, 'sign-in refused')
      throw result.refused
    }
    log.info({ provider: provider.id, user: result.session.user.username }, 'signed in')
    return result.session
  }

  async #admit(trx: Database, { provider, vouched, audit }: Omit<Arrival, 'from'>): Promise<Admitted> {
    const grants = grantsFor(provider.rules, vouched.claims, await knownPlaces(trx))
    const users = new UserRepository(trx)
    const known = await users.bySubject(provider.id, vouched.subject)
    const displayName = first(vouched.claims, provider.nameClaim) ?? vouched.subject
    audit.note({ after: { provider: provider.id, grants } })
    if (known !== undefined) await this.#refresh(trx, { known, grants, displayName, audit })
    if (grants.length === 0) {
      const text = `${provider.id} knows ${vouched.subject}, but no rule gives a role here`
      return { refused: new AppError('ACCOUNT_UNMAPPED', text) }
    }
    if (known !== undefined) {
      refuseDisabled(known.row)
      const { user } = (await users.byId(known.user.id)) ?? known
      return { user }
    }
    const username = await freeName(users, provider, vouched)
    const user = await users.create({
      ...{ username, displayName, grants, passwordHash: noPassword, createdAt: this.#options.clock.now() },
      from: { provider: provider.id, subject: vouched.subject },
    })
    audit.note({ after: { provider: provider.id, grants, created: true } })
    return { user }
  }

  async #refresh(trx: Database, { known, grants, displayName, audit }: Refresh): Promise<void> {
    const { user, row } = known
    const isSame = sameGrants(user.grants, grants)
    if (isSame && user.displayName === displayName) return
    if (!isSame) audit.note({ before: { grants: user.grants } })
    const users = new UserRepository(trx)
    await users.update(user.id, { display_name: displayName, version: row.version + 1 })
    if (!isSame) await users.setGrants(user.id, grants)
  }
}

type Refresh = {
  readonly known: StoredUser
  readonly grants: readonly Grant[]
  readonly displayName: string
  readonly audit: ChangeAudit
}

/** The name of the service where nobody has it yet; never the account of somebody else. */
async function freeName(
  users: UserRepository,
  provider: Provider,
  { subject, claims }: Vouched,
): Promise<string> {
  const wished = (first(claims, provider.usernameClaim) ?? subject).slice(0, 64)
  for (const name of [wished, `${wished}@${provider.id}`, `${subject}@${provider.id}`])
    if ((await users.byName(name)) === undefined) return name
  throw new AppError('CONFLICT', `there are accounts with the name of ${subject} already`)
}

async function knownPlaces(trx: Database): Promise<KnownPlaces> {
  const rows = await trx.selectFrom('tree_nodes').select(['id', 'school_code']).execute()
  return {
    ids: new Set(rows.map(({ id }) => id)),
    bySchoolCode: new Map(
      rows.flatMap(({ id, school_code }) => (school_code === null ? [] : [[school_code, id]])),
    ),
  }
}

function first(claims: Claims, path: string): string | undefined {
  const text = valuesAt(claims, path)[0]?.trim().slice(0, 100)
  return text === '' ? undefined : text
}

function sameGrants(before: readonly Grant[], after: readonly Grant[]): boolean {
  const keys = (grants: readonly Grant[]) => grants.map(({ role, node = '' }) => `${role} ${node}`).sort()
  return JSON.stringify(keys(before)) === JSON.stringify(keys(after))
}
