import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'
import { closed, oneOf, pointPattern, Scalar } from './point.ts'

/** How a simulated device behaves. Closed list of generators; a simulator decodes nothing and guesses nothing. */
const PointRef = Type.String({ pattern: pointPattern, maxLength: 100 })
const ClockTime = Type.String({
  pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
  expects: 'a time of day such as "07:30"',
})
const share = Type.Number({ minimum: 0, maximum: 1 })

export const SimHint = Type.Union([
  Type.Object({ gen: Type.Literal('const'), value: Scalar }, closed),
  Type.Object({ gen: Type.Literal('gauss'), mean: Type.Number(), sd: Type.Number({ minimum: 0 }) }, closed),
  Type.Object(
    {
      gen: Type.Literal('walk'),
      mean: Type.Number(),
      sd: Type.Number({ minimum: 0 }),
      theta: share,
    },
    { ...closed, description: 'Random walk that is pulled back to its mean' },
  ),
  Type.Object(
    {
      gen: Type.Literal('day'),
      base: Type.Number(),
      peak: Type.Number(),
      open: ClockTime,
      close: ClockTime,
      noise: Type.Optional(share),
      weekend: Type.Optional(share),
    },
    closed,
  ),
  Type.Object({ gen: Type.Literal('sun'), peak: Type.Number() }, { ...closed, description: 'Daylight, lux' }),
  Type.Object({ gen: Type.Literal('sum'), of: Type.Array(PointRef, { minItems: 1, maxItems: 64 }) }, closed),
  Type.Object(
    { gen: Type.Literal('ratio'), of: PointRef, by: PointRef, mul: Type.Optional(Type.Number()) },
    closed,
  ),
  Type.Object(
    {
      gen: Type.Literal('integrate'),
      of: PointRef,
      mul: Type.Optional(Type.Number()),
      start: Type.Optional(Type.Number({ minimum: 0, description: 'First reading; 0 when absent' })),
    },
    { ...closed, description: 'Counter: the integral over hours' },
  ),
  Type.Object({ gen: Type.Literal('copy'), of: PointRef }, closed),
  Type.Object(
    {
      gen: Type.Literal('markov'),
      states: Type.Array(Scalar, { minItems: 2, maxItems: 8 }),
      rates: Type.Array(share, {
        minItems: 2,
        maxItems: 8,
        description: 'Chance per minute to leave each state',
      }),
    },
    closed,
  ),
  Type.Object(
    {
      gen: Type.Literal('follow'),
      point: Type.Optional(PointRef),
      delay: Duration(),
      ramp: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Units per second' })),
    },
    { ...closed, description: 'Takes what is written to it, or to the point it names' },
  ),
  Type.Object(
    {
      gen: Type.Literal('poisson'),
      per_day: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }),
      hold: Type.Optional(Duration()),
    },
    { ...closed, description: 'Events that come when they come' },
  ),
  Type.Object({ gen: Type.Literal('battery'), life_days: Type.Number({ exclusiveMinimum: 0 }) }, closed),
])
export type SimHint = Static<typeof SimHint>

const enforceable = [
  'odd_start',
  'odd_count',
  'max_regs',
  'max_bits',
  'max_gap',
  'max_write_regs',
  'read_only',
] as const

export const faultKinds = [
  'timeout',
  'crc',
  'exception',
  'stale',
  'freeze',
  'wrong_word_order',
  'offline',
  'clock_skew',
  'duplicate',
  'late',
] as const
export type FaultKind = (typeof faultKinds)[number]

const Item = Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 300 }), closed)

export const SimFields = Type.Object(
  {
    seed: Type.Literal('device', { description: 'The same device id gives the same series' }),
    image: Type.Optional(
      Type.Unsafe<'exception' | 'zero'>({
        ...oneOf('exception', 'zero'),
        description: 'Answer for registers that no point maps',
      }),
    ),
    enforce: Type.Optional(
      Type.Array(oneOf(...enforceable), {
        maxItems: enforceable.length,
        description: 'Refuse what the real device refuses',
      }),
    ),
    latency_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
    jitter_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
    drop_rate: Type.Optional(share),
    interval: Type.Optional(Duration({ description: 'How often a device that speaks by itself sends' })),
    points: Type.Optional(Type.Record(PointRef, SimHint, closed)),
    events: Type.Optional(
      Type.Array(
        Type.Object(
          {
            topic: Type.String({ maxLength: 200 }),
            gen: Type.Literal('poisson'),
            per_day: Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }),
            hold: Type.Optional(Duration()),
            source: Type.Optional(Item),
            data: Type.Optional(Item),
          },
          closed,
        ),
        { maxItems: 64, description: 'ONVIF: what the camera notices' },
      ),
    ),
    streams: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 60 }),
            size: Type.Array(Type.Integer({ minimum: 16, maximum: 16_384 }), { minItems: 2, maxItems: 2 }),
            fps: Type.Number({ exclusiveMinimum: 0, maximum: 240 }),
          },
          closed,
        ),
        { maxItems: 8, description: 'ONVIF: streams of the camera' },
      ),
    ),
    script: Type.Optional(
      Type.Array(
        Type.Object(
          { at: Duration({ description: 'After the start' }), point: PointRef, value: Scalar },
          closed,
        ),
        { maxItems: 256, description: 'For demonstrations' },
      ),
    ),
    faults: Type.Optional(
      Type.Array(
        Type.Object(
          {
            kind: oneOf(...faultKinds),
            rate: share,
            for: Type.Optional(Duration({ description: 'How long one lasts, or by how much' })),
          },
          closed,
        ),
        { maxItems: 16 },
      ),
    ),
  },
  closed,
)
export type SimFields = Static<typeof SimFields>
