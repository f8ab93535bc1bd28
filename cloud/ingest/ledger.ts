import { sql } from 'kysely'
import type { Database } from '#cloud/state/database.ts'
import type { SeqRange, Stream } from '#contract/delivery.ts'
import type { DropEvent } from '#contract/events.ts'
import type { Produced } from '#contract/gateway-state.ts'
import { siteDayOf } from '#contract/site-day.ts'
import { addInterval, covers, epochStartedAt, type Interval, type IntervalSet } from './sequence.ts'

/** Something committed: the numbers of one message, how many samples (or events) it carried, and the way it came. */
export type Receipt = SeqRange & {
  readonly gateway: string
  readonly samples: number
  readonly lane: 'events' | 'live' | 'backfill'
}

type Key = { readonly gateway: string; readonly stream: Stream; readonly epoch: number }
type Change = Key & {
  set: IntervalSet
  samples: number
  uncertain: number
  lastSeq: number
  readonly before: IntervalSet
  /** What is new, by lane. */
  readonly lanes: Map<Receipt['lane'], Tally>
}
type Tally = {
  readonly firstSeq: number
  readonly lastSeq: number
  readonly batches: number
  readonly samples: number
}

/** Intervals kept in memory, most recently used last. One entry is one epoch of one stream of one gateway. */
const maxCached = 10_000

/**
 * The data-loss ledger: which numbers of each stream are committed, which were dropped by the gateway, and what it says
 * it produced. `received + dropped = produced` means that nothing is missing. Writes come from one caller at a time.
 */
export class Ledger {
  readonly #db: Database
  readonly #received = new Map<string, IntervalSet>()

  constructor(db: Database) {
    this.#db = db
  }

  /** True when all of it is committed already. */
  async has(gateway: string, range: SeqRange): Promise<boolean> {
    return covers(await this.received({ ...range, gateway }), [range.firstSeq, range.lastSeq])
  }

  /** The committed numbers, from memory when they were asked for before. */
  async received(key: Key): Promise<IntervalSet> {
    const name = nameOf(key)
    const known = this.#received.get(name)
    if (known !== undefined) return known
    const rows = await this.#db
      .selectFrom('received_ranges')
      .select(['first_seq', 'last_seq'])
      .where('gateway', '=', key.gateway)
      .where('stream', '=', key.stream)
      .where('epoch', '=', key.epoch)
      .orderBy('first_seq')
      .execute()
    // A commit may have been here meanwhile, and it knows more.
    const newer = this.#received.get(name)
    if (newer !== undefined) return newer
    return this.#remember(
      name,
      rows.map(({ first_seq, last_seq }): Interval => [first_seq, last_seq]),
    )
  }

  /**
   * Books receipts, all or none, in one transaction together with `also`. Throws what the database throws; then nothing
   * is booked.
   */
  async commit(
    receipts: readonly Receipt[],
    now: number,
    also: (db: Database) => Promise<void> = async () => {},
  ): Promise<void> {
    const changes = await this.#changesOf(receipts)
    await this.#db.transaction().execute(async (transaction) => {
      await book(transaction, changes, now)
      await also(transaction)
    })
    for (const change of changes) this.#remember(nameOf(change), change.set)
  }

  async #changesOf(receipts: readonly Receipt[]): Promise<Change[]> {
    const changes = new Map<string, Change>()
    for (const receipt of receipts) {
      const name = nameOf(receipt)
      const before = changes.get(name)?.before ?? (await this.received(receipt))
      const { gateway, stream, epoch, firstSeq, lastSeq, lane } = receipt
      const change = changes.get(name) ?? {
        gateway,
        stream,
        epoch,
        set: before,
        before,
        samples: 0,
        uncertain: 0,
        lastSeq: 0,
        lanes: new Map(),
      }
      const { set, count } = addInterval(change.set, [firstSeq, lastSeq])
      change.set = set
      const samples = newSamples(receipt, count)
      change.samples += samples
      if (count > 0 && count <= lastSeq - firstSeq)
        change.uncertain += Math.max(samples, receipt.samples - samples)
      change.lastSeq = Math.max(change.lastSeq, lastSeq)
      const tally = { firstSeq, lastSeq, batches: count, samples }
      const known = change.lanes.get(lane)
      if (count > 0) change.lanes.set(lane, known === undefined ? tally : sumOf(known, tally))
      changes.set(name, change)
    }
    return [...changes.values()]
  }

  #remember(name: string, set: IntervalSet): IntervalSet {
    this.#received.delete(name)
    this.#received.set(name, set)
    if (this.#received.size > maxCached) {
      const oldest = this.#received.keys().next().value
      if (oldest !== undefined) this.#received.delete(oldest)
    }
    return set
  }
}

/** A message that was received in part: how its samples spread over its numbers is not known, so this is an estimate. */
function newSamples({ samples, firstSeq, lastSeq }: Receipt, count: number): number {
  return Math.round((samples * count) / (lastSeq - firstSeq + 1))
}

function sumOf(a: Tally, b: Tally): Tally {
  return {
    firstSeq: Math.min(a.firstSeq, b.firstSeq),
    lastSeq: Math.max(a.lastSeq, b.lastSeq),
    batches: a.batches + b.batches,
    samples: a.samples + b.samples,
  }
}

function nameOf({ gateway, stream, epoch }: Key): string {
  return `${gateway}/${stream}/${epoch}`
}

/** Rows per statement. Few statements: each is a trip to the database's thread and back. */
const portion = 200

function* portions<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += portion) yield rows.slice(at, at + portion)
}

/** SQLite and PostgreSQL have no function in common for the larger of what is there and what comes. */
function larger(table: string, column: string) {
  const [there, comes] = [sql.ref<number>(`${table}.${column}`), sql.ref<number>(`excluded.${column}`)]
  return sql<number>`CASE WHEN ${there} < ${comes} THEN ${comes} ELSE ${there} END`
}

function smaller(table: string, column: string) {
  const [there, comes] = [sql.ref<number>(`${table}.${column}`), sql.ref<number>(`excluded.${column}`)]
  return sql<number>`CASE WHEN ${there} > ${comes} THEN ${comes} ELSE ${there} END`
}

async function book(db: Database, changes: readonly Change[], now: number): Promise<void> {
  for (const change of changes) await deleteAbsorbed(db, change)
  const rows = changes.flatMap(({ gateway, stream, epoch, set, before }) => {
    const kept = new Map(before)
    return set
      .filter(([first, last]) => kept.get(first) !== last)
      .map(([first_seq, last_seq]) => ({ gateway, stream, epoch, first_seq, last_seq, received_at: now }))
  })
  for (const some of portions(rows)) {
    await db
      .insertInto('received_ranges')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['gateway', 'stream', 'epoch', 'first_seq']).doUpdateSet((row) => ({
          last_seq: row.ref('excluded.last_seq'),
          received_at: row.ref('excluded.received_at'),
        })),
      )
      .execute()
  }
  await bookStreams(
    db,
    changes.map(({ samples, ...change }) => ({ ...change, samples: 0, countedSeq: 0, received: samples })),
  )
  await bookDay(db, changes, siteDayOf(now))
}

/** What arrived on this day. One row per lane, whatever the number of messages. */
async function bookDay(db: Database, changes: readonly Change[], day: string): Promise<void> {
  const rows = changes.flatMap(({ gateway, stream, epoch, lanes }) =>
    [...lanes].map(([lane, { firstSeq, lastSeq, batches, samples }]) => ({
      ...{ gateway, day, stream, epoch, lane },
      ...{ first_seq: firstSeq, last_seq: lastSeq, batches, samples },
    })),
  )
  for (const some of portions(rows)) {
    await db
      .insertInto('received_days')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['gateway', 'day', 'stream', 'epoch', 'lane']).doUpdateSet((row) => ({
          first_seq: smaller('received_days', 'first_seq'),
          last_seq: larger('received_days', 'last_seq'),
          batches: row('received_days.batches', '+', row.ref('excluded.batches')),
          samples: row('received_days.samples', '+', row.ref('excluded.samples')),
        })),
      )
      .execute()
  }
}

/** Rows of intervals that went into others. */
async function deleteAbsorbed(db: Database, { gateway, stream, epoch, set, before }: Change): Promise<void> {
  const left = new Map(set)
  const gone = before.filter(([first]) => !left.has(first)).map(([first]) => first)
  for (const some of portions(gone)) {
    await db
      .deleteFrom('received_ranges')
      .where('gateway', '=', gateway)
      .where('stream', '=', stream)
      .where('epoch', '=', epoch)
      .where('first_seq', 'in', some)
      .execute()
  }
}

type StreamBooking = Key & {
  readonly lastSeq: number
  /** What the gateway says it produced up to `countedSeq`. */
  readonly samples: number
  readonly countedSeq: number
  readonly received: number
  readonly uncertain: number
}

/** What was received is added; what was produced only grows: messages overtake each other. */
async function bookStreams(db: Database, bookings: readonly StreamBooking[]): Promise<void> {
  const rows = bookings.map(
    ({ gateway, stream, epoch, lastSeq, samples, countedSeq, received, uncertain }) => ({
      gateway,
      stream,
      epoch,
      started_at: epochStartedAt(epoch),
      produced_seq: lastSeq,
      produced_samples: samples,
      received_samples: received,
      counted_seq: countedSeq,
      uncertain_samples: uncertain,
    }),
  )
  for (const some of portions(rows)) {
    await db
      .insertInto('streams')
      .values(some)
      .onConflict((conflict) =>
        conflict.columns(['gateway', 'stream', 'epoch']).doUpdateSet((row) => ({
          produced_seq: larger('streams', 'produced_seq'),
          produced_samples: larger('streams', 'produced_samples'),
          counted_seq: larger('streams', 'counted_seq'),
          received_samples: row('streams.received_samples', '+', row.ref('excluded.received_samples')),
          uncertain_samples: row('streams.uncertain_samples', '+', row.ref('excluded.uncertain_samples')),
        })),
      )
      .execute()
  }
}

/** Notes what a gateway says it has produced. */
export async function bookProduced(
  db: Database,
  gateway: string,
  produced: readonly Produced[],
): Promise<void> {
  const bookings = new Map<string, StreamBooking>()
  for (const { stream, epoch, lastSeq, samples } of produced) {
    // One row per statement and stream: PostgreSQL refuses to update a row twice.
    const booking = {
      gateway,
      stream,
      epoch,
      lastSeq,
      samples,
      countedSeq: lastSeq,
      received: 0,
      uncertain: 0,
    }
    bookings.set(nameOf(booking), booking)
  }
  await bookStreams(db, [...bookings.values()])
}

/** Notes a reported drop. The same report again changes nothing. */
export async function bookDrop(db: Database, gateway: string, drop: DropEvent): Promise<void> {
  const { stream, epoch, firstSeq, lastSeq, samples, reason, at, from, to } = drop
  const nothing = { samples: 0, countedSeq: 0, received: 0, uncertain: 0 }
  await bookStreams(db, [{ gateway, stream, epoch, lastSeq, ...nothing }])
  await db
    .insertInto('dropped_ranges')
    .values({
      gateway,
      stream,
      epoch,
      first_seq: firstSeq,
      last_seq: lastSeq,
      samples,
      reason,
      at,
      from_t: from ?? null,
      to_t: to ?? null,
    })
    .onConflict((conflict) =>
      conflict.columns(['gateway', 'stream', 'epoch', 'first_seq']).doUpdateSet((row) => ({
        last_seq: row.ref('excluded.last_seq'),
        samples: row.ref('excluded.samples'),
        reason: row.ref('excluded.reason'),
        at: row.ref('excluded.at'),
        from_t: row.ref('excluded.from_t'),
        to_t: row.ref('excluded.to_t'),
      })),
    )
    .execute()
}
