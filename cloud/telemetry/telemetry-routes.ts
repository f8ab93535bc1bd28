import { thingOfPoint } from '#cloud/access/access.ts'
import { type App, answers } from '#cloud/http/app.ts'
import { Telemetry, TelemetryQuery, type TelemetrySeries } from '#contract/api/telemetry.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { planTelemetry, type TelemetryPlan } from './telemetry-query.ts'
import type { Series, TelemetryStore } from './telemetry-store.ts'

export type TelemetryRouteOptions = {
  readonly store: Pick<TelemetryStore, 'range' | 'buckets'>
  readonly clock: Clock
  /** The unit of each point that is known. */
  readonly unitsOf: (points: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

export function telemetryRoutes(api: App, { store, clock, unitsOf }: TelemetryRouteOptions): void {
  api.get(
    '/telemetry',
    {
      schema: {
        operationId: 'getTelemetry',
        summary: 'Samples of points: raw, or one value per bucket',
        description:
          'With `bucket` and without `agg`: mean. Buckets start at multiples of their length since the epoch.',
        tags: ['telemetry'],
        querystring: TelemetryQuery,
        response: answers(Telemetry),
      },
      // Up to 100,000 samples: the schema-driven serializer tries every kind of value for each of them.
      serializerCompiler: () => (answer) => JSON.stringify(answer),
    },
    async ({ query, access }): Promise<Telemetry> => {
      const plan = planTelemetry(query, clock.now())
      const units = await unitsOf(plan.points)
      // What the caller may not see is answered as if it were not there.
      const isKnown = (point: string) => units.has(point) && access.can('view', thingOfPoint(point))
      const unknown = plan.points.filter((point) => !isKnown(point))
      if (unknown.length > 0) {
        throw new AppError('POINT_UNKNOWN', `no gateway has the point ${unknown.join(', ')}`, {
          details: { points: unknown },
        })
      }
      const series = new Map((await read(store, plan)).map((one) => [one.point, one.samples]))
      return {
        points: plan.points.map((point) =>
          seriesOf(point, units.get(point) ?? '1', series.get(point) ?? [], plan),
        ),
      }
    },
  )
}

function read(store: TelemetryRouteOptions['store'], plan: TelemetryPlan): Promise<readonly Series[]> {
  // One more than asked for tells whether there is more.
  if (plan.bucket === undefined) return store.range(plan.points, plan.range, plan.limit + 1)
  return store.buckets(plan.points, plan.range, plan.bucket)
}

function seriesOf(
  id: string,
  unit: string,
  samples: Series['samples'],
  { bucket, limit }: TelemetryPlan,
): TelemetrySeries {
  const truncated = bucket === undefined && samples.length > limit
  const shown = (truncated ? samples.slice(0, limit) : samples).map(
    (sample) => [...sample] as [...typeof sample],
  )
  return { id, unit, samples: shown, ...(truncated ? { truncated } : {}) }
}
