import { type Static, Type } from 'typebox'
import { Stream } from '#contract/delivery.ts'
import { closed, Instant, InstantQuery } from './common.ts'

const count = Type.Integer({ minimum: 0 })

/** `[first, last]`, both included. */
export const SeqInterval = Type.Tuple([count, count])
export type SeqInterval = Static<typeof SeqInterval>

/** A range that the gateway dropped and reported. */
export const DroppedRange = Type.Object(
  {
    firstSeq: count,
    lastSeq: count,
    samples: count,
    reason: Type.String(),
    at: Instant,
    /** Source times of what was lost, where known. */
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
  },
  closed,
)
export type DroppedRange = Static<typeof DroppedRange>

/** The account of one stream in one epoch: 1…`produced` = `received` + `dropped` + `owed`. */
export const LedgerStream = Type.Object(
  {
    stream: Stream,
    epoch: count,
    startedAt: Instant,
    /** The last number that the gateway said it gave out. */
    produced: count,
    producedSamples: count,
    received: Type.Array(SeqInterval),
    receivedSamples: count,
    dropped: Type.Array(DroppedRange),
    /** Neither received nor reported as dropped: still on the gateway. */
    owed: Type.Array(SeqInterval),
  },
  closed,
)
export type LedgerStream = Static<typeof LedgerStream>

/** `GET /gateways/{id}/ledger?from&to`: the epochs that were alive in `from <= t < to`. */
export const LedgerQuery = Type.Object(
  { from: Type.Optional(InstantQuery), to: Type.Optional(InstantQuery) },
  closed,
)
export type LedgerQuery = Static<typeof LedgerQuery>

export const Ledger = Type.Object({ gateway: Type.String(), streams: Type.Array(LedgerStream) }, closed)
export type Ledger = Static<typeof Ledger>

const Lane = Type.Union([Type.Literal('events'), Type.Literal('live'), Type.Literal('backfill')])

/** What arrived on the day by one lane: `batches` numbers between the first and the last. */
export const DayReceipt = Type.Object(
  { epoch: count, lane: Lane, firstSeq: count, lastSeq: count, batches: count, samples: count },
  closed,
)
export type DayReceipt = Static<typeof DayReceipt>

export const DayDrop = Type.Object({ epoch: count, ...DroppedRange.properties }, closed)
export type DayDrop = Static<typeof DayDrop>

/** Not here and not reported as dropped. `since`: when the number before it was settled, so it should have come next. */
export const DayOwed = Type.Object({ epoch: count, firstSeq: count, lastSeq: count, since: Instant }, closed)
export type DayOwed = Static<typeof DayOwed>

/** At most 500 ranges of each kind; the totals are of all. */
export const DayStream = Type.Object(
  {
    stream: Stream,
    received: Type.Array(DayReceipt),
    /** Measured on this day; or dropped on it, where nobody knows when it was measured. */
    dropped: Type.Array(DayDrop),
    owed: Type.Array(DayOwed),
    totals: Type.Object(
      {
        received: Type.Object({ batches: count, samples: count }, closed),
        dropped: Type.Object({ ranges: count, batches: count, samples: count }, closed),
        /** `samples`: as far as the gateway has counted them. */
        owed: Type.Object({ ranges: count, batches: count, samples: count }, closed),
      },
      closed,
    ),
    /** Accounts that contradict themselves: `samples-missing` and others. Empty unless something is broken. */
    imbalances: Type.Array(Type.Object({ epoch: count, problem: Type.String() }, closed)),
  },
  closed,
)
export type DayStream = Static<typeof DayStream>

/** `GET /gateways/{id}/ledger/{day}`: what became of one day, on the clock of the site (UTC+8). */
export const LedgerDay = Type.Object(
  {
    gateway: Type.String(),
    /** `2026-11-27` */
    day: Type.String(),
    from: Instant,
    to: Instant,
    /** False: the day lies before the first of which the cloud knows what arrived. */
    recorded: Type.Boolean(),
    streams: Type.Array(DayStream),
  },
  closed,
)
export type LedgerDay = Static<typeof LedgerDay>
