import { expect, test } from 'vitest'
import type { QualityFigureName } from '#contract/api/alarms.ts'
import { isChattering, withActivation } from './chatter.ts'
import { floodMs, nextFlood, quietPost } from './flood.ts'
import { type Annunciation, qualityOf, type Span } from './quality.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const from = Date.UTC(2026, 0, 5)

const at = (ms: number, key = 'a', priority = 4): Annunciation => ({ at: from + ms, key, priority })
const figures = (annunciations: readonly Annunciation[], spans: readonly Span[] = [], to = from + day) => {
  const all = qualityOf({ from, to, annunciations, spans, unauthorised: 0 })
  return (name: QualityFigureName) => all.find((one) => one.name === name)
}

test('three within a minute chatter, the minute included; two do not, nor do the same ones told again', () => {
  const ring = (times: readonly number[]) => isChattering(times.reduce<number[]>(withActivation, []))
  expect([ring([0, 30_000, 60_000]), ring([0, 30_000, 60_001]), ring([0, 1]), ring([0, 0, 0, 0])]).toEqual([
    true,
    false,
    false,
    false,
  ])
  expect(ring([0, 60_000, 120_000, 130_000, 140_000])).toBe(true)
  expect(ring([60_000, 0, 30_000])).toBe(true) // late ones keep the order of their times
})

test('a flood begins with the eleventh in ten minutes and ends when fewer than five are left', () => {
  let flood = quietPost
  for (let n = 0; n < 10; n++) flood = nextFlood(flood, n * 1_000, [n * 1_000])
  expect(flood.inFlood).toBe(false)
  flood = nextFlood(flood, 10_000, [10_000])
  expect(flood).toMatchObject({ inFlood: true, since: 10_000 })
  expect(nextFlood(flood, 600_000 + 5_000).inFlood).toBe(true) // five are left
  expect(nextFlood(flood, 600_000 + 6_000)).toMatchObject({ inFlood: false, since: undefined })
})

test('time in flood agrees with the machine that runs live, whatever comes', () => {
  for (let seed = 1; seed < 30; seed++) {
    const times = Array.from({ length: 80 }, (_, i) => from + 1_000 * ((i * i * seed * 7_919) % (3 * 3_600)))
    let flood = quietPost
    let live = 0
    for (let now = from; now < from + 4 * hour; now += 1_000) {
      flood = nextFlood(
        flood,
        now,
        times.filter((one) => one > now - 1_000 && one <= now),
      )
      if (flood.inFlood) live += 1_000
    }
    expect([seed, floodMs(times, from, from + 4 * hour)]).toEqual([seed, live])
  }
})

test('rates and peaks are of one post over the range, with their targets and where these come from', () => {
  const busy = Array.from({ length: 48 }, (_, n) => at(n * 30 * minute, `k${n}`))
  const of = figures(busy)
  expect(of('annunciations')).toEqual({ name: 'annunciations', unit: 'count', value: 48 })
  expect(of('perHour')).toEqual({
    ...{ name: 'perHour', unit: 'count', value: 2, isMet: true },
    target: { kind: 'atMost', value: 5 },
    source: { document: 'EEMUA 191 / ISA-18.2', verified: 'V' },
  })
  expect([of('perDay')?.value, of('peakHour')?.value, of('peakMinute')?.value]).toEqual([48, 2, 1])
  expect(of('floodShare')?.value).toBe(0)
})

test('shares of priorities and of the ten busiest; without annunciations there is none', () => {
  const some = [at(0, 'a', 1), at(1, 'a', 4), at(2, 'b', 4), at(3, 'c', 4)]
  // Of four nothing can be said; of four times five it can.
  for (const share of ['priority1Share', 'topTenShare'] as const)
    expect(figures(some)(share)).not.toHaveProperty('isMet')
  const of = figures(Array(5).fill(some).flat())
  expect(of('priority1Share')).toMatchObject({ value: 0.25, isMet: false })
  expect(of('priority4Share')).toMatchObject({ value: 0.75, isMet: true })
  expect(of('topTenShare')).toMatchObject({ value: 1, isMet: false })
  const none = figures([])('topTenShare')
  expect(none).not.toHaveProperty('value')
  expect(none).not.toHaveProperty('isMet')
})

test('chattering sources are counted, not their alarms', () => {
  const of = figures([at(0, 'a'), at(20_000, 'a'), at(40_000, 'a'), at(50_000, 'a'), at(0, 'b')])
  expect(of('chattering')).toMatchObject({ value: 1, isMet: false })
})

const span = (raised: number, cleared?: number, acked?: number, key = 'a'): Span => ({
  ...{ key, raisedAt: from + raised },
  clearedAt: cleared === undefined ? undefined : from + cleared,
  ackedAt: acked === undefined ? undefined : from + acked,
})

test('fleeting: over within ten seconds, untouched, and not there again within a minute', () => {
  const fleeting = (spans: readonly Span[]) => figures([], spans)('fleeting')?.value
  expect(fleeting([span(0, 9_000)])).toBe(1)
  expect(fleeting([span(0, 11_000)])).toBe(0)
  expect(fleeting([span(0, 9_000, 5_000)])).toBe(0)
  expect(fleeting([span(0, 9_000), span(30_000, 39_000)])).toBe(1) // only the last one is alone
})

test('stale: on for more than a day; the worst end of a day counts', () => {
  const stale = (spans: readonly Span[]) => figures([], spans, from + 3 * day)('stale')?.value
  expect(stale([span(0), span(0, 2 * day + 1), span(0, day - 1)])).toBe(2)
  expect(stale([span(2 * day + 1)])).toBe(0)
})
