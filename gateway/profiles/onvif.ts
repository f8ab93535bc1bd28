import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'
import { onvifQuirks } from './device.ts'
import { closed, oneOf, pointFields, pointPattern, Scalar, writeFields } from './point.ts'

/** The ONVIF words of the profile language. The host, a recorder's channel and the password are the instance's. */
const word = Type.String({ minLength: 1, maxLength: 100 })
const words = (maxItems = 16) => Type.Array(word, { maxItems })

/** `<source>` is the number of the input or channel that the message names; a point with `<n>` takes it. */
const EventPoint = Type.String({
  pattern: `${pointPattern}|^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)*\\.<source>$`,
  maxLength: 100,
  expects: 'a point such as motion or input.<source>',
})

export const OnvifEventFields = Type.Object(
  {
    topic: Type.String({
      pattern: '^(\\*|[A-Za-z0-9_-]+)(/(\\*|[A-Za-z0-9_-]+))*$',
      maxLength: 200,
      expects: 'topic segments without prefix, such as RuleEngine/CellMotionDetector/Motion',
      description: 'Segments without their prefix; * is exactly one',
    }),
    source_items: Type.Optional(words()),
    source: Type.Optional(
      Type.Record(word, word, { ...closed, description: 'Only messages whose source holds these' }),
    ),
    data: Type.Array(word, { minItems: 1, maxItems: 8, description: 'The first that is there is the value' }),
    point: EventPoint,
    mode: oneOf('state', 'pulse', 'value'),
    hold: Type.Optional(
      Duration({ description: 'A state that is not confirmed again falls back after this' }),
    ),
    ignore_initialized: Type.Optional(Type.Boolean()),
    min_interval: Type.Optional(Duration()),
  },
  closed,
)
export type OnvifEventFields = Static<typeof OnvifEventFields>

export const OnvifPointFields = Type.Object(
  {
    ...pointFields,
    from: Type.Optional(
      Type.Union([
        Type.Object(
          {
            derived: {
              ...oneOf('event', 'availability', 'events', 'clock_offset'),
              description: 'event: an entry of events fills it; the others are what the driver knows itself',
            },
          },
          closed,
        ),
        Type.Object({ imaging: oneOf('brightness') }, closed),
      ]),
    ),
    write: Type.Optional(
      Type.Object(
        {
          to: Type.Union([
            Type.Object(
              { output: word },
              { ...closed, description: 'Token of a relay, or <n>: its number in the list of the camera' },
            ),
            Type.Object({ imaging: oneOf('brightness') }, closed),
            Type.Object({ ptz: oneOf('preset', 'move') }, closed),
          ]),
          ...writeFields,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type OnvifPointFields = Static<typeof OnvifPointFields>

export const OnvifBlock = Type.Object(
  {
    services: Type.Object(
      {
        port: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
          minItems: 1,
          maxItems: 8,
          description: 'Tried in this order',
        }),
        auth: oneOf('digest', 'wsse', 'both'),
        clock_offset: Type.Optional(oneOf('auto', 'none')),
      },
      closed,
    ),
    subscription: Type.Object(
      {
        mode: Type.Literal('pullpoint'),
        pull_timeout: Duration(),
        limit: Type.Integer({ minimum: 1, maximum: 1000 }),
        termination: Duration(),
        renew_before: Duration(),
        sync: Type.Boolean(),
        host: { ...oneOf('advertised', 'device'), description: 'Where the subscription is asked for' },
        restart_backoff: Type.Array(Duration(), { minItems: 2, maxItems: 2 }),
      },
      closed,
    ),
    channels: Type.Object(
      {
        source_items: words(),
        ignore_items: Type.Optional(words()),
        token_map: Type.Union([
          Type.Literal('auto'),
          Type.Array(Type.Array(Type.Union([word, Type.Integer()]), { minItems: 2, maxItems: 2 }), {
            maxItems: 256,
          }),
        ]),
        key_items: Type.Optional(words()),
      },
      closed,
    ),
    truth: Type.Object(
      {
        true: Type.Array(Scalar, { minItems: 1, maxItems: 16 }),
        false: Type.Array(Scalar, { minItems: 1, maxItems: 16 }),
      },
      closed,
    ),
    events: Type.Array(OnvifEventFields, { minItems: 1, maxItems: 128 }),
    snapshot: Type.Object(
      {
        order: Type.Array(oneOf('onvif', 'http', 'rtsp_frame'), { minItems: 1, maxItems: 3 }),
        http_paths: Type.Optional(
          Type.Array(Type.String({ pattern: '^/', maxLength: 200 }), { maxItems: 8 }),
        ),
        rewrite_host: Type.Boolean(),
        max_rate: Duration({ description: 'Not more often than this' }),
        timeout: Duration(),
      },
      closed,
    ),
    streams: Type.Optional(
      Type.Object(
        {
          profiles: Type.String({
            pattern: '^(largest|smallest|[a-z][a-z0-9_]{0,39})$',
            expects: 'largest, smallest or the name of an enum parameter with these options',
          }),
          transport: Type.Literal('tcp'),
        },
        closed,
      ),
    ),
    ptz: Type.Optional(
      Type.Object(
        {
          presets: Type.Boolean(),
          goto: Type.Boolean(),
          home: Type.Boolean(),
          relative: Type.Optional(Type.Literal(false)),
          continuous: Type.Object({ max_s: Type.Number({ exclusiveMinimum: 0, maximum: 60 }) }, closed),
        },
        closed,
      ),
    ),
    outputs: Type.Optional(Type.Object({ relays: oneOf('bistable', 'monostable') }, closed)),
    quirks: Type.Optional(Type.Array(oneOf(...onvifQuirks), { maxItems: onvifQuirks.length })),
  },
  closed,
)
export type OnvifBlock = Static<typeof OnvifBlock>

/** Golden vectors: one notification as it was received. */
const Items = Type.Record(word, Type.String({ maxLength: 300 }), closed)
export const OnvifInput = Type.Object(
  {
    topic: Type.String({ minLength: 1, maxLength: 300 }),
    operation: Type.Optional(oneOf('Initialized', 'Changed', 'Deleted')),
    source: Items,
    data: Items,
  },
  closed,
)

/** The call that a write makes, and with what. */
export const OnvifOutput = Type.Object({ call: word, args: Type.Record(word, Scalar, closed) }, closed)
