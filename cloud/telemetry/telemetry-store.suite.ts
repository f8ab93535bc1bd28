import { describe, expect, test } from 'vitest'
import { columnsOf } from '#contract/columns.ts'
import { qualityCodes } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import { aggregates, type GatewaySamples, type StoredSample, type TelemetryStore } from './telemetry-store.ts'

const { good, stale } = qualityCodes
/** A quarter past: not on a boundary of anything a store may cut time by. */
const t0 = Date.UTC(2026, 2, 1, 8, 15, 3, 217)
const minute = 60_000
const day = 24 * 60 * minute
const everything = { from: t0 - 400 * day, to: t0 + 400 * day }

function one(t: number, value: Value, quality: Sample['quality'] = good, point = 'm-1/power'): Sample {
  return { point, t, value, quality }
}
function of(gateway: string, ...samples: Sample[]): GatewaySamples {
  return { gateway, samples: columnsOf(samples) }
}

/** Every telemetry store gives these answers. `open` gives an empty one. */
export function telemetryStoreSuite(name: string, open: () => Promise<TelemetryStore>): void {
  async function samplesOf(store: TelemetryStore, point: string): Promise<readonly StoredSample[]> {
    const [series] = await store.range([point], everything, 100_000)
    return series?.samples ?? []
  }

  describe(`${name}: append and range`, () => {
    test('a number, a boolean, a text and no value come back as they were, with their quality', async () => {
      await using store = await open()
      await store.append([
        of(
          'g-1',
          one(t0, 21.37),
          one(t0 + 1, 5),
          one(t0 + 2, true),
          one(t0 + 3, false),
          one(t0 + 4, '12'),
          one(t0 + 5, '开 & closed'),
          one(t0 + 6, null, qualityCodes['bad:timeout']),
          one(t0 + 7, 1e-300, stale),
          one(t0 + 8, true, qualityCodes['bad:range']),
          one(t0 + 9, 2 ** 53),
        ),
      ])
      expect(await samplesOf(store, 'g-1/m-1/power')).toEqual([
        [t0, 21.37, 'good'],
        [t0 + 1, 5, 'good'],
        [t0 + 2, true, 'good'],
        [t0 + 3, false, 'good'],
        [t0 + 4, '12', 'good'],
        [t0 + 5, '开 & closed', 'good'],
        [t0 + 6, null, 'bad'],
        [t0 + 7, 1e-300, 'stale'],
        [t0 + 8, true, 'bad'],
        [t0 + 9, 2 ** 53, 'good'],
      ])
    })

    test('samples that arrive out of order are read oldest first', async () => {
      await using store = await open()
      const times = [5, 1, 600, 3, 2, 599, 4, 20_000].map((minutes) => t0 + minutes * minute)
      for (const t of times) await store.append([of('g-1', one(t, t))])
      expect((await samplesOf(store, 'g-1/m-1/power')).map(([t]) => t)).toEqual(
        times.toSorted((a, b) => a - b),
      )
    })

    test('the same samples again change nothing, another value at the same time replaces the first', async () => {
      await using store = await open()
      const batch = of('g-1', one(t0, 1), one(t0 + 10, 2))
      await store.append([batch])
      await store.append([batch, batch])
      expect(await samplesOf(store, 'g-1/m-1/power')).toEqual([
        [t0, 1, 'good'],
        [t0 + 10, 2, 'good'],
      ])
      await store.append([of('g-1', one(t0, 7)), of('g-1', one(t0, true, stale))])
      expect(await samplesOf(store, 'g-1/m-1/power')).toEqual([
        [t0, true, 'stale'],
        [t0 + 10, 2, 'good'],
      ])
      expect((await store.stats()).samples).toBe(2)
    })

    test('equal point ids of two gateways are two series', async () => {
      await using store = await open()
      await store.append([of('g-1', one(t0, 1)), of('g-2', one(t0, 2))])
      const series = await store.range(['g-2/m-1/power', 'g-1/m-1/power'], everything, 10)
      expect(series).toEqual([
        { point: 'g-2/m-1/power', samples: [[t0, 2, 'good']] },
        { point: 'g-1/m-1/power', samples: [[t0, 1, 'good']] },
      ])
    })

    test('the range is half-open, the limit counts from the oldest, an unknown point is empty', async () => {
      await using store = await open()
      const at = (i: number): number => t0 + i * 7 * minute
      await store.append([of('g-1', ...Array.from({ length: 10 }, (_, i) => one(at(i), i)))])
      const values = async (from: number, to: number, limit = 100): Promise<Value[]> => {
        const [series] = await store.range(['g-1/m-1/power'], { from, to }, limit)
        return (series?.samples ?? []).map(([, value]) => value)
      }
      expect(await values(at(2), at(5))).toEqual([2, 3, 4])
      expect(await values(at(2) + 1, at(5) + 1)).toEqual([3, 4, 5])
      expect(await values(at(2), at(9), 4)).toEqual([2, 3, 4, 5])
      expect(await values(at(9) + 1, at(20))).toEqual([])
      expect(await store.range(['g-1/none'], everything, 10)).toEqual([{ point: 'g-1/none', samples: [] }])
    })

    test('appending nothing is allowed', async () => {
      await using store = await open()
      await store.append([])
      await store.append([of('g-1')])
      expect(await store.stats()).toMatchObject({ series: 0, samples: 0 })
    })

    test('many appends at once are all stored', async () => {
      await using store = await open()
      const count = 300
      await Promise.all(
        Array.from({ length: count }, (_, i) => store.append([of(`g-${i % 3}`, one(t0 + i, i))])),
      )
      expect(await store.stats()).toMatchObject({ series: 3, samples: count })
    })
  })

  describe(`${name}: latest`, () => {
    test('is the newest by source time, also when older ones arrive later', async () => {
      await using store = await open()
      await store.append([of('g-1', one(t0 + day, 2), one(t0, 1))])
      await store.append([of('g-1', one(t0 + minute, 3), one(t0 - 90 * day, 4))])
      expect(await store.latest(['g-1/m-1/power'])).toEqual([
        { point: 'g-1/m-1/power', t: t0 + day, value: 2, quality: 'good' },
      ])
    })

    test('says why a value is bad and leaves out points without samples', async () => {
      await using store = await open()
      await store.append([
        of('g-1', one(t0, null, qualityCodes['bad:timeout'], 'a-1/x'), one(t0, 'on', good, 'b-1/x')),
      ])
      expect(await store.latest(['g-1/b-1/x', 'g-1/none/x', 'g-1/a-1/x'])).toEqual([
        { point: 'g-1/b-1/x', t: t0, value: 'on', quality: 'good' },
        { point: 'g-1/a-1/x', t: t0, value: null, quality: 'bad', reason: 'timeout' },
      ])
    })
  })

  describe(`${name}: buckets`, () => {
    const bucketMs = 10 * minute
    const start = Math.ceil(t0 / bucketMs) * bucketMs

    test('aggregate the good samples of each bucket, stamped with its start; empty ones are absent', async () => {
      await using store = await open()
      await store.append([
        of(
          'g-1',
          one(start + 1, 10),
          one(start + 2, 20),
          one(start + 3, 1000, qualityCodes['bad:range']),
          one(start + 4, 2000, stale),
          one(start + 5, 12),
          one(start + bucketMs - 1, 18),
          one(start + 3 * bucketMs, -5),
        ),
      ])
      const found: Record<string, unknown> = {}
      for (const aggregate of aggregates) {
        const [series] = await store.buckets(['g-1/m-1/power'], everything, { bucketMs, aggregate })
        found[aggregate] = series?.samples
      }
      const both = (first: number, second: number): StoredSample[] => [
        [start, first, 'good'],
        [start + 3 * bucketMs, second, 'good'],
      ]
      expect(found).toEqual({
        mean: both(15, -5),
        min: both(10, -5),
        max: both(20, -5),
        first: both(10, -5),
        last: both(18, -5),
        sum: both(60, -5),
        count: both(4, 1),
      })
    })

    test('count booleans as 0 and 1 and leave texts out', async () => {
      await using store = await open()
      await store.append([
        of('g-1', one(start, true), one(start + 1, false), one(start + 2, true), one(start + 3, true)),
        of('g-1', one(start, 'auto', good, 'm-1/mode'), one(start, null, good, 'm-1/nothing')),
      ])
      const ids = ['g-1/m-1/power', 'g-1/m-1/mode', 'g-1/m-1/nothing', 'g-1/none']
      expect(await store.buckets(ids, everything, { bucketMs, aggregate: 'mean' })).toEqual([
        { point: 'g-1/m-1/power', samples: [[start, 0.75, 'good']] },
        { point: 'g-1/m-1/mode', samples: [] },
        { point: 'g-1/m-1/nothing', samples: [] },
        { point: 'g-1/none', samples: [] },
      ])
    })

    test('respect the range and do not depend on how the store cuts time', async () => {
      await using store = await open()
      const week = 7 * day
      const samples = Array.from({ length: 500 }, (_, i) => one(t0 + i * 61 * minute, i))
      await store.append([of('g-1', ...samples)])
      const range = { from: t0 + 5 * 61 * minute, to: t0 + 400 * 61 * minute }
      const [series] = await store.buckets(['g-1/m-1/power'], range, { bucketMs: week, aggregate: 'count' })
      const expected = new Map<number, number>()
      for (const { t } of samples.slice(5, 400)) {
        const bucket = Math.floor(t / week) * week
        expected.set(bucket, (expected.get(bucket) ?? 0) + 1)
      }
      expect(series?.samples).toEqual([...expected].map(([t, count]) => [t, count, 'good']))
    })
  })

  describe(`${name}: prune`, () => {
    test('deletes what is older, exactly, and says how many', async () => {
      await using store = await open()
      const samples = Array.from({ length: 1000 }, (_, i) => one(t0 + i * minute, i))
      await store.append([of('g-1', ...samples, one(t0, 1, good, 'old/x'))])
      expect((await store.stats()).samples).toBe(1001)
      expect(await store.prune(t0 + 600 * minute)).toBe(601)
      expect((await samplesOf(store, 'g-1/m-1/power')).map(([, value]) => value)).toEqual(
        Array.from({ length: 400 }, (_, i) => 600 + i),
      )
      expect((await store.stats()).samples).toBe(400)
      expect(await store.prune(t0 + 600 * minute)).toBe(0)
      expect(await store.latest(['g-1/old/x', 'g-1/m-1/power'])).toEqual([
        { point: 'g-1/m-1/power', t: t0 + 999 * minute, value: 999, quality: 'good' },
      ])
    })

    test('a pruned series can be written again', async () => {
      await using store = await open()
      await store.append([of('g-1', one(t0, 1))])
      await store.prune(t0 + day)
      await store.append([of('g-1', one(t0 + 2, 5))])
      expect(await store.latest(['g-1/m-1/power'])).toMatchObject([{ t: t0 + 2, value: 5 }])
    })
  })

  test(`${name}: stats count series, samples and bytes`, async () => {
    await using store = await open()
    await store.append([of('g-1', one(t0, 1), one(t0, 2, good, 'm-2/power'))])
    await store.append([of('g-1', one(t0 + 1, 1))])
    const stats = await store.stats()
    expect(stats).toMatchObject({ series: 2, samples: 3 })
    expect(stats.bytes ?? 1).toBeGreaterThan(0)
  })
}
