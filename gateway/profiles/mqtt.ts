import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'
import { closed, Each, oneOf, pointFields, pointPattern, Scalar, writeFields } from './point.ts'

/** The MQTT words of the profile language. `<param>` in a topic is filled in from the instance. */
const topicText = Type.String({ minLength: 1, maxLength: 300 })
export const JsonPointer = Type.String({
  pattern: '^(/[^/]*)*$',
  maxLength: 200,
  description: 'RFC 6901; empty for the whole payload',
})
const TopicId = Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' })

export const MqttTopicFields = Type.Object(
  {
    filter: topicText,
    also: Type.Optional(
      Type.Array(topicText, { minItems: 1, maxItems: 4, description: 'More topics with the same messages' }),
    ),
    each: Type.Optional(Each),
    codec: {
      ...oneOf('json', 'text', 'number', 'sparkplugb'),
      description: 'sparkplugb: read as { timestamp, seq, metrics: { name: value } }',
    },
    root: Type.Optional(JsonPointer),
    require: Type.Optional(
      Type.Array(
        Type.Object(
          {
            ptr: JsonPointer,
            exists: Type.Optional(Type.Boolean()),
            equals: Type.Optional(Scalar),
            in: Type.Optional(Type.Array(Scalar, { minItems: 1, maxItems: 32 })),
          },
          closed,
        ),
        { maxItems: 8, description: 'Other messages of this topic are not for us' },
      ),
    ),
    retained: {
      ...oneOf('use', 'state_only', 'ignore'),
      description:
        'A kept message is state and never news. use: also a sign of life if its own time is young; state_only: not; ignore: dropped',
    },
    partial: Type.Optional(Type.Boolean({ description: 'A message may leave points out' })),
    max_bytes: Type.Integer({ minimum: 1, maximum: 65_536 }),
    qos: oneOf(0, 1, 2),
  },
  closed,
)
export type MqttTopicFields = Static<typeof MqttTopicFields>

const timeFormat = {
  ...oneOf('rfc3339', 'epoch_ms', 'epoch_s', 'local', 'auto'),
  description: "local: date and time without offset, in the gateway's zone; auto: RFC 3339 or milliseconds",
}

export const MqttTimeFields = Type.Object(
  {
    ptr: JsonPointer,
    format: timeFormat,
    max_skew: Duration(),
    else: Type.Literal('receive'),
  },
  closed,
)

export const MqttAvailabilityFields = Type.Object(
  {
    topic: topicText,
    ptr: Type.Optional(JsonPointer),
    online: Type.Array(Type.Union([Type.String({ maxLength: 60 }), Type.Boolean()]), {
      minItems: 1,
      maxItems: 8,
    }),
    offline: Type.Array(Type.Union([Type.String({ maxLength: 60 }), Type.Boolean()]), {
      minItems: 1,
      maxItems: 8,
    }),
  },
  closed,
)

export const MqttCommandFields = Type.Object(
  {
    topic: topicText,
    qos: oneOf(0, 1),
    retain: Type.Literal(false),
    /** In JSON only whole leaves `$value`, `$seq`, `$n`, `$m`, `$i` and `$param.x` are replaced, typed. */
    payload: Type.Union([
      Type.Object({ json: Type.Unknown() }, closed),
      Type.Object({ text: Type.Literal('$value') }, closed),
    ]),
    ack: Type.Optional(
      Type.Object(
        {
          topic: topicText,
          match: Type.Optional(Type.Object({ ptr: JsonPointer, equals: Scalar }, closed)),
          error_ptr: Type.Optional(JsonPointer),
          within: Duration(),
        },
        { ...closed, description: "The device's own answer to the message" },
      ),
    ),
  },
  closed,
)
export type MqttCommandFields = Static<typeof MqttCommandFields>

export const MqttPointFields = Type.Object(
  {
    ...pointFields,
    from: Type.Optional(
      Type.Object({ topic: TopicId, ptr: JsonPointer, as: oneOf('number', 'bool', 'text') }, closed),
    ),
    write: Type.Optional(Type.Object({ command: TopicId, ...writeFields }, closed)),
  },
  closed,
)
export type MqttPointFields = Static<typeof MqttPointFields>

/** History inside a message: a list whose entries carry their own time. Never news, never an alarm. */
export const MqttBackfillFields = Type.Object(
  {
    topic: TopicId,
    ptr: JsonPointer,
    time: Type.Object({ ptr: JsonPointer, format: timeFormat }, closed),
    points: Type.Record(Type.String({ pattern: pointPattern, maxLength: 100 }), JsonPointer, {
      ...closed,
      minProperties: 1,
      description: 'Point → pointer below the entry',
    }),
  },
  closed,
)

/**
 * Which devices that make themselves known are of this kind, so that the gateway can propose them; the driver knows how
 * each of the sources speaks. Nobody is added by it.
 */
export const MqttDiscoveryFields = Type.Object(
  {
    source: oneOf('zigbee2mqtt', 'shelly_gen1', 'shelly_gen2', 'tasmota', 'homeassistant', 'chirpstack'),
    models: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        ...{ minItems: 1, maxItems: 200 },
        description: 'Any of these, exactly as announced; beats every list of features',
      }),
    ),
    features: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 60 }), {
        ...{ minItems: 1, maxItems: 16 },
        description: 'All of these; the longest list that fits wins',
      }),
    ),
    params: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }),
        Type.Union([Type.Number(), Type.String({ maxLength: 200 })]),
        { ...closed, description: 'Parameters that follow from it' },
      ),
    ),
  },
  closed,
)
export type MqttDiscoveryFields = Static<typeof MqttDiscoveryFields>

export const MqttBlock = Type.Object(
  {
    topics: Type.Record(TopicId, MqttTopicFields, { ...closed, minProperties: 1, maxProperties: 16 }),
    time: Type.Optional(MqttTimeFields),
    dedupe: Type.Optional(
      Type.Object({ ptr: Type.Array(JsonPointer, { minItems: 1, maxItems: 8 }), window: Duration() }, closed),
    ),
    availability: Type.Optional(
      Type.Object(
        { sources: Type.Array(MqttAvailabilityFields, { minItems: 1, maxItems: 8 }) },
        { ...closed, description: 'Online only while every source says so' },
      ),
    ),
    backfill: Type.Optional(Type.Array(MqttBackfillFields, { maxItems: 8 })),
    commands: Type.Optional(Type.Record(TopicId, MqttCommandFields, { ...closed, maxProperties: 16 })),
    discovery: Type.Optional(Type.Array(MqttDiscoveryFields, { minItems: 1, maxItems: 32 })),
  },
  closed,
)
export type MqttBlock = Static<typeof MqttBlock>

/** Golden vectors: one message in, or the message a write must send. */
export const MqttInput = Type.Object(
  {
    topic: topicText,
    payload: Type.Optional(Type.Unknown()),
    payload_text: Type.Optional(Type.String({ maxLength: 65_536 })),
    payload_base64: Type.Optional(Type.String({ maxLength: 90_000 })),
  },
  closed,
)
export const MqttOutput = Type.Object({ topic: topicText, payload: Type.Unknown() }, closed)

/** Entries of a device's memory that the message must give, each under its own time. */
export const MqttHistory = Type.Array(
  Type.Object(
    {
      point: Type.String({ pattern: pointPattern, maxLength: 100 }),
      at: Type.String({ maxLength: 40, description: 'RFC 3339' }),
      value: Scalar,
    },
    closed,
  ),
  { minItems: 1, maxItems: 64 },
)
