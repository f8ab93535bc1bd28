import { expect, test } from 'vitest'
import { autonomyHours, RateMeter } from './autonomy.ts'

test('a steady rate is known after a short time and follows a change', () => {
  const meter = new RateMeter(0, 600_000)
  for (let t = 1_000; t <= 60_000; t += 1_000) meter.add(500, t)
  expect(meter.perMs(60_000)).toBeCloseTo(0.5, 1)
  for (let t = 61_000; t <= 3_600_000; t += 1_000) meter.add(100, t)
  expect(meter.perMs(3_600_000)).toBeCloseTo(0.1, 1)
})

test('hours left are the free budget at the present rate', () => {
  const budgetBytes = 512_000_000
  expect(autonomyHours({ budgetBytes, usedBytes: 12_000_000, bytesPerMs: 0.05 })).toBeCloseTo(2_777.8, 1)
  expect(autonomyHours({ budgetBytes, usedBytes: 600_000_000, bytesPerMs: 0.05 })).toBe(0)
  expect(autonomyHours({ budgetBytes, usedBytes: 0, bytesPerMs: 0 })).toBeUndefined()
})
