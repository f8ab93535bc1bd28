import { randomUUID } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { GrantRow, UserRow } from '#cloud/state/tables.ts'
import type { Grant, User } from '#contract/api/session.ts'
import { type Role, roles } from '#contract/permissions.ts'

export type NewUser = {
  readonly username: string
  readonly passwordHash: string
  readonly grants: readonly Grant[]
  readonly displayName: string
  readonly createdAt: number
  readonly passwordOnce?: boolean
  readonly passwordSetAt?: number
  /** Of whom a sign-in service vouches for. */
  readonly from?: { readonly provider: string; readonly subject: string }
}

/** Instead of a hash, for who signs in at a provider. It fits no password. */
export const noPassword = '-'

export type Stored = Selectable<UserRow>
/** A person with everything that the store knows. */
export type StoredUser = { readonly user: User; readonly row: Stored }

export type UserSearch = {
  /** Only who has no role elsewhere; `undefined`: everybody. */
  readonly nodes: readonly string[] | undefined
  readonly q?: string | undefined
  /** Names after this one. */
  readonly after?: string | undefined
  readonly limit: number
}

type NamedRow = Pick<UserRow, 'id' | 'username' | 'display_name'>

const columns = [
  'users.id',
  'users.username',
  'users.password_hash',
  'users.display_name',
  'users.created_at',
  'users.version',
  'users.password_once',
  'users.password_set_at',
  'users.disabled_at',
  'users.last_sign_in_at',
  'users.provider',
  'users.subject',
  'users.totp_secret',
  'users.totp_confirmed_at',
  'users.totp_step',
] as const

/** Works on a transaction as well as on the database. */
export class UserRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Call it on a transaction. Throws AppError CONFLICT when the name is taken. */
  async create(user: NewUser): Promise<User> {
    const { username, passwordHash, grants, displayName, createdAt, passwordOnce, passwordSetAt, from } = user
    const id = randomUUID()
    await this.#db
      .insertInto('users')
      .values({
        id,
        username,
        password_hash: passwordHash,
        display_name: displayName,
        created_at: createdAt,
        password_once: passwordOnce ? 1 : 0,
        password_set_at: passwordSetAt ?? null,
        provider: from?.provider ?? null,
        subject: from?.subject ?? null,
      })
      .execute()
    await this.setGrants(id, grants)
    return userOf({ id, username, display_name: displayName }, grants.map(grantRow(id)))
  }

  /** All of them: what is not named is taken away. Call it on a transaction. */
  async setGrants(user: string, grants: readonly Grant[]): Promise<void> {
    await this.#db.deleteFrom('grants').where('user_id', '=', user).execute()
    if (grants.length > 0)
      await this.#db
        .insertInto('grants')
        .values(grants.map(grantRow(user)))
        .execute()
  }

  async grantsOf(user: string): Promise<GrantRow[]> {
    return this.#db
      .selectFrom('grants')
      .select(['user_id', 'role', 'node'])
      .where('user_id', '=', user)
      .orderBy('node')
      .execute()
  }

  async update(id: string, change: Partial<Omit<Stored, 'id'>>): Promise<void> {
    await this.#db.updateTable('users').set(change).where('id', '=', id).execute()
  }

  async setPassword(username: string, passwordHash: string): Promise<void> {
    await this.#db
      .updateTable('users')
      .set({ password_hash: passwordHash, password_once: 0 })
      .where('username', '=', username)
      .execute()
  }

  /** Sessions and whatever else is the account's go with it. */
  async delete(id: string): Promise<void> {
    for (const table of ['sessions', 'grants', 'old_passwords', 'recovery_codes'] as const)
      await this.#db.deleteFrom(table).where('user_id', '=', id).execute()
    await this.#db.deleteFrom('users').where('id', '=', id).execute()
  }

  /** Without regard to case. */
  async byName(username: string): Promise<StoredUser | undefined> {
    const found = await this.#users()
      .where(sql`lower(username)`, '=', username.toLowerCase())
      // Accounts of before may differ in case alone: then the one that was meant.
      .orderBy((eb) => eb.case().when('username', '=', username).then(0).else(1).end())
      .limit(1)
      .executeTakeFirst()
    return this.#complete(found)
  }

  async byId(id: string): Promise<StoredUser | undefined> {
    return this.#complete(await this.#users().where('id', '=', id).executeTakeFirst())
  }

  async bySubject(provider: string, subject: string): Promise<StoredUser | undefined> {
    const query = this.#users().where('provider', '=', provider).where('subject', '=', subject)
    return this.#complete(await query.executeTakeFirst())
  }

  async search({ nodes, q, after, limit }: UserSearch): Promise<StoredUser[]> {
    let query = this.#users().orderBy('username').limit(limit)
    if (after !== undefined) query = query.where('username', '>', after)
    if (q !== undefined) {
      const pattern = `%${q.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
      query = query.where(
        sql<boolean>`(lower(username) like ${pattern} escape '\\' or lower(display_name) like ${pattern} escape '\\')`,
      )
    }
    if (nodes !== undefined) {
      query = query.where((eb) => {
        const grants = eb.selectFrom('grants').select('role').whereRef('grants.user_id', '=', 'users.id')
        const elsewhere = grants.where((inner) => inner.not(placeIn(inner.ref('grants.node'), nodes)))
        return eb.and([eb.exists(grants), eb.not(eb.exists(elsewhere))])
      })
    }
    const rows = await query.execute()
    const ids = rows.map(({ id }) => id)
    const grants =
      ids.length === 0
        ? []
        : await this.#db
            .selectFrom('grants')
            .select(['user_id', 'role', 'node'])
            .where('user_id', 'in', ids)
            .orderBy('node')
            .execute()
    const byUser = Map.groupBy(grants, ({ user_id }) => user_id)
    return rows.map((row) => ({ row, user: userOf(row, byUser.get(row.id) ?? []) }))
  }

  /** Administrators of everything who can sign in without anybody else's help, other than `except`. */
  async otherAdmins(except: string): Promise<number> {
    const { count } = await this.#db
      .selectFrom('users')
      .innerJoin('grants', 'grants.user_id', 'users.id')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('grants.role', '=', 'admin')
      .where('grants.node', '=', '')
      .where('users.disabled_at', 'is', null)
      .where('users.password_hash', '<>', noPassword)
      .where('users.id', '<>', except)
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#db.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined
  }

  #users() {
    return this.#db.selectFrom('users').select(columns)
  }

  async #complete(row: Stored | undefined): Promise<StoredUser | undefined> {
    return row && { row, user: userOf(row, await this.grantsOf(row.id)) }
  }
}

/** A person as the API shows him. Pure. */
export function userOf(row: NamedRow, grants: readonly Pick<GrantRow, 'role' | 'node'>[]): User {
  const ranked = grants.map(grantOf).sort((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role))
  const role = ranked[0]?.role ?? 'screen'
  return { id: row.id, username: row.username, displayName: row.display_name, role, grants: ranked }
}

/** Only values of the union are ever written. */
function grantOf({ role, node }: Pick<GrantRow, 'role' | 'node'>): Grant {
  return { role: role as Role, ...(node === '' ? {} : { node }) }
}

function grantRow(user: string): (grant: Grant) => GrantRow {
  return ({ role, node = '' }) => ({ user_id: user, role, node })
}
