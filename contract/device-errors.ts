import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const

/** What went wrong with a device, by what a person should do about it. */
export const DeviceErrorKind = Type.Union([
  /** An MQTT message that could not be used. */
  Type.Literal('payload_refused'),
  Type.Literal('payload_duplicate'),
  /** The device's own time cannot be right. */
  Type.Literal('clock_wrong'),
  /** A whole bus cannot be reached. */
  Type.Literal('bus_lost'),
  Type.Literal('no_answer'),
  /** A wrong checksum, half a frame, an answer to something else. */
  Type.Literal('damaged_answer'),
  /** It answered and refuses: a Modbus exception, an ONVIF fault. */
  Type.Literal('refused'),
  /** Points that the device does not have; asked again after an hour. */
  Type.Literal('points_parked'),
  Type.Literal('wrong_device'),
  /** A one-time setting of the profile, or a scale that the device keeps. */
  Type.Literal('setup_missing'),
  Type.Literal('login_refused'),
  Type.Literal('not_onvif'),
  Type.Literal('events_lost'),
  Type.Literal('write_failed'),
  /** It took a value and shows another one. */
  Type.Literal('not_verified'),
])
export type DeviceErrorKind = Static<typeof DeviceErrorKind>

/** What went wrong in one way at one place, however often. */
export const DeviceError = Type.Object(
  {
    kind: DeviceErrorKind,
    /** Where: a topic, `plant · 3 · FC3 holding 40`, a point, a camera's address. */
    place: Type.String({ maxLength: 200 }),
    /** What was found the last time, for the person at the device. */
    text: Type.String({ maxLength: 300 }),
    count: Type.Integer({ minimum: 1 }),
    /** Epoch ms by the gateway's clock. */
    firstAt: Type.Integer(),
    lastAt: Type.Integer(),
  },
  closed,
)
export type DeviceError = Static<typeof DeviceError>

/** Kinds and places that are remembered of one device; the one that is longest ago goes first. */
export const maxErrorsPerDevice = 20

/** One such event, as whoever meets it says it. Never with a password: people look at it. */
export type Trouble = Pick<DeviceError, 'kind' | 'place' | 'text'>
