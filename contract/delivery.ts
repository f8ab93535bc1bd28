import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const
const count = Type.Integer({ minimum: 0 })

/**
 * A numbered sequence of batches. Numbers start at 1 in each epoch and leave no gap. A batch keeps its number whether it
 * travels on the `live` or on the `backfill` lane: the lane is a priority, the stream is the account.
 */
export const Stream = Type.Union([Type.Literal('telemetry'), Type.Literal('events')])
export type Stream = Static<typeof Stream>

export const SeqRange = Type.Object({ stream: Stream, epoch: count, firstSeq: count, lastSeq: count }, closed)
export type SeqRange = Static<typeof SeqRange>

/** How many unacknowledged messages the gateway may have on its way, per lane. */
export const Credit = Type.Object({ events: count, live: count, backfill: count }, closed)
export type Credit = Static<typeof Credit>

/** These ranges are committed in the cloud's stores: delete them. Sent on `down/ack`, QoS 1. */
export const Ack = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('ack'),
    ranges: Type.Array(SeqRange, { maxItems: 1000 }),
    credit: Credit,
  },
  closed,
)
export type Ack = Static<typeof Ack>

/**
 * This range was not taken. With `retryAfterMs` the gateway keeps it and sends it again; without, it can never be
 * accepted (`code` says why) and the gateway drops it and reports the drop.
 */
export const Refuse = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('refuse'),
    /** Absent when the message could not be read far enough to know. */
    range: Type.Optional(SeqRange),
    code: Type.String({ maxLength: 40 }),
    message: Type.String({ maxLength: 500 }),
    retryAfterMs: Type.Optional(count),
    credit: Credit,
  },
  closed,
)
export type Refuse = Static<typeof Refuse>

export const DeliveryMessage = Type.Union([Ack, Refuse])
export type DeliveryMessage = Static<typeof DeliveryMessage>
