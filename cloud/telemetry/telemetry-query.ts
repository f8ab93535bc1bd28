import { badRequest } from '#cloud/http/bad-request.ts'
import { parseInstant, rangeOf } from '#cloud/http/instants.ts'
import type { FieldProblem } from '#contract/api/common.ts'
import { maxSamplesPerAnswer, type TelemetryQuery } from '#contract/api/telemetry.ts'
import type { Bucket, TimeRange } from './telemetry-store.ts'

/** What to ask of the store. */
export type TelemetryPlan = {
  readonly points: readonly string[]
  readonly range: TimeRange
  /** Absent for raw samples. */
  readonly bucket?: Bucket
  /** Raw samples per point. */
  readonly limit: number
}

const hourMs = 3_600_000
const defaultLimit = 10_000
const unitMs = { ms: 1, s: 1_000, m: 60_000, h: hourMs, d: 24 * hourMs } as const

/** Turns a query into a plan whose answer is bounded. Throws AppError BAD_REQUEST with every problem. Pure. */
export function planTelemetry(query: TelemetryQuery, now: number): TelemetryPlan {
  const points = [...new Set(query.point)]
  const to = now + 1 // half-open: a sample of this very ms counts
  const range = rangeOf(query, { from: startOf(query, to), to })
  const agg = query.agg ?? (query.bucket === undefined ? 'raw' : 'mean')
  if (agg === 'raw') return planRaw(query, points, range)

  if (query.bucket === undefined) throw refuse('bucket', `is required for agg=${agg}`)
  if (query.limit !== undefined) throw refuse('limit', `does not go with agg=${agg}: choose a longer bucket`)
  const bucketMs = bucketLength(query.bucket)
  if (bucketMs < 1) throw refuse('bucket', 'must be at least 1 ms')
  const buckets = Math.ceil((range.to - range.from) / bucketMs) + 1
  if (buckets * points.length > maxSamplesPerAnswer) {
    const shortest = Math.ceil(((range.to - range.from) * points.length) / maxSamplesPerAnswer / 1_000)
    throw refuse(
      'bucket',
      `gives more than ${maxSamplesPerAnswer} values: choose at least ${shortest + 1}s or a shorter range`,
    )
  }
  return { points, range, bucket: { bucketMs, aggregate: agg }, limit: buckets }
}

function planRaw(query: TelemetryQuery, points: readonly string[], range: TimeRange): TelemetryPlan {
  if (query.bucket !== undefined) throw refuse('bucket', 'does not go with agg=raw')
  const most = Math.floor(maxSamplesPerAnswer / points.length)
  if (query.limit !== undefined && query.limit > most) {
    throw refuse(
      'limit',
      `must be at most ${most} for ${points.length} points: one answer has at most ${maxSamplesPerAnswer} samples`,
    )
  }
  return { points, range, limit: query.limit ?? Math.min(defaultLimit, most) }
}

/** One hour before `to`; a `to` that cannot be read is reported by `rangeOf`. */
function startOf({ to }: TelemetryQuery, otherwise: number): number {
  return ((to === undefined ? undefined : parseInstant(to)) ?? otherwise) - hourMs
}

function bucketLength(text: string): number {
  const [, number = '', unit = 'ms'] = /^(\d+)(ms|s|m|h|d)?$/.exec(text) ?? []
  return Number(number) * unitMs[unit as keyof typeof unitMs]
}

function refuse(field: string, message: string): Error {
  const problem: FieldProblem = { path: `query/${field}`, message }
  return badRequest([problem])
}
