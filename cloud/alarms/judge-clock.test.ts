import { expect, test } from 'vitest'
import { judgeClock } from './judge-clock.ts'

test('a clock is wrong above the limit in either direction, and right again below half of it', () => {
  const offsets = [60_000, 60_001, 59_000, 30_001, 30_000, 45_000, -60_001, -30_001, -29_000]
  let wrong = false
  const seen = offsets.map((offsetMs) => {
    wrong = judgeClock(offsetMs, 60_000, wrong)
    return wrong
  })
  expect(seen).toEqual([false, true, true, true, false, false, true, true, false])
})
