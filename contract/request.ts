/**
 * What the cloud asks a gateway while a person waits: which profiles it has, what answers on its lines, to add a device.
 * Neither side stores a request: it is answered within its time or not at all. Values and commands travel elsewhere.
 */
import { type Static, Type } from 'typebox'
import { BusReport } from './bus-report.ts'
import { ValueSchema } from './command.ts'
import { DeviceError, maxErrorsPerDevice } from './device-errors.ts'
import { LocalText } from './text.ts'

const closed = { additionalProperties: false } as const
const RequestId = Type.String({ minLength: 1, maxLength: 64 })
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}$' })
const count = Type.Integer({ minimum: 0 })
const text = Type.String({ maxLength: 500 })

/**
 * A device as it would stand in the gateway's configuration. Open here: the gateway explains what is wrong with it, in
 * the same words as for its file.
 */
export const DeviceDraft = Type.Record(Type.String({ maxLength: 40 }), Type.Unknown(), { maxProperties: 40 })
export type DeviceDraft = Static<typeof DeviceDraft>

/** What may be changed of a device later; null takes the value away. */
export const DeviceChanges = Type.Object(
  {
    title: Type.Optional(Type.Union([LocalText, Type.Null()])),
    location: Type.Optional(Type.Union([LocalText, Type.Null()])),
    /** Points of low confidence that a person checked at the device; replaces the list. */
    confirmed: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 512 })),
  },
  closed,
)
export type DeviceChanges = Static<typeof DeviceChanges>

const head = {
  v: Type.Literal(1),
  id: RequestId,
  /** Epoch ms; by the gateway's clock. Too late, it is refused and nothing is done. */
  expiresAt: Type.Integer(),
}

export const ProfilesRequest = Type.Object({ ...head, kind: Type.Literal('profiles') }, closed)
export const BusesRequest = Type.Object({ ...head, kind: Type.Literal('buses') }, closed)
export const ProposalsRequest = Type.Object({ ...head, kind: Type.Literal('proposals') }, closed)
export const ScanRequest = Type.Object(
  {
    ...head,
    kind: Type.Literal('scan'),
    bus: Id,
    first: Type.Integer({ minimum: 1, maximum: 247 }),
    last: Type.Integer({ minimum: 1, maximum: 247 }),
  },
  closed,
)
/** Ends a scan or a test read; it answers with what it has. */
export const CancelRequest = Type.Object(
  { ...head, kind: Type.Literal('cancel'), request: RequestId },
  closed,
)
export const ProbeRequest = Type.Object({ ...head, kind: Type.Literal('probe'), device: DeviceDraft }, closed)
export const AddDeviceRequest = Type.Object(
  { ...head, kind: Type.Literal('add-device'), device: DeviceDraft },
  closed,
)
export const UpdateDeviceRequest = Type.Object(
  { ...head, kind: Type.Literal('update-device'), device: Id, changes: DeviceChanges },
  closed,
)
export const RemoveDeviceRequest = Type.Object(
  { ...head, kind: Type.Literal('remove-device'), device: Id },
  closed,
)
/** What went wrong with a device lately. */
export const DeviceErrorsRequest = Type.Object(
  { ...head, kind: Type.Literal('device-errors'), device: Id },
  closed,
)

/** Sent on `down/request`, QoS 1, kept by nobody. */
export const Request = Type.Union([
  ProfilesRequest,
  BusesRequest,
  ProposalsRequest,
  ScanRequest,
  CancelRequest,
  ProbeRequest,
  AddDeviceRequest,
  UpdateDeviceRequest,
  RemoveDeviceRequest,
  DeviceErrorsRequest,
])
export type Request = Static<typeof Request>
export type RequestKind = Request['kind']
/** What a request says besides its id and its time. */
export type Question = DistributiveOmit<Request, 'v' | 'id' | 'expiresAt'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

export const Protocol = Type.Union([Type.Literal('modbus'), Type.Literal('mqtt'), Type.Literal('onvif')])
export type Protocol = Static<typeof Protocol>

/** One parameter that an installed device gives its profile; a form is drawn from it. */
export const ProfileParam = Type.Object(
  {
    name: Type.String({ maxLength: 40 }),
    type: Type.Union([
      Type.Literal('number'),
      Type.Literal('int'),
      Type.Literal('text'),
      Type.Literal('enum'),
      Type.Literal('int_set'),
    ]),
    required: Type.Boolean(),
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    options: Type.Optional(Type.Array(Type.String({ maxLength: 60 }), { maxItems: 32 })),
    default: Type.Optional(
      Type.Union([Type.Number(), Type.String({ maxLength: 100 }), Type.Array(Type.Integer())]),
    ),
    help: Type.Optional(text),
  },
  closed,
)
export type ProfileParam = Static<typeof ProfileParam>

/** A profile that a device can be added with. */
export const ProfileInfo = Type.Object(
  {
    id: Type.String({ maxLength: 100 }),
    version: Type.String({ maxLength: 20 }),
    title: LocalText,
    vendor: Type.String({ maxLength: 100 }),
    models: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 64 }),
    category: Type.String({ maxLength: 60 }),
    protocol: Protocol,
    params: Type.Array(ProfileParam, { maxItems: 32 }),
    /** Names an instance may choose between. */
    variants: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 32 }),
    points: count,
    /** Points that stay hidden until a person has checked them at the device; templates as they stand in the profile. */
    lowConfidence: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 512 }),
    unit: Type.Optional(Type.Object({ default: count, min: count, max: count }, closed)),
  },
  closed,
)
export type ProfileInfo = Static<typeof ProfileInfo>

/** A line with polled devices, or what MQTT and camera devices come over. */
export const BusInfo = Type.Object(
  {
    id: Type.String({ maxLength: 63 }),
    /** `modbus-tcp`, `modbus-rtu`, … as in the gateway's configuration. */
    protocol: Type.String({ maxLength: 40 }),
    /** `127.0.0.1:502` or `/dev/ttyUSB0 9600 8N1`. */
    address: Type.String({ maxLength: 300 }),
    devices: count,
    /** Absent until the line was up once. */
    report: Type.Optional(BusReport),
  },
  closed,
)
export type BusInfo = Static<typeof BusInfo>

export const ScannedUnit = Type.Object(
  {
    unit: Type.Integer({ minimum: 0, maximum: 255 }),
    answered: Type.Boolean(),
    /** What it said of itself, or how it refused. */
    text: Type.Optional(text),
    /** A configured device that has this unit. */
    device: Type.Optional(Type.String({ maxLength: 63 })),
  },
  closed,
)
export type ScannedUnit = Static<typeof ScannedUnit>

/** A device that says it is there and that nobody added. Its words are a stranger's. */
export const DeviceProposal = Type.Object(
  {
    key: Type.String({ maxLength: 300 }),
    protocol: Protocol,
    profile: Type.Optional(Type.String({ maxLength: 100 })),
    name: Type.String({ maxLength: 200 }),
    model: Type.Optional(Type.String({ maxLength: 200 })),
    /** Where it was heard: a topic, an address. */
    source: Type.Optional(Type.String({ maxLength: 300 })),
    /** What is known for the configuration. */
    instance: DeviceDraft,
    seenAt: Type.Integer(),
  },
  closed,
)
export type DeviceProposal = Static<typeof DeviceProposal>

/** One point of a test read: what came beside what it means. */
export const ProbedPoint = Type.Object(
  {
    point: Type.String({ maxLength: 128 }),
    title: LocalText,
    unit: Type.String({ maxLength: 40 }),
    kind: Type.String({ maxLength: 20 }),
    /** `0x4366 0x3333`, a JSON leaf; absent where nothing came. */
    raw: Type.Optional(text),
    value: ValueSchema,
    quality: Type.Union([Type.Literal('good'), Type.Literal('bad'), Type.Literal('stale')]),
    reason: Type.Optional(text),
    /** Hidden until a person has checked it at the device. */
    lowConfidence: Type.Boolean(),
    /** It can be written, too. */
    writable: Type.Boolean(),
  },
  closed,
)
export type ProbedPoint = Static<typeof ProbedPoint>

export const Identity = Type.Object(
  { fits: Type.Boolean(), text, variant: Type.Optional(Type.String({ maxLength: 60 })) },
  closed,
)
export type Identity = Static<typeof Identity>

export const ReplyBody = Type.Union([
  Type.Object({ kind: Type.Literal('profiles'), profiles: Type.Array(ProfileInfo) }, closed),
  Type.Object({ kind: Type.Literal('buses'), buses: Type.Array(BusInfo) }, closed),
  Type.Object({ kind: Type.Literal('proposals'), proposals: Type.Array(DeviceProposal) }, closed),
  /** `units` since the part before. */
  Type.Object(
    { kind: Type.Literal('scan'), done: count, total: count, units: Type.Array(ScannedUnit) },
    closed,
  ),
  Type.Object({ kind: Type.Literal('cancel'), found: Type.Boolean() }, closed),
  Type.Object(
    {
      kind: Type.Literal('probe'),
      vendor: Type.String({ maxLength: 100 }),
      model: Type.String({ maxLength: 100 }),
      category: Type.String({ maxLength: 60 }),
      identity: Type.Optional(Identity),
      points: Type.Array(ProbedPoint),
    },
    closed,
  ),
  /** The device is there, changed or gone, and the gateway runs with it. */
  Type.Object({ kind: Type.Literal('device'), device: Id }, closed),
  /** The newest first, since the gateway was started. */
  Type.Object(
    {
      kind: Type.Literal('device-errors'),
      since: Type.Integer(),
      errors: Type.Array(DeviceError, { maxItems: maxErrorsPerDevice }),
    },
    closed,
  ),
])
export type ReplyBody = Static<typeof ReplyBody>

/** `path` is relative to what was asked: `unit`, `params.name`. */
export const DraftProblem = Type.Object(
  { path: Type.String({ maxLength: 200 }), message: Type.String({ maxLength: 500 }) },
  closed,
)
export type DraftProblem = Static<typeof DraftProblem>

/** Sent on `up/reply`, QoS 1. A long answer and a slow one come in parts, `part` 0, 1, …; the lists of all parts together count. */
export const Reply = Type.Union([
  Type.Object(
    {
      v: Type.Literal(1),
      id: RequestId,
      part: count,
      last: Type.Boolean(),
      ok: Type.Literal(true),
      body: ReplyBody,
    },
    closed,
  ),
  /** Nothing was changed. */
  Type.Object(
    {
      v: Type.Literal(1),
      id: RequestId,
      part: count,
      last: Type.Literal(true),
      ok: Type.Literal(false),
      code: Type.String({ maxLength: 40 }),
      message: Type.String({ maxLength: 1000 }),
      problems: Type.Optional(Type.Array(DraftProblem, { maxItems: 100 })),
    },
    closed,
  ),
])
export type Reply = Static<typeof Reply>
