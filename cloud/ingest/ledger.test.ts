import { expect, test } from 'vitest'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import { createLogger } from '#lib/logger.ts'
import { bookDrop, bookProduced, Ledger, type Receipt } from './ledger.ts'

const log = createLogger({ level: 'silent' })
const epoch = 1_700_000_000 * 65_536
const key = { gateway: 'g-1', stream: 'telemetry', epoch } as const
const receipt = (firstSeq: number, lastSeq: number, samples = 10): Receipt => ({
  ...key,
  firstSeq,
  lastSeq,
  samples,
  lane: 'live',
})

async function openTestDatabase(): Promise<Database & AsyncDisposable> {
  const db = await openDatabase({ path: ':memory:', log })
  await db.insertInto('gateways').values({ id: 'g-1', token_hash: '', created_at: 0, connected: 0 }).execute()
  return Object.assign(db, { [Symbol.asyncDispose]: () => db.destroy() })
}

async function rangesIn(db: Database): Promise<number[][]> {
  const rows = await db
    .selectFrom('received_ranges')
    .select(['first_seq', 'last_seq'])
    .orderBy('first_seq')
    .execute()
  return rows.map(({ first_seq, last_seq }) => [first_seq, last_seq])
}

async function streamIn(db: Database) {
  return db
    .selectFrom('streams')
    .select(['produced_seq', 'produced_samples', 'received_samples'])
    .executeTakeFirst()
}

test('ranges are merged in the table as they are in memory, and a new ledger reads them back', async () => {
  await using db = await openTestDatabase()
  const ledger = new Ledger(db)
  await ledger.commit([receipt(10, 12), receipt(1, 3), receipt(20, 20)], 1)
  expect(await rangesIn(db)).toEqual([
    [1, 3],
    [10, 12],
    [20, 20],
  ])
  await ledger.commit([receipt(4, 9), receipt(21, 21), receipt(2, 2)], 2)
  expect(await rangesIn(db)).toEqual([
    [1, 12],
    [20, 21],
  ])
  for (const one of [ledger, new Ledger(db)]) {
    expect(await one.received(key)).toEqual([
      [1, 12],
      [20, 21],
    ])
    expect(await one.has('g-1', { ...key, firstSeq: 3, lastSeq: 12 })).toBe(true)
    expect(await one.has('g-1', { ...key, firstSeq: 12, lastSeq: 13 })).toBe(false)
  }
})

test('when something in the transaction fails, nothing is booked and memory says the same', async () => {
  await using db = await openTestDatabase()
  const ledger = new Ledger(db)
  await ledger.commit([receipt(1, 1)], 1)
  const failing = ledger.commit([receipt(2, 5)], 1, () => Promise.reject(new Error('event')))
  await expect(failing).rejects.toThrow('event')
  expect(await rangesIn(db)).toEqual([[1, 1]])
  expect(await ledger.received(key)).toEqual([[1, 1]])
  expect(await streamIn(db)).toMatchObject({ produced_seq: 1, received_samples: 10 })
})

test('samples count once; of a message received in part its share is counted', async () => {
  await using db = await openTestDatabase()
  const ledger = new Ledger(db)
  await ledger.commit([receipt(1, 1, 500), receipt(1, 1, 500)], 1)
  await ledger.commit([receipt(1, 1, 500)], 1)
  expect(await streamIn(db)).toMatchObject({ received_samples: 500 })
  await ledger.commit([receipt(1, 10, 5000)], 1)
  expect(await streamIn(db)).toMatchObject({ received_samples: 5000 })
})

test('by how much an estimate may be wrong is kept; what came whole or came twice is certain', async () => {
  await using db = await openTestDatabase()
  const ledger = new Ledger(db)
  const uncertain = async () =>
    (await db.selectFrom('streams').select('uncertain_samples').executeTakeFirst())?.uncertain_samples
  await ledger.commit([receipt(1, 4, 40), receipt(1, 4, 40), receipt(2, 3, 20)], 1)
  expect(await uncertain()).toBe(0)
  // Numbers 5 to 8 are new: 50 of 100 by estimate, and all of them or none is possible.
  await ledger.commit([receipt(1, 8, 100)], 1)
  expect(await uncertain()).toBe(50)
  expect(await streamIn(db)).toMatchObject({ received_samples: 90 })
})

test('each day of the site has what arrived on it, by lane; what came again is not counted', async () => {
  await using db = await openTestDatabase()
  const ledger = new Ledger(db)
  const evening = Date.UTC(2026, 10, 27, 15, 59)
  await ledger.commit([receipt(1, 1), receipt(2, 2)], evening)
  await ledger.commit([{ ...receipt(3, 6, 400), lane: 'backfill' }, receipt(2, 2), receipt(9, 9)], evening)
  await ledger.commit([receipt(10, 10)], evening + 60_000)
  const days = await db
    .selectFrom('received_days')
    .select(['day', 'lane', 'first_seq', 'last_seq', 'batches', 'samples'])
    .orderBy('day')
    .orderBy('lane')
    .execute()
  expect(days).toEqual([
    { day: '2026-11-27', lane: 'backfill', first_seq: 3, last_seq: 6, batches: 4, samples: 400 },
    { day: '2026-11-27', lane: 'live', first_seq: 1, last_seq: 9, batches: 3, samples: 30 },
    { day: '2026-11-28', lane: 'live', first_seq: 10, last_seq: 10, batches: 1, samples: 10 },
  ])
})

test('what was produced only grows; a drop is booked once and corrected by a later report', async () => {
  await using db = await openTestDatabase()
  await bookProduced(db, 'g-1', [{ stream: 'telemetry', epoch, lastSeq: 9, samples: 90 }])
  await bookProduced(db, 'g-1', [{ stream: 'telemetry', epoch, lastSeq: 7, samples: 70 }])
  const drop = {
    kind: 'drop',
    stream: 'telemetry',
    epoch,
    firstSeq: 3,
    lastSeq: 12,
    samples: 100,
    at: 5,
  } as const
  await bookDrop(db, 'g-1', { ...drop, reason: 'disk-budget' })
  await bookDrop(db, 'g-1', { ...drop, lastSeq: 14, reason: 'corrupt', from: 1 })
  expect(await streamIn(db)).toEqual({ produced_seq: 14, produced_samples: 90, received_samples: 0 })
  const dropped = await db.selectFrom('dropped_ranges').selectAll().execute()
  expect(dropped).toMatchObject([{ first_seq: 3, last_seq: 14, reason: 'corrupt', from_t: 1, to_t: null }])
})

test('a thousand holes close in one commit', async () => {
  await using db = await openTestDatabase()
  const ledger = new Ledger(db)
  await ledger.commit(
    Array.from({ length: 1000 }, (_, i) => receipt(i * 2 + 1, i * 2 + 1)),
    1,
  )
  expect(await rangesIn(db)).toHaveLength(1000)
  await ledger.commit([receipt(1, 2000)], 1)
  expect(await rangesIn(db)).toEqual([[1, 2000]])
})
