import { expect, test } from 'vitest'
import { RateLimit } from './rate-limit.ts'

test('one call per key and interval passes and reports how many were left out', () => {
  const limit = new RateLimit(1000)
  expect(limit.pass('a', 0)).toBe(0)
  expect(limit.pass('a', 1)).toBeUndefined()
  expect(limit.pass('a', 999)).toBeUndefined()
  expect(limit.pass('b', 999)).toBe(0)
  expect(limit.pass('a', 1000)).toBe(2)
})

test('keys are bounded, however many sources there are', () => {
  const limit = new RateLimit(1000, 2)
  for (const key of ['a', 'b', 'c']) limit.pass(key, 0)
  expect(limit.pass('a', 1)).toBe(0)
  expect(limit.pass('c', 1)).toBeUndefined()
})
