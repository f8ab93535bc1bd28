import { expect, test } from 'vitest'
import { DeviceClock } from './device-clock.ts'

const minute = 60_000
const trusted = (lags: readonly (readonly [at: number, lag: number])[]): boolean[] => {
  const clock = new DeviceClock(10 * minute)
  return lags.map(([at, lag]) => clock.trusts(at - lag, at))
}

test('a clock that is right, or a little off, is believed', () => {
  const seen = [0, 1, 2, 3].map((i) => [i * minute, 9 * minute] as const)
  expect(trusted(seen)).toEqual([true, true, true, true])
})

test('a clock that lags by the same hour again and again is not', () => {
  const seen = [0, 1, 2, 3].map((i) => [i * minute, 60 * minute + i] as const)
  expect(trusted(seen)).toEqual([true, true, false, false])
})

test('it is believed again when it was set', () => {
  const clock = new DeviceClock(10 * minute)
  for (const i of [0, 1, 2]) clock.trusts(i * minute - 60 * minute, i * minute)
  expect(clock.behindMs).toBe(60 * minute)
  expect(clock.trusts(3 * minute, 3 * minute)).toBe(true)
  expect(clock.behindMs).toBeUndefined()
})

test('a queue that was held up for hours keeps its times: it comes at once and catches up', () => {
  const burst = [0, 1, 2, 3, 4].map((i) => [i * 10, (300 - i) * minute] as const)
  expect(trusted(burst)).toEqual([true, true, true, true, true])
  const sameSecond = [0, 1, 2, 3, 4].map((i) => [i * 10, 300 * minute - i * 1000] as const)
  expect(trusted(sameSecond)).toEqual([true, true, true, true, true])
})
