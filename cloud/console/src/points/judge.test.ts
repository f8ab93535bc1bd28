import { expect, test } from 'vitest'
import { deviceState, judge, type PointWorth } from './judge.ts'

const good = { t: 1000, value: 1, quality: 'good' as const }

test('a good sample older than its limit is stale, one without a limit is not', () => {
  expect(judge(good, 500, 1500)).toBe('good')
  expect(judge(good, 500, 1501)).toBe('stale')
  expect(judge(good, undefined, 1e12)).toBe('good')
  expect(judge(good, 0, 1e12)).toBe('good')
})

test('what the gateway says is believed, and nothing is not good', () => {
  expect(judge({ ...good, quality: 'stale' }, undefined, 1000)).toBe('stale')
  expect(judge({ ...good, quality: 'bad', value: null }, undefined, 1000)).toBe('bad')
  expect(judge(undefined, undefined, 1000)).toBe('none')
})

const of = (...worths: PointWorth['worth'][]): PointWorth[] => worths.map((worth) => ({ worth, kind: 'num' }))

test('a device is as well as the worst of its points', () => {
  expect(deviceState('up', false, of('good', 'good')).state).toBe('normal')
  expect(deviceState('up', false, of('good', 'stale', 'bad'))).toEqual({ state: 'bad', count: 1, of: 3 })
  expect(deviceState('unknown', false, of('good', 'stale'))).toEqual({ state: 'stale', count: 1, of: 2 })
  expect(deviceState('down', false, of('good')).state).toBe('offline')
  expect(deviceState('up', true, of('good')).state).toBe('removed')
})

test('a device that never spoke is neither normal nor offline', () => {
  expect(deviceState('up', false, of('none', 'none')).state).toBe('none')
  expect(deviceState('up', false, []).state).toBe('none')
})

test('the silence of an event point says nothing', () => {
  const points: PointWorth[] = [...of('good'), { worth: 'stale', kind: 'event' }]
  expect(deviceState('up', false, points).state).toBe('normal')
})
