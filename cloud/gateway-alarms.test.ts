import { expect, test } from 'vitest'
import { defaultAlarmSettings } from '#cloud/alarms/alarm-config.ts'
import { AlarmIntake } from '#cloud/alarms/alarm-intake.ts'
import { AlarmRepository } from '#cloud/alarms/alarm-repository.ts'
import { GatewayAlarms } from '#cloud/alarms/gateway-alarms.ts'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import type { Alarm } from '#contract/api/alarms.ts'
import type { AlarmEvent } from '#contract/events.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../tests/support/wait-for.ts'

const log = createLogger({ level: 'silent' })
const addresses = { connected: '10.0.0.5', refused: '10.0.0.6' }

async function openTestDatabase(): Promise<Database & AsyncDisposable> {
  const db = await openDatabase({ path: ':memory:', log })
  const row = { token_hash: '', created_at: 0, connected: 0 }
  await db
    .insertInto('gateways')
    .values(['g-1', 'g-2'].map((id) => ({ id, ...row })))
    .execute()
  return Object.assign(db, { [Symbol.asyncDispose]: () => db.destroy() })
}

const intake = new AlarmIntake({ ...defaultAlarmSettings, suppressedBy: () => undefined })
const storeAlarm = (db: Database, gateway: string, event: AlarmEvent, now: number) =>
  db.transaction().execute((trx) => intake.store(trx, [{ gateway, event }], now))

async function start(db: Database, store = storeAlarm) {
  const clock = new FakeClock()
  const changes: string[] = []
  const told: Alarm[] = []
  const alarms = await GatewayAlarms.start({
    db,
    store: (gateway, event) => store(db, gateway, event, clock.now()),
    onChange: (alarm) => {
      told.push(alarm)
      changes.push(`${alarm.point} ${alarm.rule} ${alarm.state}`)
    },
    clockLimitMs: 60_000,
    clock,
    log,
  })
  const seen = (wanted: readonly string[]) => waitFor(() => expect(changes).toEqual(wanted), { everyMs: 5 })
  return { alarms, clock, told, seen, [Symbol.asyncDispose]: () => alarms[Symbol.asyncDispose]() }
}

const open = (db: Database) => new AlarmRepository(db).search({ filter: 'open', limit: 10 })

test('a twin is one alarm with both addresses, however often it tries, and clears when it stays away', async () => {
  await using db = await openTestDatabase()
  await using run = await start(db)
  run.alarms.twin('g-1', addresses)
  run.alarms.twin('g-1', addresses)
  await run.seen(['g-1 cloud.twin raised'])
  expect(run.told[0]?.title.zh).toContain('已连接：10.0.0.5，被拒绝：10.0.0.6')
  expect(run.told[0]?.priority).toBe(2)

  await run.clock.advance(200_000)
  run.alarms.twin('g-1', addresses)
  await run.clock.advance(299_000)
  expect(await open(db)).toHaveLength(1)
  await run.clock.advance(16_000)
  await run.seen(['g-1 cloud.twin raised', 'g-1 cloud.twin cleared'])
  expect(await open(db)).toEqual([])

  run.alarms.twin('g-1', addresses)
  await waitFor(async () => expect(await open(db)).toHaveLength(1))
})

test('a wrong clock raises one alarm with its offset and clears when it is right again', async () => {
  await using db = await openTestDatabase()
  await using run = await start(db)
  for (const offsetMs of [59_000, 61_400, 45_000, 900_000]) run.alarms.clock('g-1', offsetMs)
  run.alarms.clock('g-2', -61_000)
  await run.seen(['g-1 cloud.clock raised', 'g-2 cloud.clock raised'])
  expect(run.told.map(({ value, limit, title }) => [value, limit, title.en])).toEqual([
    [61, 60, 'The clock of the gateway is ahead'],
    [-61, 60, 'The clock of the gateway is behind'],
  ])
  run.alarms.clock('g-1', 29_000)
  await waitFor(async () => expect((await open(db)).map(({ gateway }) => gateway)).toEqual(['g-2']))
})

test('what was open when the cloud stopped goes on: no second alarm, and it clears', async () => {
  await using db = await openTestDatabase()
  {
    await using run = await start(db)
    run.alarms.clock('g-1', 61_000)
    run.alarms.twin('g-2', addresses)
  }
  await using run = await start(db)
  run.alarms.clock('g-1', 62_000)
  run.alarms.twin('g-2', addresses)
  run.alarms.clock('g-1', 0)
  await run.clock.advance(320_000)
  await run.seen(['g-1 cloud.clock cleared', 'g-2 cloud.twin cleared'])
  expect(await open(db)).toEqual([])
})

test('a stolen token is an alarm of the highest priority that stays until somebody has taken care', async () => {
  await using db = await openTestDatabase()
  const stolen = { first: { address: '10.0.0.5', at: Date.UTC(2026, 0, 5) }, second: '10.0.0.6' }
  {
    await using run = await start(db)
    run.alarms.tokenSettled('g-1')
    run.alarms.stolenToken('g-1', stolen)
    run.alarms.stolenToken('g-1', stolen)
    await run.seen(['g-1 cloud.enrolment raised'])
    expect(run.told[0]).toMatchObject({
      priority: 1,
      title: { en: expect.stringMatching(/10\.0\.0\.5.*10\.0\.0\.6/) },
    })
    await run.clock.advance(3_600_000)
    expect(await open(db)).toHaveLength(1)
  }
  await using run = await start(db)
  run.alarms.tokenSettled('g-1')
  await run.seen(['g-1 cloud.enrolment cleared'])
})

test('an alarm that could not be stored is raised when it is found again', async () => {
  await using db = await openTestDatabase()
  let failures = 0
  await using run = await start(db, async (...args) => {
    if (failures++ === 0) throw new Error('disk full')
    await storeAlarm(...args)
  })
  run.alarms.clock('g-1', 61_000)
  await waitFor(() => expect(failures).toBe(1), { everyMs: 5 })
  expect(await open(db)).toEqual([])
  run.alarms.clock('g-1', 61_000)
  await run.seen(['g-1 cloud.clock raised'])
})
