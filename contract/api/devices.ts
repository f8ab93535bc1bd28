import { type Static, Type } from 'typebox'
import { DeviceErrorKind } from '#contract/device-errors.ts'
import { LocalText } from '#contract/text.ts'
import { closed, GatewayId, Instant, listQuery } from './common.ts'
import { Point } from './points.ts'
import { NodeId } from './tree.ts'

/** Whether the gateway reaches the device. `unknown` until the gateway said so. */
export const DeviceLink = Type.Object(
  {
    state: Type.Union([Type.Literal('up'), Type.Literal('down'), Type.Literal('unknown')]),
    at: Type.Optional(Instant),
    reason: Type.Optional(Type.String()),
  },
  closed,
)
export type DeviceLink = Static<typeof DeviceLink>

/** `id` is `<gateway>/<device>`. */
export const Device = Type.Object(
  {
    id: Type.String(),
    gateway: Type.String(),
    title: LocalText,
    profile: Type.String(),
    vendor: Type.String(),
    model: Type.String(),
    category: Type.String(),
    location: Type.Optional(LocalText),
    /** The place of the organisation tree where it stands. */
    place: Type.Optional(Type.String()),
    link: DeviceLink,
    /** Whether its gateway has a session: without one nothing is heard of the device. */
    gatewayConnected: Type.Boolean(),
    /** Where the gateway finds it: `plant, unit 3`, a topic, a host. */
    address: Type.Optional(Type.String()),
    profileVersion: Type.Optional(Type.String()),
    variant: Type.Optional(Type.String()),
    /** Points of low confidence that nobody has checked at the device yet. */
    hidden: Type.Optional(Type.Array(Type.String())),
    /** Added from the console: it can be changed and removed there. */
    added: Type.Boolean(),
    removedAt: Type.Optional(Instant),
    /** With the newest sample of each. */
    points: Type.Array(Point),
  },
  closed,
)
export type Device = Static<typeof Device>

/** `GET /devices/{gateway}/{device}/links`: the last changes of the link, newest first. */
export const LinkHistory = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          state: Type.Union([Type.Literal('up'), Type.Literal('down')]),
          at: Instant,
          reason: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type LinkHistory = Static<typeof LinkHistory>

/** `GET /devices/{gateway}/{device}/errors`: asked of the gateway, which remembers them from its start on. Newest first. */
export const DeviceErrorList = Type.Object(
  {
    since: Instant,
    items: Type.Array(
      Type.Object(
        {
          kind: DeviceErrorKind,
          place: Type.String({
            description: 'A topic; bus, unit, function and register; a point; an address',
          }),
          text: Type.String({ description: 'What was found the last time' }),
          count: Type.Integer({ minimum: 1 }),
          firstAt: Instant,
          lastAt: Instant,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type DeviceErrorList = Static<typeof DeviceErrorList>

/** `GET /devices` */
export const DevicesQuery = Type.Object(
  {
    gateway: Type.Optional(GatewayId),
    /** Exactly at this place of the organisation tree. */
    place: Type.Optional(NodeId),
    /** Part of an id, a title, a place, a vendor or a model. */
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    ...listQuery,
  },
  closed,
)
export type DevicesQuery = Static<typeof DevicesQuery>

export const DeviceList = Type.Object(
  { items: Type.Array(Device), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type DeviceList = Static<typeof DeviceList>
