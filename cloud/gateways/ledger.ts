import { instant, optionalInstant, type Range } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DroppedRangeRow, ReceivedRangeRow, StreamRow } from '#cloud/state/tables.ts'
import type { Ledger, LedgerStream } from '#contract/api/ledger.ts'
import type { Stream } from '#contract/delivery.ts'
import { owed } from './owed.ts'

/** A gateway that restarts every minute has many epochs; the newest matter. */
const maxStreams = 1_000

type Ranges<T> = ReadonlyMap<string, readonly T[]>

/**
 * The data-loss account of a gateway, newest epoch first, of the epochs alive in `from <= t < to`: received, dropped and
 * owed make up everything produced.
 */
export async function readLedger(db: Database, gateway: string, range: Range): Promise<Ledger> {
  // One transaction: a batch that arrives in between must not make the account wrong.
  return db.transaction().execute(async (transaction) => {
    const streams = aliveIn(await readStreams(transaction, gateway), range)
    const oldest = streams.at(-1)
    if (oldest === undefined) return { gateway, streams: [] }
    const received = await readReceived(transaction, gateway, oldest.epoch)
    const dropped = await readDropped(transaction, gateway, oldest.epoch)
    return { gateway, streams: streams.map((stream) => account(stream, received, dropped)) }
  })
}

function readStreams(db: Database, gateway: string): Promise<StreamRow[]> {
  return db
    .selectFrom('streams')
    .select([
      'gateway',
      'stream',
      'epoch',
      'started_at',
      'produced_seq',
      'produced_samples',
      'received_samples',
    ])
    .where('gateway', '=', gateway)
    .orderBy('epoch', 'desc')
    .orderBy('stream')
    .limit(maxStreams)
    .execute()
}

async function readReceived(
  db: Database,
  gateway: string,
  fromEpoch: number,
): Promise<Ranges<ReceivedRangeRow>> {
  const rows = await db
    .selectFrom('received_ranges')
    .select(['gateway', 'stream', 'epoch', 'first_seq', 'last_seq', 'received_at'])
    .where('gateway', '=', gateway)
    .where('epoch', '>=', fromEpoch)
    .orderBy('first_seq')
    .execute()
  return Map.groupBy(rows, keyOf)
}

async function readDropped(
  db: Database,
  gateway: string,
  fromEpoch: number,
): Promise<Ranges<DroppedRangeRow>> {
  const rows = await db
    .selectFrom('dropped_ranges')
    .select([
      'gateway',
      'stream',
      'epoch',
      'first_seq',
      'last_seq',
      'samples',
      'reason',
      'at',
      'from_t',
      'to_t',
    ])
    .where('gateway', '=', gateway)
    .where('epoch', '>=', fromEpoch)
    .orderBy('first_seq')
    .execute()
  return Map.groupBy(rows, keyOf)
}

function keyOf({ stream, epoch }: { readonly stream: string; readonly epoch: number }): string {
  return `${stream}/${epoch}`
}

/** An epoch ends where the next one of its stream begins. `rows` are newest first. */
function aliveIn(rows: readonly StreamRow[], { from, to }: Range): StreamRow[] {
  const nextStart = new Map<string, number>()
  return rows.filter(({ stream, started_at }) => {
    const endsAt = nextStart.get(stream) ?? Number.POSITIVE_INFINITY
    nextStart.set(stream, started_at)
    return started_at < to && endsAt > from
  })
}

function account(
  row: StreamRow,
  allReceived: Ranges<ReceivedRangeRow>,
  allDropped: Ranges<DroppedRangeRow>,
): LedgerStream {
  const received = allReceived.get(keyOf(row)) ?? []
  const dropped = allDropped.get(keyOf(row)) ?? []
  const accounted = [...received, ...dropped].map(({ first_seq, last_seq }) => [first_seq, last_seq] as const)
  // The gateway says now and then how many samples it produced; those that arrived since count too.
  const explained = dropped.reduce((sum, { samples }) => sum + samples, row.received_samples)
  return {
    stream: row.stream as Stream,
    epoch: row.epoch,
    startedAt: instant(row.started_at),
    produced: row.produced_seq,
    producedSamples: Math.max(row.produced_samples, explained),
    received: received.map(({ first_seq, last_seq }) => [first_seq, last_seq]),
    receivedSamples: row.received_samples,
    dropped: dropped.map(({ first_seq, last_seq, samples, reason, at, from_t, to_t }) => ({
      firstSeq: first_seq,
      lastSeq: last_seq,
      samples,
      reason,
      at: instant(at),
      ...optionalInstant('from', from_t),
      ...optionalInstant('to', to_t),
    })),
    owed: owed(row.produced_seq, accounted).map(([first, last]) => [first, last]),
  }
}
