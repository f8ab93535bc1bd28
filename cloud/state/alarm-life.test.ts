import { Kysely } from 'kysely'
import { expect, test } from 'vitest'
import { createLogger } from '#lib/logger.ts'
import { migrate, migrations } from './migrate.ts'
import { createSqliteDialect } from './sqlite/sqlite-dialect.ts'
import type { Tables } from './tables.ts'

test('alarms from before go on: what is on waits for somebody and calls nobody, what is over is over', async () => {
  const log = createLogger({ level: 'silent' })
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(':memory:') })
  const { '0008-alarm-life': _, ...before } = migrations
  const older = Object.fromEntries(Object.entries(before).filter(([name]) => name < '0008'))
  await migrate(db, log, older)
  await db.insertInto('gateways').values({ id: 'g', token_hash: '', created_at: 0, connected: 0 }).execute()
  const row = { gateway: 'g', rule: 'r', point: 'd/p', priority: 2, received_at: 5 }
  await db
    .insertInto('alarm_events')
    .values([
      { ...row, occurrence: 'o1', state: 'cleared', raised_at: 1, cleared_at: 2 },
      { ...row, occurrence: 'o2', state: 'raised', raised_at: 3 },
      { ...row, occurrence: 'o3', state: 'raised', raised_at: 4 },
    ])
    .execute()
  await migrate(db, log, migrations)
  const rows = await db
    .selectFrom('alarm_events')
    .select(['occurrence', 'life', 'quiet', 'due_at', 'untold'])
    .orderBy('occurrence')
    .execute()
  const quietly = { quiet: 'late', due_at: null, untold: 0 }
  expect(rows).toEqual([
    { occurrence: 'o1', life: 'normal', quiet: null, due_at: null, untold: 0 },
    { occurrence: 'o2', life: 'unacknowledged', ...quietly },
    { occurrence: 'o3', life: 'unacknowledged', ...quietly },
  ])
  const keys = await db.selectFrom('alarm_keys').select(['rule', 'occurrence']).execute()
  expect(keys).toEqual([{ rule: 'r', occurrence: 'o3' }])
  await db.destroy()
})
