import { type Static, Type } from 'typebox'
import { ValueSchema } from '#contract/command.ts'
import { Alarm } from './alarms.ts'
import { IssuedCommand } from './commands.ts'
import { closed } from './common.ts'
import { DeviceLink } from './devices.ts'
import { Gateway } from './gateways.ts'
import { Quality } from './points.ts'

/**
 * `GET /live?since=SEQ` (WebSocket) and `GET /events?since=&wait=25` (long poll). Times here are epoch ms.
 *
 * Take a snapshot over HTTP, then follow from the `seq` known before it. `seq` grows over all topics; the highest one that
 * came in an event or a heartbeat is the place to resume from. It is no reason to drop an event: a `sub` is answered with
 * the alarms, gateways, devices and commands since the client's place, in order and under their numbers of then, and with the newest
 * value of each point under new numbers. So events come again, and applying them again must change nothing: an alarm, a
 * gateway, a link replaces what was known of it, and of a point's updates the newest `t` counts. `resync`, after `hello` or
 * after a `sub`, means that the client's place is gone: take the snapshot again.
 */
export const liveCloseCodes = { goingAway: 1001, policy: 1008, tooSlow: 1013 } as const

const seq = Type.Integer({ minimum: 0 })
const epochMs = Type.Integer()

/**
 * `alarms`, `gateways`, `devices` (link changes), `commands` (each of their steps), `points:<id>` where `<id>` is a point, or `<gateway>/<device>` for all
 * its points, or `<gateway>` for all of that.
 */
export const LiveTopic = Type.String({
  maxLength: 300,
  pattern: '^(alarms|gateways|devices|commands|points:[a-z0-9][^\\s#+*]*)$',
})

/** From the client. At most 1,000 topics at once. */
export const LiveRequest = Type.Union([
  Type.Object({ type: Type.Literal('sub'), topics: Type.Array(LiveTopic, { maxItems: 1000 }) }, closed),
  Type.Object({ type: Type.Literal('unsub'), topics: Type.Array(LiveTopic, { maxItems: 1000 }) }, closed),
])
export type LiveRequest = Static<typeof LiveRequest>

/** Data of `points:<id>`. At most one a second per point, the newest wins. */
export const PointUpdate = Type.Object(
  {
    point: Type.String(),
    t: epochMs,
    value: ValueSchema,
    quality: Quality,
    reason: Type.Optional(Type.String()),
  },
  closed,
)
export type PointUpdate = Static<typeof PointUpdate>

/** Data of `devices`. */
export const DeviceUpdate = Type.Object({ device: Type.String(), link: DeviceLink }, closed)
export type DeviceUpdate = Static<typeof DeviceUpdate>

const event = <T extends string>(topic: T) => ({
  type: Type.Literal('ev'),
  seq,
  topic: Type.Literal(topic),
})

/** `topic` of a point's event is `points:<point id>`, whatever prefix was subscribed. */
export const PointEvent = Type.Object(
  { type: Type.Literal('ev'), seq, topic: Type.String({ pattern: '^points:' }), data: PointUpdate },
  closed,
)
export type PointEvent = Static<typeof PointEvent>
export const AlarmEvent = Type.Object({ ...event('alarms'), data: Alarm }, closed)
export type AlarmEvent = Static<typeof AlarmEvent>
export const GatewayEvent = Type.Object({ ...event('gateways'), data: Gateway }, closed)
export type GatewayEvent = Static<typeof GatewayEvent>
export const DeviceEvent = Type.Object({ ...event('devices'), data: DeviceUpdate }, closed)
export type DeviceEvent = Static<typeof DeviceEvent>
export const CommandEvent = Type.Object({ ...event('commands'), data: IssuedCommand }, closed)
export type CommandEvent = Static<typeof CommandEvent>

export const LiveEvent = Type.Union([PointEvent, AlarmEvent, GatewayEvent, DeviceEvent, CommandEvent])
export type LiveEvent = Static<typeof LiveEvent>

/** First message. `build` changes with the console's files: offer a reload. `now` is the server's clock. */
export const LiveHello = Type.Object(
  { type: Type.Literal('hello'), seq, now: epochMs, build: Type.String() },
  closed,
)
export const LiveHeartbeat = Type.Object({ type: Type.Literal('hb'), seq, now: epochMs }, closed)
export const LiveResync = Type.Object({ type: Type.Literal('resync') }, closed)
/** Before the server closes. `UNAUTHENTICATED`: sign in again; `SHUTDOWN`, `TOO_SLOW`: connect again. */
export const LiveBye = Type.Object({ type: Type.Literal('bye'), code: Type.String() }, closed)
/** The client's message was not understood; nothing changed. */
export const LiveProblem = Type.Object(
  { type: Type.Literal('error'), code: Type.String(), message: Type.String() },
  closed,
)

export const LiveMessage = Type.Union([
  PointEvent,
  AlarmEvent,
  GatewayEvent,
  DeviceEvent,
  CommandEvent,
  LiveHello,
  LiveHeartbeat,
  LiveResync,
  LiveBye,
  LiveProblem,
])
export type LiveMessage = Static<typeof LiveMessage>

/** `GET /live` */
export const LiveQuery = Type.Object({ since: Type.Optional(Type.Integer({ minimum: 0 })) }, closed)
export type LiveQuery = Static<typeof LiveQuery>

/** `GET /events`: answers at once when something is there, after `wait` seconds at the latest. */
export const EventsQuery = Type.Object(
  {
    since: Type.Optional(Type.Integer({ minimum: 0 })),
    wait: Type.Optional(Type.Integer({ minimum: 0, maximum: 60, default: 25 })),
    /** May be given several times; `alarms` and `gateways` when absent. */
    topic: Type.Optional(Type.Array(LiveTopic, { maxItems: 100 })),
  },
  closed,
)
export type EventsQuery = Static<typeof EventsQuery>

export const Events = Type.Object(
  { seq, now: epochMs, build: Type.String(), resync: Type.Boolean(), events: Type.Array(LiveEvent) },
  closed,
)
export type Events = Static<typeof Events>
