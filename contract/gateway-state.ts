import { type Static, Type } from 'typebox'
import { CalendarReport } from './calendar.ts'
import { Catalogue } from './catalogue.ts'
import { ConfigReport } from './configuration.ts'
import { Stream } from './delivery.ts'

const closed = { additionalProperties: false } as const
const count = Type.Integer({ minimum: 0 })

/** What one stream of one epoch has produced so far: the cloud knows from it what is still owed. */
export const Produced = Type.Object({ stream: Stream, epoch: count, lastSeq: count, samples: count }, closed)
export type Produced = Static<typeof Produced>

export const Backlog = Type.Object(
  {
    lane: Type.Union([Type.Literal('events'), Type.Literal('live'), Type.Literal('backfill')]),
    batches: count,
    samples: count,
    bytes: count,
    /** Source time of the oldest waiting sample, epoch ms. */
    oldestAt: Type.Optional(Type.Integer()),
    /** Samples delivered per second, averaged over the last minute. */
    drainPerS: Type.Number({ minimum: 0 }),
  },
  closed,
)
export type Backlog = Static<typeof Backlog>

/** First message of a session. */
export const Birth = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('birth'),
    /** The gateway's clock when it sent this, epoch ms: the cloud reports a clock that is off. */
    at: Type.Integer(),
    startedAt: Type.Integer(),
    software: Type.String({ maxLength: 60 }),
    runtime: Type.String({ maxLength: 60 }),
    configVersion: Type.String({ maxLength: 64 }),
    catalogueVersion: Type.String({ maxLength: 64 }),
    produced: Type.Array(Produced, { maxItems: 1000 }),
  },
  closed,
)
export type Birth = Static<typeof Birth>

/** The broker publishes this when the session dies (MQTT will); a clean stop publishes it too, with `clean`. */
export const Death = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('death'),
    startedAt: Type.Integer(),
    /** Of this run: with it two machines with one identity are told apart even when they start at the same moment. */
    epoch: Type.Optional(count),
    clean: Type.Boolean(),
  },
  closed,
)
export type Death = Static<typeof Death>

/** Every few seconds while connected. */
export const Status = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('status'),
    at: Type.Integer(),
    backlog: Type.Array(Backlog, { maxItems: 3 }),
    produced: Type.Array(Produced, { maxItems: 1000 }),
    /** Bytes the outbox may use and uses on disk. */
    diskBudget: count,
    diskUsed: count,
    /** How long an outage can last before something is dropped, at the present rate. */
    autonomyH: Type.Optional(Type.Number({ minimum: 0 })),
    devices: Type.Object({ total: count, up: count, down: count }, closed),
    rssBytes: count,
  },
  closed,
)
export type Status = Static<typeof Status>

/** Everything on `up/state`: JSON, QoS 1, not retained. */
export const StateMessage = Type.Union([Birth, Death, Status, Catalogue, ConfigReport, CalendarReport])
export type StateMessage = Static<typeof StateMessage>
