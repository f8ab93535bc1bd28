import { type Static, Type } from 'typebox'
import { LocalText } from '#contract/text.ts'
import { closed, Instant, listQuery } from './common.ts'

const count = Type.Integer({ minimum: 0 })

/** What waits on the gateway, per lane. */
export const LaneBacklog = Type.Object(
  {
    lane: Type.Union([Type.Literal('events'), Type.Literal('live'), Type.Literal('backfill')]),
    batches: count,
    samples: count,
    bytes: count,
    oldestAt: Type.Optional(Instant),
    drainPerS: Type.Number(),
  },
  closed,
)
export type LaneBacklog = Static<typeof LaneBacklog>

/** What the gateway last said about itself. Old when `at` is old: it is kept while the gateway is away. */
export const GatewayStatus = Type.Object(
  {
    at: Instant,
    backlog: Type.Array(LaneBacklog),
    diskBudget: count,
    diskUsed: count,
    /** Hours an outage can last before something is dropped. */
    autonomyH: Type.Optional(Type.Number()),
    devices: Type.Object({ total: count, up: count, down: count }, closed),
    rssBytes: count,
  },
  closed,
)
export type GatewayStatus = Static<typeof GatewayStatus>

export const Gateway = Type.Object(
  {
    id: Type.String(),
    title: LocalText,
    connected: Type.Boolean(),
    /** When the present connection began. */
    connectedAt: Type.Optional(Instant),
    lastSeenAt: Type.Optional(Instant),
    /** Start of the gateway's process. */
    startedAt: Type.Optional(Instant),
    software: Type.Optional(Type.String()),
    runtime: Type.Optional(Type.String()),
    configVersion: Type.Optional(Type.String()),
    catalogueVersion: Type.Optional(Type.String()),
    /** The gateway's clock minus the cloud's. */
    clockOffsetMs: Type.Optional(Type.Integer()),
    status: Type.Optional(GatewayStatus),
  },
  closed,
)
export type Gateway = Static<typeof Gateway>

/** `GET /gateways` */
export const GatewaysQuery = Type.Object(listQuery, closed)
export type GatewaysQuery = Static<typeof GatewaysQuery>

export const GatewayList = Type.Object(
  { items: Type.Array(Gateway), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type GatewayList = Static<typeof GatewayList>
