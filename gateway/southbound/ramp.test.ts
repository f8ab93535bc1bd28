import { expect, test } from 'vitest'
import { rampValues } from './ramp.ts'

test.each([
  [0, 100, 50, [25, 50, 75, 100]],
  [100, 40, 40, [80, 60, 40]],
  [20, 20, 10, [20]],
  [0, 1, 10, [1]],
  [0, 10.5, 10, [3.5, 7, 10.5]],
])('from %d to %d by at most %d a second', (from, to, maxPerS, expected) => {
  expect([...rampValues(from, to, maxPerS)]).toEqual(expected)
})
