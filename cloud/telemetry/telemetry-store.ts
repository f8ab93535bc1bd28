import type { Quality } from '#contract/quality.ts'
import type { SampleColumns, Value } from '#contract/sample.ts'

/** `samples.points` are `<device>/<point>`; the store keeps them as `<gateway>/<device>/<point>`. */
export type GatewaySamples = { readonly gateway: string; readonly samples: SampleColumns }

/** `[epoch ms, value, quality]` */
export type StoredSample = readonly [t: number, value: Value, quality: Quality]
export type Series = { readonly point: string; readonly samples: readonly StoredSample[] }

export const aggregates = ['mean', 'min', 'max', 'first', 'last', 'sum', 'count'] as const
export type Aggregate = (typeof aggregates)[number]

/** Half-open: `from <= t < to`, epoch ms. */
export type TimeRange = { readonly from: number; readonly to: number }

export type Latest = {
  readonly point: string
  readonly t: number
  readonly value: Value
  readonly quality: Quality
  /** Why the quality is bad, where known: `missing`, `timeout`, … */
  readonly reason?: string
}

export interface TelemetryStore extends AsyncDisposable {
  /**
   * Resolves when everything is committed. Idempotent by point and time: the same samples again change nothing; another
   * value at the same time replaces the first. Throws AppError STORE_UNAVAILABLE; then nothing may be acknowledged.
   */
  append(batches: readonly GatewaySamples[]): Promise<void>
  /** The newest sample by source time of each point that has one. */
  latest(points: readonly string[]): Promise<readonly Latest[]>
  /** Oldest first, at most `limit` per point. */
  range(points: readonly string[], range: TimeRange, limit: number): Promise<readonly Series[]>
  /**
   * One number per `bucketMs`, stamped with the bucket's start; buckets start at multiples of `bucketMs` since the epoch.
   * Only good numbers and booleans (as 0 and 1) count, texts do not. Empty buckets are absent.
   */
  buckets(points: readonly string[], range: TimeRange, bucket: Bucket): Promise<readonly Series[]>
  /** Deletes samples older than `before`, in pieces between which appends get their turn. Returns how many. */
  prune(before: number): Promise<number>
  /** `bytes` is absent where the store cannot tell. */
  stats(): Promise<{ readonly series: number; readonly samples: number; readonly bytes?: number }>
}

export type Bucket = { readonly bucketMs: number; readonly aggregate: Aggregate }
