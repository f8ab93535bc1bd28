import type { Selectable } from 'kysely'
import type { Database } from '#cloud/state/database.ts'
import type { DroppedRangeRow, ReceivedRangeRow, StreamRow } from '#cloud/state/tables.ts'
import { type Account, accountOf, type DropReport } from './account.ts'

/** A gateway that restarts every minute has many epochs; the newest matter. */
const maxStreams = 1_000

export type Drop = DropReport & {
  readonly reason: string
  readonly from: number | null
  readonly to: number | null
}

/** One stream of one epoch: what is written about it, and what that comes to. */
export type StreamAccount = {
  readonly stream: Selectable<StreamRow>
  /** Where the next epoch of this stream begins; infinite for the newest. */
  readonly endsAt: number
  readonly received: readonly ReceivedRangeRow[]
  readonly account: Account<Drop>
}

/** `from <= t < to`: epochs that were alive in it. */
export type Span = { readonly from: number; readonly to: number }

/** The accounts of a gateway's streams, newest epoch first, as they are at one moment. */
export function readAccounts(db: Database, gateway: string, span: Span): Promise<StreamAccount[]> {
  // One transaction: a batch that arrives in between must not make an account wrong.
  return db.transaction().execute(async (transaction) => {
    const streams = aliveIn(await readStreams(transaction, gateway, span.to), span)
    const newest = streams[0]?.stream.epoch
    const oldest = streams.at(-1)?.stream.epoch
    if (newest === undefined || oldest === undefined) return []
    const epochs = { gateway, oldest, newest }
    const received = Map.groupBy(await readReceived(transaction, epochs), keyOf)
    const dropped = Map.groupBy(await readDropped(transaction, epochs), keyOf)
    return streams.map(({ stream, endsAt }) => {
      const key = keyOf(stream)
      const ranges = received.get(key) ?? []
      return { stream, endsAt, received: ranges, account: account(stream, ranges, dropped.get(key) ?? []) }
    })
  })
}

type Alive = Pick<StreamAccount, 'stream' | 'endsAt'>
type Epochs = { readonly gateway: string; readonly oldest: number; readonly newest: number }

function readStreams(db: Database, gateway: string, before: number): Promise<Selectable<StreamRow>[]> {
  return db
    .selectFrom('streams')
    .selectAll()
    .where('gateway', '=', gateway)
    .where('started_at', '<', before)
    .orderBy('epoch', 'desc')
    .orderBy('stream')
    .limit(maxStreams)
    .execute()
}

/** An epoch ends where the next one of its stream begins. `rows` are newest first. */
function aliveIn(rows: readonly Selectable<StreamRow>[], { from }: Span): Alive[] {
  const nextStart = new Map<string, number>()
  return rows.flatMap((stream) => {
    const endsAt = nextStart.get(stream.stream) ?? Number.POSITIVE_INFINITY
    nextStart.set(stream.stream, stream.started_at)
    return endsAt > from ? [{ stream, endsAt }] : []
  })
}

function readReceived(db: Database, { gateway, oldest, newest }: Epochs): Promise<ReceivedRangeRow[]> {
  return db
    .selectFrom('received_ranges')
    .selectAll()
    .where('gateway', '=', gateway)
    .where('epoch', '>=', oldest)
    .where('epoch', '<=', newest)
    .orderBy('first_seq')
    .execute()
}

function readDropped(db: Database, { gateway, oldest, newest }: Epochs): Promise<DroppedRangeRow[]> {
  return db
    .selectFrom('dropped_ranges')
    .selectAll()
    .where('gateway', '=', gateway)
    .where('epoch', '>=', oldest)
    .where('epoch', '<=', newest)
    .orderBy('first_seq')
    .execute()
}

function keyOf({ stream, epoch }: { readonly stream: string; readonly epoch: number }): string {
  return `${stream}/${epoch}`
}

function account(
  row: Selectable<StreamRow>,
  received: readonly ReceivedRangeRow[],
  dropped: readonly DroppedRangeRow[],
): Account<Drop> {
  return accountOf({
    producedSeq: row.produced_seq,
    producedSamples: row.produced_samples,
    countedSeq: row.counted_seq,
    receivedSamples: row.received_samples,
    uncertainSamples: row.uncertain_samples,
    received: received.map(({ first_seq, last_seq }) => [first_seq, last_seq]),
    dropped: dropped.map(({ first_seq, last_seq, samples, reason, at, from_t, to_t }) => ({
      firstSeq: first_seq,
      lastSeq: last_seq,
      ...{ samples, reason, at, from: from_t, to: to_t },
    })),
  })
}

/** Since when a gap is owed: what came before it was received or dropped then, and the gap should have been next. */
export function owedSince({ stream, received, account }: StreamAccount, firstSeq: number): number {
  const before = received.find(({ last_seq }) => last_seq === firstSeq - 1)
  const dropped = account.dropped.find(({ lastSeq }) => lastSeq === firstSeq - 1)
  return before?.received_at ?? dropped?.at ?? stream.started_at
}
