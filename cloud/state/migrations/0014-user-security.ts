import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What makes an account safe: how old its password is, a second factor, where it is signed in; and wall displays. */
export const userSecurity: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await growUsers(db)
    await growSessions(db)
    await createScreens(db)
  },
}

async function growUsers(db: Kysely<unknown>): Promise<void> {
  const users = db.schema.alterTable('users')
  await users.addColumn('version', 'integer', (column) => column.notNull().defaultTo(1)).execute()
  await users.addColumn('password_once', 'integer', (column) => column.notNull().defaultTo(0)).execute()
  for (const name of ['disabled_at', 'password_set_at', 'last_sign_in_at', 'totp_confirmed_at', 'totp_step'])
    await users.addColumn(name, 'bigint').execute()
  for (const name of ['provider', 'subject', 'totp_secret']) await users.addColumn(name, 'text').execute()
  await db.schema
    .createIndex('users_by_subject')
    .on('users')
    .columns(['provider', 'subject'])
    .unique()
    .execute()

  await db.schema
    .createTable('old_passwords')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('old_passwords_pk', ['user_id', 'n'])
    .execute()
  await db.schema
    .createTable('recovery_codes')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('code_hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_pk', ['user_id', 'code_hash'])
    .execute()
}

async function growSessions(db: Kysely<unknown>): Promise<void> {
  const sessions = db.schema.alterTable('sessions')
  for (const name of ['id', 'address', 'user_agent'])
    await sessions.addColumn(name, 'text', (column) => column.notNull().defaultTo('')).execute()
  await sessions.addColumn('last_seen_at', 'bigint', (column) => column.notNull().defaultTo(0)).execute()
  await sessions.addColumn('duty', 'text').execute()
  await sessions.addColumn('provider', 'text').execute()
  // The hash of a token tells nobody the token, and is a name for what had none.
  await sql`update sessions set id = substr(token_hash, 1, 32), last_seen_at = created_at`.execute(db)
  await db.schema.createIndex('sessions_by_user').on('sessions').columns(['user_id']).execute()
}

async function createScreens(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('screens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('title', 'text', (column) => column.notNull())
    // Empty: everywhere, as in `grants`.
    .addColumn('node', 'text', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint')
    .execute()
}
