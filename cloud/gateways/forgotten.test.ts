import { expect, test } from 'vitest'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import { createLogger } from '#lib/logger.ts'
import { bookForgotten } from './forgotten.ts'
import { readLedger } from './ledger.ts'

const gateway = 'g-1'
const hour = 3_600_000
const noon = Date.UTC(2026, 10, 27, 4)
const epochAt = (at: number): number => (at / 1000) * 65_536
const stream = 'telemetry' as const

/** Two runs of a gateway, an hour apart; of both, numbers 4 to 10 are owed. */
async function openTestDatabase(): Promise<Database & AsyncDisposable> {
  const db = await openDatabase({ path: ':memory:', log: createLogger({ level: 'silent' }) })
  await db
    .insertInto('gateways')
    .values({ id: gateway, token_hash: '', created_at: 0, connected: 0 })
    .execute()
  for (const started_at of [noon, noon + hour]) {
    const key = { gateway, stream, epoch: epochAt(started_at) }
    await db
      .insertInto('streams')
      .values({
        ...key,
        started_at,
        produced_seq: 10,
        produced_samples: 100,
        received_samples: 30,
        counted_seq: 10,
      })
      .execute()
    await db
      .insertInto('received_ranges')
      .values({ ...key, first_seq: 1, last_seq: 3, received_at: started_at })
      .execute()
  }
  return Object.assign(db, { [Symbol.asyncDispose]: () => db.destroy() })
}

/** By run: ranges that were closed, with their samples, and what is owed still. */
async function account(db: Database) {
  const { streams } = await readLedger(db, gateway, { from: 0, to: Number.MAX_SAFE_INTEGER })
  return streams.toReversed().map(({ dropped, owed }) => ({
    closed: dropped.map(({ firstSeq, lastSeq, samples, reason }) => [firstSeq, lastSeq, samples, reason]),
    owed,
  }))
}

const said = (startedAt: number, lastSeq: number) => ({
  stream,
  epoch: epochAt(startedAt),
  lastSeq,
  samples: 1,
})
const all = { closed: [], owed: [[4, 10]] }

test('a gateway that still knows everything owes it as before', async () => {
  await using db = await openTestDatabase()
  const birth = { startedAt: noon + 2 * hour, produced: [said(noon, 10), said(noon + hour, 10)] }
  expect(await bookForgotten(db, gateway, birth, 1)).toBe(0)
  expect(await account(db)).toEqual([all, all])
})

test('a disk that was set back: what came after the copy is closed as forgotten, what it holds is owed', async () => {
  await using db = await openTestDatabase()
  const birth = { startedAt: noon + 2 * hour, produced: [said(noon, 6)] }
  expect(await bookForgotten(db, gateway, birth, 1)).toBe(2)
  expect(await account(db)).toEqual([
    { closed: [[7, 10, 0, 'forgotten']], owed: [[4, 6]] },
    { closed: [[4, 10, 70, 'forgotten']], owed: [] },
  ])
  expect(await bookForgotten(db, gateway, birth, 2)).toBe(0)
})

test('the run itself is not closed, whatever it has not said yet', async () => {
  await using db = await openTestDatabase()
  await bookForgotten(db, gateway, { startedAt: noon + hour + 500, produced: [said(noon, 10)] }, 1)
  expect(await account(db)).toEqual([all, all])
})

test('what was called forgotten and comes after all counts as received', async () => {
  await using db = await openTestDatabase()
  await bookForgotten(db, gateway, { startedAt: noon + 2 * hour, produced: [] }, 1)
  await db.updateTable('received_ranges').set({ last_seq: 8 }).execute()
  expect(await account(db)).toMatchObject([
    { closed: [[9, 10, 20, 'forgotten']], owed: [] },
    { closed: [[9, 10, 20, 'forgotten']], owed: [] },
  ])
})

test('a list that is full says nothing about the epochs before it', async () => {
  await using db = await openTestDatabase()
  const produced = Array.from({ length: 1_000 }, (_, i) => ({
    ...said(noon + hour, 10),
    epoch: epochAt(noon + hour) + i,
  }))
  expect(await bookForgotten(db, gateway, { startedAt: noon + 2 * hour, produced }, 1)).toBe(0)
  expect(await account(db)).toEqual([all, all])
})
