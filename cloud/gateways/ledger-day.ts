import { instant } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { ReceivedDayRow } from '#cloud/state/tables.ts'
import type { DayDrop, DayOwed, DayReceipt, DayStream, LedgerDay } from '#contract/api/ledger.ts'
import type { Stream } from '#contract/delivery.ts'
import { droppedView } from './ledger.ts'
import { type Drop, owedSince, readAccounts, type Span, type StreamAccount } from './stream-accounts.ts'

/** What a device kept in its own memory can be measured so long before the run that lost it began. */
const memoryMs = 31 * 86_400_000
/** Rows of each kind in an answer; the totals are of all. */
const maxRows = 500

const streams: readonly Stream[] = ['telemetry', 'events']

/**
 * What became of a day. Received: what arrived on it. Dropped: measured on it, or dropped on it where nobody knows when
 * it was measured. Owed: has been missing since this day or an earlier one, in a run that was alive on it.
 */
export async function readLedgerDay(
  db: Database,
  gateway: string,
  { day, from, to }: Span & { readonly day: string },
): Promise<LedgerDay> {
  const accounts = await readAccounts(db, gateway, { from: 0, to: to + memoryMs })
  const arrived = await readDay(db, gateway, day)
  return {
    ...{ gateway, day, from: instant(from), to: instant(to) },
    recorded: await isRecorded(db, gateway, day),
    streams: streams.map((stream) =>
      dayOf(
        stream,
        arrived.filter((row) => row.stream === stream),
        { from, to, accounts: accounts.filter((one) => one.stream.stream === stream) },
      ),
    ),
  }
}

/** Forgets what arrived on the days before this one. What was dropped and what is owed stays. */
export async function pruneLedgerDays(db: Database, firstKept: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('received_days')
    .where('day', '<', firstKept)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

function readDay(db: Database, gateway: string, day: string): Promise<ReceivedDayRow[]> {
  return db
    .selectFrom('received_days')
    .selectAll()
    .where('gateway', '=', gateway)
    .where('day', '=', day)
    .orderBy('epoch', 'desc')
    .orderBy('lane', 'desc')
    .execute()
}

/** What arrived is written down by day since some version of the cloud; nothing is known of the days before. */
async function isRecorded(db: Database, gateway: string, day: string): Promise<boolean> {
  const row = await db
    .selectFrom('received_days')
    .select((select) => select.fn.min('day').as('first'))
    .where('gateway', '=', gateway)
    .executeTakeFirst()
  const first: unknown = row?.first
  return typeof first !== 'string' || day >= first
}

type Accounts = Span & { readonly accounts: readonly StreamAccount[] }

function dayOf(stream: Stream, rows: readonly ReceivedDayRow[], { from, to, accounts }: Accounts): DayStream {
  const received = rows.map(receiptView)
  const dropped = accounts.flatMap((one) =>
    one.account.dropped
      .filter((drop) => isOf(drop, { from, to }))
      .map((drop): DayDrop => ({ epoch: one.stream.epoch, ...droppedView(drop) })),
  )
  const alive = accounts.filter(({ stream: { started_at }, endsAt }) => started_at < to && endsAt > from)
  const owed = alive.flatMap((one) => owedOf(one).filter(({ since }) => Date.parse(since) < to))
  const sum = <T>(items: readonly T[], of: (item: T) => number) =>
    items.reduce((all, one) => all + of(one), 0)
  const length = ({ firstSeq, lastSeq }: { firstSeq: number; lastSeq: number }) => lastSeq - firstSeq + 1
  const owedEpochs = new Set(owed.map(({ epoch }) => epoch))
  return {
    stream,
    received: received.slice(0, maxRows),
    dropped: dropped.slice(0, maxRows),
    owed: owed.slice(0, maxRows),
    totals: {
      received: {
        batches: sum(received, ({ batches }) => batches),
        samples: sum(received, ({ samples }) => samples),
      },
      dropped: {
        ranges: dropped.length,
        batches: sum(dropped, length),
        samples: sum(dropped, ({ samples }) => samples),
      },
      owed: {
        ranges: owed.length,
        batches: sum(owed, length),
        samples: sum(
          alive.filter(({ stream: { epoch } }) => owedEpochs.has(epoch)),
          ({ account }) => account.owedSamples,
        ),
      },
    },
    imbalances: alive.flatMap(({ stream: { epoch }, account }) =>
      account.imbalances.map((problem) => ({ epoch, problem })),
    ),
  }
}

function receiptView({ epoch, lane, first_seq, last_seq, batches, samples }: ReceivedDayRow): DayReceipt {
  return {
    ...{ epoch, firstSeq: first_seq, lastSeq: last_seq, batches, samples },
    lane: lane as DayReceipt['lane'],
  }
}

function isOf({ at, from, to }: Drop, day: Span): boolean {
  return (from ?? to ?? at) < day.to && (to ?? from ?? at) >= day.from
}

function owedOf(one: StreamAccount): DayOwed[] {
  return one.account.owed.map(([firstSeq, lastSeq]) => ({
    ...{ epoch: one.stream.epoch, firstSeq, lastSeq },
    since: instant(owedSince(one, firstSeq)),
  }))
}
