import { type Static, Type } from 'typebox'
import { ValueSchema } from '#contract/command.ts'
import { closed, InstantQuery } from './common.ts'
import { Quality } from './points.ts'

/** At most this many samples in one answer, over all points together. */
export const maxSamplesPerAnswer = 100_000
export const maxPointsPerQuery = 50

export const Aggregation = Type.Union([
  Type.Literal('raw'),
  Type.Literal('mean'),
  Type.Literal('min'),
  Type.Literal('max'),
  Type.Literal('first'),
  Type.Literal('last'),
  Type.Literal('sum'),
  Type.Literal('count'),
])
export type Aggregation = Static<typeof Aggregation>

/** `GET /telemetry`: half-open, `from <= t < to`. Without `to`: until now. Without `from`: one hour before `to`. */
export const TelemetryQuery = Type.Object(
  {
    /** May be given several times. */
    point: Type.Array(Type.String({ minLength: 5, maxLength: 260 }), {
      minItems: 1,
      maxItems: maxPointsPerQuery,
      description: '<gateway>/<device>/<point>, may be given several times',
    }),
    from: Type.Optional(InstantQuery),
    to: Type.Optional(InstantQuery),
    bucket: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,12}(ms|s|m|h|d)?$',
        description: 'Length of a bucket, ms when it has no unit. Needed unless agg=raw',
        examples: ['30s', '5m', '1h', '60000'],
      }),
    ),
    agg: Type.Optional(Aggregation),
    /** Samples per point, oldest first; only for agg=raw. */
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxSamplesPerAnswer })),
  },
  closed,
)
export type TelemetryQuery = Static<typeof TelemetryQuery>

/** `[epoch ms, value, quality]`; of a bucket: its start. */
export const TelemetrySample = Type.Tuple([Type.Integer(), ValueSchema, Quality])
export type TelemetrySample = Static<typeof TelemetrySample>

export const TelemetrySeries = Type.Object(
  {
    id: Type.String(),
    unit: Type.String(),
    samples: Type.Array(TelemetrySample),
    /** There are more samples in the range than `limit`: go on with `from` after the last one. */
    truncated: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type TelemetrySeries = Static<typeof TelemetrySeries>

export const Telemetry = Type.Object({ points: Type.Array(TelemetrySeries) }, closed)
export type Telemetry = Static<typeof Telemetry>
