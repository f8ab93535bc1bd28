import { expect, test } from 'vitest'
import { type DeviceFacts, deviceState, judge, type PointWorth } from './judge.ts'

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

const facts = (said: Partial<DeviceFacts>): DeviceFacts => ({
  link: 'up',
  gatewayConnected: true,
  removed: false,
  ...said,
})

test('a device is as well as the worst of its points', () => {
  expect(deviceState(facts({ link: 'up' }), of('good', 'good')).state).toBe('normal')
  expect(deviceState(facts({ link: 'up' }), of('good', 'stale', 'bad'))).toEqual({
    state: 'bad',
    count: 1,
    of: 3,
  })
  expect(deviceState(facts({ link: 'unknown' }), of('good', 'stale'))).toEqual({
    state: 'stale',
    count: 1,
    of: 2,
  })
  expect(deviceState(facts({ link: 'down' }), of('good')).state).toBe('offline')
  expect(deviceState(facts({ link: 'up', removed: true }), of('good')).state).toBe('removed')
})

test('a device that never spoke is neither normal nor offline', () => {
  expect(deviceState(facts({ link: 'up' }), of('none', 'none')).state).toBe('none')
  expect(deviceState(facts({ link: 'up' }), []).state).toBe('none')
})

test('the silence of an event point says nothing', () => {
  const points: PointWorth[] = [...of('good'), { worth: 'stale', kind: 'event' }]
  expect(deviceState(facts({ link: 'up' }), points).state).toBe('normal')
})

test('behind a gateway that is away nothing is known of now, however well it was', () => {
  expect(deviceState(facts({ gatewayConnected: false }), of('good', 'good')).state).toBe('away')
  expect(deviceState(facts({ gatewayConnected: false, link: 'down' }), of('bad')).state).toBe('away')
  expect(deviceState(facts({ gatewayConnected: false, removed: true }), of('good')).state).toBe('removed')
})
