import { type Static, Type } from 'typebox'
import type { ValueKind } from '#contract/point-vocabulary.ts'
import { LocalText } from '#contract/text.ts'
import { Duration } from '#lib/quantity.ts'
import { transformNames } from './transforms.ts'

export const closed = { additionalProperties: false } as const

/** One of a closed list of words or numbers. */
export function oneOf<const V extends readonly (string | number)[]>(...values: V) {
  return Type.Unsafe<V[number]>({ anyOf: values.map((value) => ({ const: value })) })
}

/** `voltage.l1`, `relay.<n>`, `gear.<n>/light.level`, `x.firmware`. `<n>` is filled in by `each`. */
const words = '[a-z][a-z0-9_]*(\\.([a-z0-9_]|<[a-z]>)+)*'
export const pointPattern = `^${words}(/${words})?$`
const PointRef = Type.String({ pattern: pointPattern, maxLength: 100 })

export type PointKind = ValueKind
const PointKind = oneOf('num', 'bool', 'enum', 'text', 'counter', 'event')

/** What a canonical value or a raw literal can be. */
export const Scalar = Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 200 })])
export type Scalar = Static<typeof Scalar>

export const PollClass = oneOf('fast', 'normal', 'slow', 'once', 'on_demand')
export type PollClass = Static<typeof PollClass>

export const ReportFields = Type.Object(
  {
    deadband: Type.Optional(Type.Number({ minimum: 0, description: 'In the canonical unit' })),
    min_interval: Type.Optional(Duration()),
    max_interval: Type.Optional(Duration()),
    on_change: Type.Optional(Type.Boolean({ description: 'false: only the heartbeat reports it' })),
  },
  closed,
)

const EachNumber = Type.Union([
  Type.Object({ first: Type.Integer({ minimum: 0 }), last: Type.Integer({ minimum: 0 }) }, closed),
  Type.Object({ param: Type.String({ maxLength: 40 }) }, closed),
])
export type EachNumber = Static<typeof EachNumber>

/**
 * Repetition is affine: `n` runs from `first` to `last`, or over the numbers of an `int_set` parameter. With `m` beside it
 * there is a point for each pair.
 */
export const Each = Type.Object(
  {
    n: EachNumber,
    m: Type.Optional(EachNumber),
    i: Type.Optional(
      Type.Object(
        { base: Type.Integer({ minimum: 0 }), step: Type.Integer({ minimum: 1, maximum: 1000 }) },
        { ...closed, description: "The device's own number for it, written <i>: base for the first" },
      ),
    ),
  },
  closed,
)
export type Each = Static<typeof Each>

export const Equip = Type.Object(
  {
    brick: Type.String({ maxLength: 60, description: 'Class of Brick 1.4.4' }),
    haystack: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 16 }),
  },
  closed,
)

/** The part of `write` that every protocol shares. */
export const writeFields = {
  values: Type.Optional(
    Type.Array(Type.Array(Type.Unknown(), { minItems: 2, maxItems: 2 }), {
      maxItems: 64,
      description: 'Pairs canonical → sent',
    }),
  ),
  range: Type.Optional(
    Type.Object(
      { min: Type.Number(), max: Type.Number(), step: Type.Optional(Type.Number({ exclusiveMinimum: 0 })) },
      closed,
    ),
  ),
  options: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 64 })),
  readback: Type.Union([
    Type.Literal('none'),
    Type.Object(
      {
        point: Type.Optional(PointRef),
        within: Duration(),
        tolerance: Type.Optional(Type.Number({ minimum: 0 })),
        poll_now: Type.Optional(
          Type.Boolean({ description: 'Read at once; false: wait for the next regular reading' }),
        ),
      },
      closed,
    ),
  ]),
  min_interval: Type.Optional(Duration({ description: 'Not more often than this' })),
  ramp_max_per_s: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, description: 'The value moves by at most this much a second' }),
  ),
  on_fail: Type.Optional(
    Type.Union([Type.Literal('none'), Scalar], {
      description: 'Written when the wanted value could not be verified',
    }),
  ),
  risk: oneOf('low', 'medium', 'high'),
  role: Type.Optional(Type.String({ maxLength: 40 })),
}

/** The part of a point that every protocol shares. The decode steps are listed in the order in which they run. */
export const pointFields = {
  kind: Type.Optional(PointKind),
  title: Type.Optional(LocalText),
  each: Type.Optional(Each),
  missing: Type.Optional(
    Type.Array(Scalar, { maxItems: 16, description: 'Raw values that mean "no value"' }),
  ),
  map: Type.Optional(
    Type.Array(Type.Array(Scalar, { minItems: 2, maxItems: 2 }), {
      minItems: 1,
      maxItems: 64,
      description: 'Pairs raw → canonical',
    }),
  ),
  transform: Type.Optional({
    ...oneOf(...transformNames),
    description: 'A named step; every one can be undone',
  }),
  mul: Type.Optional(Type.Number()),
  mul_by: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 4 })),
  div_by: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 4 })),
  add: Type.Optional(Type.Number()),
  sign: Type.Optional(oneOf('import', 'export', 'producer')),
  unit: Type.Optional(
    Type.String({ minLength: 1, maxLength: 40, description: 'UCUM unit of the raw value' }),
  ),
  valid: Type.Optional(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 })),
  round: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, description: 'Resolution of the device in the canonical unit: 0.1' }),
  ),
  report: Type.Optional(ReportFields),
  poll: Type.Optional(PollClass),
  wrap: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      description: 'Counters: at this value, in the canonical unit, it starts at 0 again',
    }),
  ),
  precision_note: Type.Optional(
    Type.String({ maxLength: 300, description: 'What the device cannot resolve' }),
  ),
  allow_unsigned: Type.Optional(
    Type.Literal(true, { description: 'The temperature really cannot be below zero' }),
  ),
  equip: Type.Optional(Equip),
  confidence: Type.Optional({
    ...oneOf('high', 'medium', 'low'),
    description: 'low: hidden until a person confirmed it at the device',
  }),
  doc: Type.Optional(Type.String({ maxLength: 300, description: 'Number or name in the manual' })),
}
