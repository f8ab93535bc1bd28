import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Point } from '#contract/api/points.ts'
import type { Aggregation, Telemetry, TelemetrySeries } from '#contract/api/telemetry.ts'
import { request } from '../../api/client.ts'
import { useLive } from '../../live/live-context.tsx'
import type { LiveSample } from '../../live/live-store.ts'
import { bandEntries, type History, rawEntries } from './history.ts'
import { bucketPlan, maxSamples, type Plan, planQuery, type Span, spanOf } from './plan-query.ts'
import type { PointSearch } from './point-search.ts'

const maxTail = 2000

/** The history of a point in the range of the address. Ranges that end now are read again now and then. */
export function useHistory(point: Point, search: PointSearch) {
  const { clock } = useLive()
  const { range, from, to } = search
  const isOpen = range !== 'custom'
  return useQuery({
    queryKey: ['telemetry', point.id, { range, from, to }],
    queryFn: ({ signal }) => readHistory(point, spanOf(search, clock.now()), signal),
    refetchInterval: isOpen ? 120_000 : false,
    staleTime: isOpen ? 0 : 600_000,
    gcTime: 60_000,
  })
}

async function readHistory(point: Point, span: Span, signal: AbortSignal): Promise<History> {
  const plan = planQuery(span, point.kind)
  if (plan.kind === 'buckets') return readBuckets(point, span, plan, signal)
  const series = await read(point, { ...span, agg: 'raw', limit: maxSamples }, signal)
  // A busy point has more samples in an hour than a chart has pixels.
  const canBucket = point.kind !== 'text' && point.kind !== 'event'
  if (series.truncated && canBucket) return readBuckets(point, span, bucketPlan(span, point.kind), signal)
  return { span, entries: rawEntries(series.samples), truncated: series.truncated ?? false }
}

type BucketPlan = Plan & { kind: 'buckets' }

async function readBuckets(
  point: Point,
  span: Span,
  plan: BucketPlan,
  signal: AbortSignal,
): Promise<History> {
  const { bucketMs, aggregates } = plan
  const [first, low, high] = await Promise.all(
    aggregates.map((agg) => read(point, { ...span, agg, bucket: String(bucketMs) }, signal)),
  )
  const samples = first?.samples ?? []
  const entries =
    low === undefined || high === undefined
      ? rawEntries(samples)
      : bandEntries(samples, low.samples, high.samples)
  return { span, bucketMs, entries, truncated: false }
}

type Question = Span & { readonly agg: Aggregation; readonly bucket?: string; readonly limit?: number }

async function read(point: Point, question: Question, signal: AbortSignal): Promise<TelemetrySeries> {
  const { points } = await request<Telemetry>('/telemetry', {
    query: { point: point.id, ...question },
    signal,
  })
  return points.find(({ id }) => id === point.id) ?? { id: point.id, unit: point.unit, samples: [] }
}

/** What the socket has brought for a point since the page is open, oldest first and bounded. */
export function useTail(point: string): readonly LiveSample[] {
  const { store } = useLive()
  const [tail, setTail] = useState<readonly LiveSample[]>([])
  useEffect(() => {
    setTail([])
    return store.subscribe(point, () => {
      const sample = store.get(point)
      if (sample === undefined) return
      setTail((known) => [...known.filter(({ t }) => t !== sample.t), sample].slice(-maxTail))
    })
  }, [store, point])
  return tail
}
