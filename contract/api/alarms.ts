import { type Static, Type } from 'typebox'
import { ValueSchema } from '#contract/command.ts'
import { Priority } from '#contract/events.ts'
import { LocalText } from '#contract/text.ts'
import { closed, GatewayId, Instant, listQuery } from './common.ts'

/** One occurrence of an alarm, from its raise to its clear. `id` is `<gateway>/<occurrence>`. */
export const Alarm = Type.Object(
  {
    id: Type.String(),
    gateway: Type.String(),
    rule: Type.String(),
    /** `<gateway>/<device>/<point>`; `<gateway>` alone where the cloud found something wrong with the gateway itself. */
    point: Type.String(),
    priority: Priority,
    title: LocalText,
    state: Type.Union([Type.Literal('raised'), Type.Literal('cleared')]),
    /** Absent while only the clear has arrived. */
    raisedAt: Type.Optional(Instant),
    clearedAt: Type.Optional(Instant),
    /** The value that raised it. */
    value: ValueSchema,
    limit: Type.Optional(Type.Number()),
    /** When the cloud heard of it first. */
    receivedAt: Instant,
  },
  closed,
)
export type Alarm = Static<typeof Alarm>

/** `GET /alarms`: newest first. `open` (the default) leaves out what has cleared. */
export const AlarmsQuery = Type.Object(
  {
    state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('all')], { default: 'open' })),
    priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
    gateway: Type.Optional(GatewayId),
    ...listQuery,
  },
  closed,
)
export type AlarmsQuery = Static<typeof AlarmsQuery>

/** `seq` is the live stream's number at the time of reading: go on from there with `GET /live?since=`. */
export const AlarmList = Type.Object(
  { items: Type.Array(Alarm), nextCursor: Type.Optional(Type.String()), seq: Type.Integer() },
  closed,
)
export type AlarmList = Static<typeof AlarmList>
