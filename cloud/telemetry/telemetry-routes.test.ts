import { expect, test } from 'vitest'
import type { Telemetry } from '#contract/api/telemetry.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { telemetryRoutes } from './telemetry-routes.ts'
import type { Bucket, StoredSample, TimeRange } from './telemetry-store.ts'

const t0 = Date.UTC(2026, 0, 5) // where the test clock stands
type Asked = { points: readonly string[]; range: TimeRange; limit?: number; bucket?: Bucket }

/** A store that has one sample a second and notes what it was asked. */
async function start(
  unit = new Map([
    ['a/d/p', 'V'],
    ['a/d/q', 'W'],
  ]),
) {
  const asked: Asked[] = []
  const samples = (range: TimeRange, stepMs: number, limit: number) => {
    const found: StoredSample[] = []
    for (let t = Math.ceil(range.from / stepMs) * stepMs; t < range.to && found.length < limit; t += stepMs) {
      found.push([t, t % 7, 'good'])
    }
    return found
  }
  const api = await testApi({
    api: (scope, { clock }) =>
      telemetryRoutes(scope, {
        clock,
        unitsOf: async () => unit,
        store: {
          range: async (points, range, limit) => {
            asked.push({ points, range, limit })
            return points.map((point) => ({ point, samples: samples(range, 1_000, limit) }))
          },
          buckets: async (points, range, bucket) => {
            asked.push({ points, range, bucket })
            return points.map((point) => ({ point, samples: samples(range, bucket.bucketMs, 1e9) }))
          },
        },
      }),
  })
  return { ...api, asked, query: (query: string) => api.get(`/api/v1/telemetry?${query}`) }
}

const pathsOf = (body: unknown) => (body as { details: { path: string }[] }).details.map(({ path }) => path)

test('without a session there is no answer', async () => {
  await using api = await start()
  expect((await api.get('/api/v1/telemetry?point=a/d/p', {})).status).toBe(401)
})

test('raw samples with their source time, of several points, with units', async () => {
  await using api = await start()
  const from = '2026-01-05T00:00:00Z'
  const { status, body } = await api.query(`point=a/d/p&point=a/d/q&from=${from}&to=${t0 + 2_001}`)
  expect(status).toBe(200)
  const samples = [
    [t0, t0 % 7, 'good'],
    [t0 + 1_000, (t0 + 1_000) % 7, 'good'],
    [t0 + 2_000, (t0 + 2_000) % 7, 'good'],
  ]
  expect(body).toEqual({
    points: [
      { id: 'a/d/p', unit: 'V', samples },
      { id: 'a/d/q', unit: 'W', samples },
    ],
  })
  expect(api.asked[0]?.range).toEqual({ from: t0, to: t0 + 2_001 })
})

test('without from and to it is the last hour, this very ms included; from alone reaches until now', async () => {
  await using api = await start()
  await api.query('point=a/d/p')
  await api.query(`point=a/d/p&from=${t0 - 5_000}`)
  await api.query(`point=a/d/p&to=${t0 - 5_000}`)
  const range = (from: number, to: number) => ({ from, to })
  expect(api.asked.map((one) => one.range)).toEqual([
    range(t0 + 1 - 3_600_000, t0 + 1),
    range(t0 - 5_000, t0 + 1),
    range(t0 - 5_000 - 3_600_000, t0 - 5_000),
  ])
})

test('what does not fit is said, and how to go on', async () => {
  await using api = await start()
  const { body } = await api.query(`point=a/d/p&from=${t0 - 10_000}&limit=4`)
  const { points } = body as Telemetry
  expect(points[0]).toMatchObject({ truncated: true, samples: { length: 4 } })
  const last = points[0]?.samples.at(-1)?.[0] ?? 0
  const rest = await api.query(`point=a/d/p&from=${last + 1}&limit=10`)
  expect((rest.body as Telemetry).points[0]?.samples).toHaveLength(7)
  expect((rest.body as Telemetry).points[0]).not.toHaveProperty('truncated')
})

test.each([
  ['bucket=5m', 300_000, 'mean'],
  ['bucket=60000&agg=max', 60_000, 'max'],
  ['bucket=1h&agg=count', 3_600_000, 'count'],
])('buckets: %s', async (query, bucketMs, aggregate) => {
  await using api = await start()
  const { status } = await api.query(`point=a/d/p&${query}`)
  expect([status, api.asked[0]?.bucket]).toEqual([200, { bucketMs, aggregate }])
})

test.each([
  ['', ['query/point']],
  ['point=x', ['query/point/0']],
  ['point=a/d/p&from=yesterday&to=2026-01-05', ['query/from', 'query/to']],
  ['point=a/d/p&from=2026-01-05T00:00:00', ['query/from']],
  ['point=a/d/p&from=5&to=5', ['query/from']],
  ['point=a/d/p&agg=median&bucket=5&x=1', ['query/x', 'query/agg']],
  ['point=a/d/p&agg=mean', ['query/bucket']],
  ['point=a/d/p&agg=raw&bucket=5m', ['query/bucket']],
  ['point=a/d/p&bucket=0', ['query/bucket']],
  ['point=a/d/p&bucket=1w', ['query/bucket']],
  ['point=a/d/p&bucket=5m&limit=5', ['query/limit']],
  ['point=a/d/p&limit=0', ['query/limit']],
  ['point=a/d/p&limit=100001', ['query/limit']],
  ['point=a/d/p&point=a/d/q&limit=50001', ['query/limit']],
  ['point=a/d/p&bucket=1ms&from=0', ['query/bucket']],
])('refused with every wrong field named: %s', async (query, paths) => {
  await using api = await start()
  const { status, body } = await api.query(query)
  expect([status, pathsOf(body)]).toEqual([400, paths])
  expect(api.asked).toEqual([])
})

test('a plus sign that became a space is still a zone', async () => {
  await using api = await start()
  await api.query('point=a/d/p&from=2026-01-05T07:30:00+08:00')
  expect(api.asked[0]?.range.from).toBe(Date.UTC(2026, 0, 4, 23, 30))
})

test('the length named in a refusal is one that is accepted', async () => {
  await using api = await start()
  const { body } = await api.query('point=a/d/p&bucket=1s&from=0')
  const [, shortest] = /at least (\d+s)/.exec((body as { message: string }).message) ?? []
  expect((await api.query(`point=a/d/p&bucket=${shortest}&from=0`)).status).toBe(200)
})

test('a point that no gateway ever had is named', async () => {
  await using api = await start()
  expect(await api.query('point=a/d/p&point=a/d/none&point=b/d/none')).toMatchObject({
    status: 404,
    body: { code: 'POINT_UNKNOWN', details: { points: ['a/d/none', 'b/d/none'] } },
  })
})
