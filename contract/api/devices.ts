import { type Static, Type } from 'typebox'
import { LocalText } from '#contract/text.ts'
import { closed, GatewayId, Instant, listQuery } from './common.ts'
import { Point } from './points.ts'

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
    link: DeviceLink,
    removedAt: Type.Optional(Instant),
    /** With the newest sample of each. */
    points: Type.Array(Point),
  },
  closed,
)
export type Device = Static<typeof Device>

/** `GET /devices` */
export const DevicesQuery = Type.Object(
  {
    gateway: Type.Optional(GatewayId),
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
