import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { keepLedgerChecked } from './ledger-check.ts'

const stream = 'telemetry'
const epoch = 65_536

async function start(gateways: number) {
  const db = await openDatabase({ path: ':memory:', log: createLogger({ level: 'silent' }) })
  const clock = new FakeClock()
  const receivedAt = clock.now() - 90_000
  for (let i = 0; i < gateways; i++) {
    const gateway = `g-${i}`
    await db
      .insertInto('gateways')
      .values({ id: gateway, token_hash: '', created_at: 0, connected: 0 })
      .execute()
    await db
      .insertInto('streams')
      .values({
        ...{ gateway, stream, epoch, started_at: receivedAt - 1_000 },
        ...{ produced_seq: 10, produced_samples: 100, received_samples: 100, counted_seq: 10 },
      })
      .execute()
    await db
      .insertInto('received_ranges')
      .values({ gateway, stream, epoch, first_seq: 1, last_seq: 10, received_at: receivedAt })
      .execute()
  }
  const lines: Record<string, unknown>[] = []
  const log = createLogger({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const registry = new Registry()
  const check = keepLedgerChecked({ db, clock, log, registry })
  const figure = async (name: string) =>
    (await registry.getSingleMetric(`campus_ledger_${name}`)?.get())?.values[0]?.value
  return {
    ...{ db, clock, lines, receivedAt },
    figure,
    /** Lets a round come to its end. */
    async round() {
      const before = await figure('last_check_timestamp_seconds')
      await waitFor(
        async () => {
          await clock.advance(1_000)
          expect(await figure('last_check_timestamp_seconds')).not.toBe(before)
        },
        { everyMs: 1 },
      )
    },
    async [Symbol.asyncDispose]() {
      await check[Symbol.asyncDispose]()
      await db.destroy()
    },
  }
}

const change = (
  db: Database,
  gateway: string,
  values: { received_samples?: number; produced_seq?: number },
) => db.updateTable('streams').set(values).where('gateway', '=', gateway).execute()

test('an imbalance is in the metrics and once in the log, and both say when it is over', async () => {
  await using run = await start(3)
  await run.round()
  expect([await run.figure('unbalanced_streams'), await run.figure('owed_samples')]).toEqual([0, 0])
  expect(await run.figure('last_check_timestamp_seconds')).toBeGreaterThan(0)

  await change(run.db, 'g-1', { received_samples: 99 })
  await run.round()
  await run.round()
  expect(await run.figure('unbalanced_streams')).toBe(1)
  expect(run.lines).toMatchObject([
    {
      ...{ level: 50, msg: 'ledger does not balance', gateway: 'g-1', stream, epoch },
      ...{ imbalances: ['samples-missing'], produced_samples: 100, received_samples: 99 },
    },
  ])

  await change(run.db, 'g-1', { received_samples: 100 })
  await run.round()
  expect(await run.figure('unbalanced_streams')).toBe(0)
  expect(run.lines[1]).toMatchObject({ msg: 'ledger balances again', account: `g-1/${stream}/${epoch}` })
})

test('what is owed is summed over all gateways, with the age of what has been owed longest', async () => {
  await using run = await start(250)
  for (const gateway of ['g-7', 'g-249']) {
    await change(run.db, gateway, { received_samples: 90 })
    await run.db.updateTable('received_ranges').set({ last_seq: 9 }).where('gateway', '=', gateway).execute()
  }
  await run.round()
  const names = ['owing_gateways', 'owed_samples', 'unbalanced_streams']
  expect(await Promise.all(names.map(run.figure))).toEqual([2, 20, 0])
  const age = (await run.figure('oldest_owed_age_seconds')) ?? 0
  expect(age).toBeGreaterThanOrEqual(90)
  expect(age).toBeLessThanOrEqual((run.clock.now() - run.receivedAt) / 1000)
})

test('a database that fails is in the log, and the next round goes on', async () => {
  await using run = await start(1)
  await run.round()
  await run.db.schema.alterTable('streams').renameTo('gone').execute()
  await waitFor(
    async () => {
      await run.clock.advance(5_000)
      expect(run.lines.at(-1)).toMatchObject({ msg: 'ledger not checked, next try in a minute' })
    },
    { everyMs: 1 },
  )
  await run.db.schema.alterTable('gone').renameTo('streams').execute()
  await run.round()
})
