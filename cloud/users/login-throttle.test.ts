import { expect, test } from 'vitest'
import { LoginThrottle } from './login-throttle.ts'

const policy = { freeFailures: 2, firstWaitMs: 1_000, maxWaitMs: 8_000, forgetAfterMs: 60_000 }

function fail(throttle: LoginThrottle, key: string, at: number): void {
  throttle.begin(key, at)
  throttle.failed(key, at)
}

test('the wait doubles up to its limit and is forgotten after a while', () => {
  const throttle = new LoginThrottle(policy)
  const waits = Array.from({ length: 7 }, () => {
    fail(throttle, 'li', 0)
    return throttle.waitMs('li', 0)
  })
  expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  expect(throttle.waitMs('li', 5_000)).toBe(3_000)
  expect(throttle.waitMs('wang', 0)).toBe(0)
  expect(throttle.waitMs('li', 60_001)).toBe(0)
  fail(throttle, 'li', 60_001)
  expect(throttle.waitMs('li', 60_001)).toBe(0)
})

test('many attempts at once count before they are decided', () => {
  const throttle = new LoginThrottle(policy)
  throttle.begin('li', 0)
  throttle.begin('li', 0)
  expect(throttle.waitMs('li', 0)).toBe(1_000)
  throttle.abandoned('li')
  throttle.abandoned('li')
  expect(throttle.waitMs('li', 0)).toBe(0)
})

test('success starts over', () => {
  const throttle = new LoginThrottle(policy)
  for (let i = 0; i < 5; i++) fail(throttle, 'li', 0)
  throttle.begin('li', 0)
  throttle.succeeded('li')
  expect(throttle.waitMs('li', 0)).toBe(0)
})

test('the number of keys is bounded', () => {
  const throttle = new LoginThrottle(policy)
  for (let i = 0; i < 3; i++) fail(throttle, 'first', 0)
  for (let i = 0; i < 10_000; i++) fail(throttle, `key ${i}`, 0)
  expect(throttle.waitMs('first', 0)).toBe(0)
  for (let i = 0; i < 3; i++) fail(throttle, 'key 9999', 0)
  expect(throttle.waitMs('key 9999', 0)).toBeGreaterThan(0)
})
