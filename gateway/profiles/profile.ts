import { type Static, type TSchema, Type } from 'typebox'
import { LocalText } from '#contract/text.ts'
import { Duration } from '#lib/quantity.ts'
import { ModbusBlock, ModbusInput, ModbusOutput, ModbusPointFields } from './modbus.ts'
import { MqttBlock, MqttHistory, MqttInput, MqttOutput, MqttPointFields } from './mqtt.ts'
import { OnvifBlock, OnvifInput, OnvifOutput, OnvifPointFields } from './onvif.ts'
import { partial } from './partial-schema.ts'
import { closed, Equip, oneOf, pointPattern, Scalar } from './point.ts'
import { SimFields } from './sim-hints.ts'

/**
 * The language in which a device type is described: data only, closed, one file per type. What differs from one
 * installed device to the next is in `params` and comes from the gateway's configuration.
 */
const PointRef = Type.String({ pattern: pointPattern, maxLength: 100 })
const ParamName = Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' })
const help = Type.Optional(Type.String({ maxLength: 300 }))
const required = Type.Optional(Type.Boolean())

export const Param = Type.Union([
  Type.Object(
    {
      type: Type.Literal('number'),
      default: Type.Optional(Type.Number()),
      min: Type.Optional(Type.Number()),
      max: Type.Optional(Type.Number()),
      required,
      help,
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('int'),
      default: Type.Optional(Type.Integer()),
      min: Type.Optional(Type.Integer()),
      max: Type.Optional(Type.Integer()),
      required,
      help,
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('text'),
      default: Type.Optional(Type.String({ maxLength: 100 })),
      /** Which characters may go into a topic: no class lets `+`, `#` or a control character in. */
      chars: oneOf('token', 'path', 'hex16', 'mac'),
      max: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
      required,
      help,
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('enum'),
      options: Type.Array(Type.String({ maxLength: 60 }), { minItems: 1, maxItems: 32 }),
      default: Type.Optional(Type.String({ maxLength: 60 })),
      required,
      help,
    },
    closed,
  ),
  Type.Object(
    {
      type: Type.Literal('int_set'),
      default: Type.Optional(Type.Array(Type.Integer(), { maxItems: 256 })),
      min: Type.Optional(Type.Integer()),
      max: Type.Optional(Type.Integer()),
      required,
      help,
    },
    closed,
  ),
])
export type Param = Static<typeof Param>

const Availability = Type.Object(
  {
    fail_after: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    recover_after: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    silence: Type.Optional(Duration({ description: 'Nothing for this long means gone' })),
    probe: Type.Optional(PointRef),
  },
  closed,
)

const comparison = {
  above: Type.Optional(Type.Number()),
  below: Type.Optional(Type.Number()),
  equals: Type.Optional(Scalar),
}
export const AlarmDefault = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }),
    point: PointRef,
    when: Type.Object(
      {
        ...comparison,
        not_equals: Type.Optional(Scalar),
        stale: Type.Optional(Duration()),
        delta_above: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
      },
      { ...closed, minProperties: 1, maxProperties: 1, description: 'One condition about one point' },
    ),
    for: Type.Optional(Duration()),
    clear: Type.Optional(Type.Object({ ...comparison, for: Type.Optional(Duration()) }, closed)),
    severity: oneOf('info', 'minor', 'major', 'critical'),
    latch: Type.Optional(Type.Boolean({ description: 'Stays until a person has seen it' })),
    life_safety: Type.Optional(
      Type.Boolean({
        description: 'Nobody may put it aside; only for what the name of the point does not say already',
      }),
    ),
    repeat: Type.Optional(Type.Union([Type.Literal('never'), Duration()])),
    category: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_.]{0,39}$' })),
    text: Type.Optional(LocalText),
  },
  closed,
)

const Expected = Type.Union([
  Type.Object({ value: Scalar, within: Type.Optional(Type.Number({ minimum: 0 })) }, closed),
  Type.Object({ quality: oneOf('bad:missing', 'bad:range', 'bad:map', 'bad:decode') }, closed),
])
const testFields = {
  name: Type.String({ minLength: 1, maxLength: 120 }),
  source: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Where the vector comes from, if not in the name',
    }),
  ),
  variant: Type.Optional(Type.String({ maxLength: 40 })),
  params: Type.Optional(Type.Record(ParamName, Type.Unknown(), closed)),
  expect: Type.Optional(Type.Record(PointRef, Expected, closed)),
  /** Points that this input must not touch. */
  none: Type.Optional(Type.Array(PointRef, { maxItems: 64 })),
  /** Source time the input must be given, where the protocol carries one. */
  at: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339' })),
  write: Type.Optional(Type.Record(PointRef, Scalar, { ...closed, minProperties: 1, maxProperties: 1 })),
}
export const ModbusTest = Type.Object(
  {
    ...testFields,
    modbus: Type.Optional(ModbusInput),
    modbus_out: Type.Optional(ModbusOutput),
  },
  closed,
)
export const MqttTest = Type.Object(
  {
    ...testFields,
    mqtt: Type.Optional(MqttInput),
    mqtt_out: Type.Optional(MqttOutput),
    history: Type.Optional(MqttHistory),
  },
  closed,
)

export const OnvifTest = Type.Object(
  {
    ...testFields,
    onvif: Type.Optional(OnvifInput),
    onvif_out: Type.Optional(OnvifOutput),
  },
  closed,
)

/** `id` of a profile, also of the one it extends. */
const ProfileId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]*(\\.[a-z0-9][a-z0-9-]*)+$',
  maxLength: 100,
  expects: 'an id such as vendor.model, in lower case',
})

/** When an overlay is taken: by a person, by a parameter, or proposed after the device's own registers were read. */
const Select = Type.Union([
  Type.Literal('manual'),
  Type.Literal('identify'),
  Type.Object({ param: ParamName, is: Type.Union([Type.String({ maxLength: 60 }), Type.Number()]) }, closed),
])
export type Select = Static<typeof Select>

const shared = {
  profile: Type.Literal(1, { description: 'Version of this language' }),
  id: ProfileId,
  version: Type.String({ pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$', expects: 'a version such as 1.0.0' }),
  extends: Type.Optional(ProfileId),
  abstract: Type.Optional(Type.Literal(true, { description: 'Only to be extended' })),
  title: LocalText,
  vendor: Type.String({ minLength: 1, maxLength: 100 }),
  models: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 64 }),
  category: oneOf(
    'meter.electric',
    'meter.water',
    'light.gateway',
    'light',
    'relay',
    'io',
    'sensor.env',
    'sensor.safety',
    'camera',
    'access',
    'hvac',
    'wearable',
    'button',
    'gateway',
  ),
  provenance: Type.Array(
    Type.Object(
      {
        ref: Type.String({ minLength: 1, maxLength: 300 }),
        confidence: oneOf('high', 'medium', 'low'),
        note: Type.Optional(Type.String({ maxLength: 300 })),
      },
      closed,
    ),
    { minItems: 1, maxItems: 16 },
  ),
  equip: Type.Optional(Equip),
  params: Type.Optional(Type.Record(ParamName, Param, { ...closed, maxProperties: 32 })),
  availability: Type.Optional(Availability),
  alarms: Type.Optional(Type.Array(AlarmDefault, { maxItems: 64 })),
  sim: Type.Optional(SimFields),
}
const points = { ...closed, minProperties: 1, maxProperties: 512 } as const
const tests = { minItems: 1, maxItems: 64 } as const

type Fields = Record<string, TSchema>

/** The same keys for every protocol; a variant may lay any of `overlaid` over them. */
function fieldsOf<const F extends Fields>(block: F) {
  const overlaid = {
    title: LocalText,
    models: shared.models,
    equip: Equip,
    availability: Availability,
    alarms: shared.alarms,
    sim: SimFields,
    ...block,
  }
  return {
    ...shared,
    variants: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^(?!default$)[a-z][a-z0-9_]{0,39}$', expects: 'a name of a variant' }),
        Type.Unsafe<{ select: Select }>(
          partial({ ...Type.Object(overlaid, closed) }, { select: Select }) as TSchema,
        ),
        { ...closed, maxProperties: 16 },
      ),
    ),
    ...block,
  }
}

export const ModbusProfile = Type.Object(
  {
    ...fieldsOf({ modbus: ModbusBlock, points: Type.Record(PointRef, ModbusPointFields, points) }),
    protocol: Type.Literal('modbus'),
    tests: Type.Array(ModbusTest, tests),
  },
  closed,
)
export type ModbusProfile = Static<typeof ModbusProfile>

export const MqttProfile = Type.Object(
  {
    ...fieldsOf({ mqtt: MqttBlock, points: Type.Record(PointRef, MqttPointFields, points) }),
    protocol: Type.Literal('mqtt'),
    tests: Type.Array(MqttTest, tests),
  },
  closed,
)
export type MqttProfile = Static<typeof MqttProfile>

export const OnvifProfile = Type.Object(
  {
    ...fieldsOf({ onvif: OnvifBlock, points: Type.Record(PointRef, OnvifPointFields, points) }),
    protocol: Type.Literal('onvif'),
    tests: Type.Array(OnvifTest, tests),
  },
  closed,
)
export type OnvifProfile = Static<typeof OnvifProfile>

/** Checked by protocol, because a union would be explained three times over. */
export const profileSchemas = { modbus: ModbusProfile, mqtt: MqttProfile, onvif: OnvifProfile } as const
export type Profile = ModbusProfile | MqttProfile | OnvifProfile
