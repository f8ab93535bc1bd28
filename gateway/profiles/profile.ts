import { type Static, Type } from 'typebox'
import { LocalText } from '#contract/text.ts'
import { Duration } from '#lib/quantity.ts'
import { ModbusBlock, ModbusInput, ModbusOutput, ModbusPointFields } from './modbus.ts'
import { MqttBlock, MqttInput, MqttOutput, MqttPointFields } from './mqtt.ts'
import { closed, oneOf, pointPattern, Scalar } from './point.ts'
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
      { ...comparison, not_equals: Type.Optional(Scalar), stale: Type.Optional(Duration()) },
      closed,
    ),
    for: Type.Optional(Duration()),
    clear: Type.Optional(Type.Object({ ...comparison, for: Type.Optional(Duration()) }, closed)),
    severity: oneOf('info', 'minor', 'major', 'critical'),
    latch: Type.Optional(Type.Boolean()),
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
  },
  closed,
)

const shared = {
  profile: Type.Literal(1, { description: 'Version of this language' }),
  id: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]*(\\.[a-z0-9][a-z0-9-]*)+$',
    maxLength: 100,
    expects: 'an id such as vendor.model, in lower case',
  }),
  version: Type.String({ pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$', expects: 'a version such as 1.0.0' }),
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
  equip: Type.Optional(
    Type.Object(
      {
        brick: Type.String({ maxLength: 60 }),
        haystack: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 16 }),
      },
      closed,
    ),
  ),
  params: Type.Optional(Type.Record(ParamName, Param, { ...closed, maxProperties: 32 })),
  availability: Type.Optional(Availability),
  alarms: Type.Optional(Type.Array(AlarmDefault, { maxItems: 64 })),
  sim: Type.Optional(SimFields),
}
const points = { ...closed, minProperties: 1, maxProperties: 512 } as const
const tests = { minItems: 1, maxItems: 64 } as const

export const ModbusProfile = Type.Object(
  {
    ...shared,
    protocol: Type.Literal('modbus'),
    modbus: ModbusBlock,
    points: Type.Record(PointRef, ModbusPointFields, points),
    tests: Type.Array(ModbusTest, tests),
  },
  closed,
)
export type ModbusProfile = Static<typeof ModbusProfile>

export const MqttProfile = Type.Object(
  {
    ...shared,
    protocol: Type.Literal('mqtt'),
    mqtt: MqttBlock,
    points: Type.Record(PointRef, MqttPointFields, points),
    tests: Type.Array(MqttTest, tests),
  },
  closed,
)
export type MqttProfile = Static<typeof MqttProfile>

export const Profile = Type.Union([ModbusProfile, MqttProfile], {
  title: 'Device profile',
  description: 'A device type as data: where its values are, what they mean, and vectors that prove it',
})
export type Profile = Static<typeof Profile>
