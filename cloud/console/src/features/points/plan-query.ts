import type { Point } from '#contract/api/points.ts'
import type { Aggregation } from '#contract/api/telemetry.ts'
import { plotOf } from '../../points/words.ts'
import type { PointSearch } from './point-search.ts'

export const maxSamples = 2000
const wantedBuckets = 1000
const hour = 3_600_000
const day = 24 * hour
const rawSpanMs = hour + 60_000

/** Lengths of a bucket that people think in. */
const lengthsMs = [
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1000),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * 60_000),
  ...[1, 2, 3, 6, 12].map((h) => h * hour),
  ...[1, 7].map((d) => d * day),
]

export type Span = { readonly from: number; readonly to: number }

/** The range of the page; the named ones end now. */
export function spanOf({ range = '1h', from, to }: PointSearch, now: number): Span {
  if (range === 'custom' && from !== undefined && to !== undefined) return { from, to }
  const length = range === '24h' ? day : range === '7d' ? 7 * day : hour
  return { from: now - length, to: now }
}

/** The shortest bucket with which the span has no more than a thousand. */
export function bucketFor({ from, to }: Span): number {
  return lengthsMs.find((ms) => (to - from) / ms <= wantedBuckets) ?? 7 * day
}

export type Plan =
  | { readonly kind: 'raw' }
  | { readonly kind: 'buckets'; readonly bucketMs: number; readonly aggregates: readonly Aggregation[] }

/** Short spans are drawn from the samples themselves, long ones from buckets: a mean with its band, or the last state. */
export function planQuery(span: Span, kind: Point['kind']): Plan {
  if (span.to - span.from <= rawSpanMs || plotOf(kind) === 'none') return { kind: 'raw' }
  return bucketPlan(span, kind)
}

/** Also what is asked for when the samples turn out to be too many. */
export function bucketPlan(span: Span, kind: Point['kind']): Plan & { kind: 'buckets' } {
  const aggregates = kind === 'num' ? (['mean', 'min', 'max'] as const) : (['last'] as const)
  return { kind: 'buckets', bucketMs: bucketFor(span), aggregates }
}
