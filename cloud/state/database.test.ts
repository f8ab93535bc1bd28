import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Insertable, Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import { createLogger } from '#lib/logger.ts'
import { type Database, openDatabase } from './database.ts'
import { migrate, migrations } from './migrate.ts'
import { createSqliteDialect } from './sqlite/sqlite-dialect.ts'
import type { Tables } from './tables.ts'

const log = createLogger({ level: 'silent' })

async function tempFile(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'state-'))
  return {
    path: join(folder, 'deeper', 'state.db'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

const user = (id: string): Insertable<Tables['users']> => ({
  id,
  username: id,
  password_hash: '-',
  display_name: id,
  created_at: 1_767_225_600_123,
})
const usernames = async (db: Database) =>
  (await db.selectFrom('users').select('username').orderBy('username').execute()).map((row) => row.username)

test('an empty folder becomes a database with every table', async () => {
  await using file = await tempFile()
  await using db = await openDatabase({ path: file.path, log })
  const tables = await db.introspection.getTables()
  expect(tables.map((table) => table.name).sort()).toEqual([
    'alarm_events',
    'alarm_history',
    'alarm_keys',
    'alarm_photos',
    'alarm_ticks',
    'asset_changes',
    'assets',
    'audit',
    'calendar_reports',
    'calendars',
    'command_results',
    'command_steps',
    'commands',
    'config_reports',
    'config_versions',
    'danger_photos',
    'danger_steps',
    'dangers',
    'data_class_rules',
    'devices',
    'dropped_ranges',
    'enrolment_tokens',
    'floor_plans',
    'gateway_certificates',
    'gateways',
    'grants',
    'link_events',
    'notices',
    'notification_channels',
    'notification_jobs',
    'notification_settings',
    'old_passwords',
    'point_entries',
    'points',
    'push_subscriptions',
    'received_days',
    'received_ranges',
    'recovery_codes',
    'rollout_gateways',
    'rollouts',
    'screens',
    'sessions',
    'streams',
    'tree_nodes',
    'tree_paths',
    'unknown_devices',
    'users',
  ])
})

test('what was written is there after closing and opening again, and migrating again does nothing', async () => {
  await using file = await tempFile()
  {
    await using db = await openDatabase({ path: file.path, log })
    await db.insertInto('users').values(user('li')).execute()
  }
  await using db = await openDatabase({ path: file.path, log })
  expect(await db.selectFrom('users').selectAll().execute()).toMatchObject([user('li')])
})

test('commits are durable and keys are enforced: WAL, synchronous FULL, foreign keys', async () => {
  await using file = await tempFile()
  await using db = await openDatabase({ path: file.path, log })
  const pragma = async (name: string) =>
    Object.values((await sql.raw(`PRAGMA ${name}`).execute(db)).rows[0] ?? {})
  expect(await pragma('journal_mode')).toEqual(['wal'])
  expect(await pragma('synchronous')).toEqual([2])
  expect(await pragma('foreign_keys')).toEqual([1])
  const orphan = { token_hash: 'x', user_id: 'nobody', created_at: 1, expires_at: 2 }
  await expect(db.insertInto('sessions').values(orphan).execute()).rejects.toThrow(/FOREIGN KEY/)
})

test('a transaction that throws leaves nothing behind', async () => {
  await using db = await openDatabase({ path: ':memory:', log })
  const failing = db.transaction().execute(async (trx) => {
    await trx.insertInto('users').values(user('li')).execute()
    throw new Error('changed my mind')
  })
  await expect(failing).rejects.toThrow('changed my mind')
  expect(await usernames(db)).toEqual([])
  await db.insertInto('users').values(user('wang')).execute()
  expect(await usernames(db)).toEqual(['wang'])
})

test('a statement from outside does not slip into an open transaction', async () => {
  await using db = await openDatabase({ path: ':memory:', log })
  const inside = Promise.withResolvers<void>()
  const outside = inside.promise.then(() => db.insertInto('users').values(user('outside')).execute())
  const failing = db.transaction().execute(async (trx) => {
    await trx.insertInto('users').values(user('inside')).execute()
    inside.resolve()
    await trx.selectFrom('users').select('id').execute()
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  await outside
  expect(await usernames(db)).toEqual(['outside'])
})

test('transactions started together run one after the other', async () => {
  await using db = await openDatabase({ path: ':memory:', log })
  await db.insertInto('users').values(user('counter')).execute()
  const increment = () =>
    db.transaction().execute(async (trx) => {
      const { created_at } = await trx.selectFrom('users').select('created_at').executeTakeFirstOrThrow()
      await trx
        .updateTable('users')
        .set({ created_at: created_at + 1 })
        .execute()
    })
  await Promise.all(Array.from({ length: 50 }, increment))
  const { created_at } = await db.selectFrom('users').select('created_at').executeTakeFirstOrThrow()
  expect(created_at).toBe(user('x').created_at + 50)
})

test('a second row with the same key is a CONFLICT', async () => {
  await using db = await openDatabase({ path: ':memory:', log })
  await db.insertInto('users').values(user('li')).execute()
  await expect(db.insertInto('users').values(user('li')).execute()).rejects.toMatchObject({
    code: 'CONFLICT',
  })
})

test('a database of a newer program is refused and not touched', async () => {
  await using file = await tempFile()
  const newer = { ...migrations, '9999-tomorrow': { up: async () => {} } }
  {
    await using db = await openDatabase({ path: file.path, log })
    await migrate(db, log, newer)
    await db.insertInto('users').values(user('li')).execute()
  }
  await expect(openDatabase({ path: file.path, log })).rejects.toThrow(/not migrated/)
})

test('a migration that fails halfway leaves the old version', async () => {
  await using file = await tempFile()
  await using db = await openDatabase({ path: file.path, log })
  const broken = {
    async up(trx: Kysely<unknown>) {
      await trx.schema.createTable('half').addColumn('id', 'text').execute()
      await sql`this is not SQL`.execute(trx)
    },
  }
  await expect(migrate(db, log, { ...migrations, '0002-broken': broken })).rejects.toThrow(/not migrated/)
  const tables = await db.introspection.getTables()
  expect(tables.map((table) => table.name)).not.toContain('half')
})

test('accounts and sessions of before are still good, and each session has a name of its own', async () => {
  await using file = await tempFile()
  const before = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '0014'))
  await mkdir(dirname(file.path), { recursive: true })
  const old = new Kysely<unknown>({ dialect: createSqliteDialect(file.path) })
  await migrate(old, log, before)
  const password = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$dGFn'
  await sql`insert into users (id, username, password_hash, display_name, created_at)
    values ('u1', 'li', ${password}, 'Li', 5)`.execute(old)
  for (const token of ['a', 'b'])
    await sql`insert into sessions (token_hash, user_id, created_at, expires_at)
      values (${token.repeat(64)}, 'u1', 7, 9)`.execute(old)
  await old.destroy()
  await using db = await openDatabase({ path: file.path, log })
  expect(await db.selectFrom('users').selectAll().execute()).toMatchObject([
    { password_hash: password, version: 1, password_once: 0, password_set_at: null, disabled_at: null },
  ])
  const sessions = await db.selectFrom('sessions').select(['id', 'last_seen_at', 'duty']).execute()
  expect(sessions.map(({ last_seen_at, duty }) => [last_seen_at, duty])).toEqual([
    [7, null],
    [7, null],
  ])
  expect(new Set(sessions.map(({ id }) => id)).size).toBe(2)
})

test('a path that cannot be opened is STORE_UNAVAILABLE', async () => {
  await using file = await tempFile()
  const db = new Kysely<unknown>({ dialect: createSqliteDialect(join(file.path, 'no', 'such', 'folder.db')) })
  await expect(sql`SELECT 1`.execute(db)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await db.destroy()
})
