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
      delay: Duration(),
      ramp: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Units per second' })),
    },
    { ...closed, description: 'Takes what is written to it' },
  ),
  Type.Object({ gen: Type.Literal('battery'), life_days: Type.Number({ exclusiveMinimum: 0 }) }, closed),
])
export type SimHint = Static<typeof SimHint>

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
      Type.Array(oneOf('odd_start', 'odd_count', 'max_regs', 'max_gap'), {
        maxItems: 4,
        description: 'Refuse what the real device refuses',
      }),
    ),
    latency_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
    interval: Type.Optional(Duration({ description: 'How often a device that speaks by itself sends' })),
    points: Type.Record(PointRef, SimHint, closed),
    faults: Type.Optional(
      Type.Array(
        Type.Object(
          {
            kind: oneOf('timeout', 'crc', 'exception', 'freeze', 'offline', 'duplicate', 'late'),
            rate: share,
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
