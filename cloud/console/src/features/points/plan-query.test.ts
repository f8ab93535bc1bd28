import { expect, test } from 'vitest'
import { bucketFor, bucketPlan, planQuery, spanOf } from './plan-query.ts'
import { pointSearch } from './point-search.ts'

const hour = 3_600_000
const now = Date.UTC(2026, 10, 23)

test('no range asks the server for more than a thousand buckets', () => {
  for (const hours of [1, 24, 24 * 7, 24 * 31, 24 * 366]) {
    const span = { from: now - hours * hour, to: now }
    expect((hours * hour) / bucketFor(span)).toBeLessThanOrEqual(1000)
  }
  expect(bucketFor({ from: now - 24 * hour, to: now })).toBe(120_000)
})

test('an hour is drawn from samples, a day from buckets with their band', () => {
  expect(planQuery(spanOf({}, now), 'num')).toEqual({ kind: 'raw' })
  expect(planQuery(spanOf({ range: '24h' }, now), 'num')).toMatchObject({
    aggregates: ['mean', 'min', 'max'],
  })
  expect(planQuery(spanOf({ range: '7d' }, now), 'bool')).toMatchObject({ aggregates: ['last'] })
  expect(bucketPlan(spanOf({}, now), 'counter')).toMatchObject({ bucketMs: 5000, aggregates: ['last'] })
})

test('what cannot be drawn is read as it is', () => {
  expect(planQuery(spanOf({ range: '7d' }, now), 'text')).toEqual({ kind: 'raw' })
})

test('the address decides the range; nonsense in it means the last hour', () => {
  expect(pointSearch({ range: '24h', view: 'table' })).toEqual({ range: '24h', view: 'table' })
  expect(pointSearch({ range: '1h' })).toEqual({})
  expect(pointSearch({ range: 'custom', from: 1000, to: 2000 })).toEqual({
    range: 'custom',
    from: 1000,
    to: 2000,
  })
  expect(pointSearch({ range: 'custom', from: 2000, to: 1000 })).toEqual({})
  expect(pointSearch({ range: 'custom', from: 'x', to: 2000 })).toEqual({})
  expect(pointSearch({ range: 'year' })).toEqual({})
})
