import { randomUUID } from 'node:crypto'
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
}

export type StoredUser = User & { readonly passwordHash: string }

type NamedRow = Pick<UserRow, 'id' | 'username' | 'display_name'>

/** Works on a transaction as well as on the database. */
export class UserRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Call it on a transaction. Throws AppError CONFLICT when the name is taken. */
  async create({ username, passwordHash, grants, displayName, createdAt }: NewUser): Promise<User> {
    const id = randomUUID()
    const row = { password_hash: passwordHash, display_name: displayName, created_at: createdAt }
    await this.#db
      .insertInto('users')
      .values({ id, username, ...row })
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

  async setPassword(username: string, passwordHash: string): Promise<void> {
    await this.#db
      .updateTable('users')
      .set({ password_hash: passwordHash })
      .where('username', '=', username)
      .execute()
  }

  async byName(username: string): Promise<StoredUser | undefined> {
    const row = await this.#db
      .selectFrom('users')
      .select(['id', 'username', 'display_name', 'password_hash'])
      .where('username', '=', username)
      .executeTakeFirst()
    if (row === undefined) return undefined
    return { ...userOf(row, await this.grantsOf(row.id)), passwordHash: row.password_hash }
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#db.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined
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
