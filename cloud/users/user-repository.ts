import { randomUUID } from 'node:crypto'
import type { Database } from '#cloud/state/database.ts'
import type { UserRow } from '#cloud/state/tables.ts'
import type { Role, User } from '#contract/api/session.ts'

export type NewUser = {
  readonly username: string
  readonly passwordHash: string
  readonly role: Role
  readonly displayName: string
  readonly createdAt: number
}

export type StoredUser = User & { readonly passwordHash: string }

export class UserRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Throws AppError CONFLICT when the name is taken. */
  async create({ username, passwordHash, role, displayName, createdAt }: NewUser): Promise<User> {
    const id = randomUUID()
    const row = { password_hash: passwordHash, display_name: displayName, created_at: createdAt }
    await this.#db
      .insertInto('users')
      .values({ id, username, role, ...row })
      .execute()
    return { id, username, displayName, role }
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
      .select(['id', 'username', 'display_name', 'role', 'password_hash'])
      .where('username', '=', username)
      .executeTakeFirst()
    return row === undefined ? undefined : { ...userOf(row), passwordHash: row.password_hash }
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#db.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined
  }
}

export function userOf(row: Pick<UserRow, 'id' | 'username' | 'display_name' | 'role'>): User {
  // Only values of the union are ever written.
  return { id: row.id, username: row.username, displayName: row.display_name, role: row.role as Role }
}
