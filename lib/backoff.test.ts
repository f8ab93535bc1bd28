import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

const limits = { firstMs: 500, maxMs: 15_000 }

test('the delay doubles up to its cap', () => {
  const middle = (attempt: number) => backoffMs(attempt, limits, () => 0.5)
  expect([0, 1, 2, 3, 4, 5, 100].map(middle)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000])
})

test('delays are spread by thirty percent either way', () => {
  expect(backoffMs(0, limits, () => 0)).toBe(350)
  expect(backoffMs(0, limits, () => 1)).toBe(650)
})
