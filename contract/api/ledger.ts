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
