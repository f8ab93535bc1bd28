import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'
import { closed, oneOf, pointFields, writeFields } from './point.ts'

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
    codec: oneOf('json', 'text', 'number'),
    root: Type.Optional(JsonPointer),
    require: Type.Optional(
      Type.Array(
        Type.Object(
          {
            ptr: JsonPointer,
            exists: Type.Optional(Type.Boolean()),
            equals: Type.Optional(
              Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 200 })]),
            ),
          },
          closed,
        ),
        { maxItems: 8 },
      ),
    ),
    retained: oneOf('use', 'state_only', 'ignore'),
    partial: Type.Optional(Type.Boolean({ description: 'A message may leave points out' })),
    max_bytes: Type.Integer({ minimum: 1, maximum: 65_536 }),
    qos: oneOf(0, 1, 2),
  },
  closed,
)
export type MqttTopicFields = Static<typeof MqttTopicFields>

export const MqttTimeFields = Type.Object(
  {
    ptr: JsonPointer,
    /** `auto`: RFC 3339 text or a number of milliseconds, as the message has it. */
    format: oneOf('rfc3339', 'epoch_ms', 'epoch_s', 'auto'),
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
    /** In JSON only whole leaves `$value`, `$seq` and `$param.x` are replaced, typed. */
    payload: Type.Union([
      Type.Object({ json: Type.Unknown() }, closed),
      Type.Object({ text: Type.Literal('$value') }, closed),
    ]),
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
    commands: Type.Optional(Type.Record(TopicId, MqttCommandFields, { ...closed, maxProperties: 16 })),
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
  },
  closed,
)
export const MqttOutput = Type.Object({ topic: topicText, payload: Type.Unknown() }, closed)
