import { expect, test } from 'vitest'
import { SimulatedPoints } from './simulated-points.ts'

const monday = Date.UTC(2026, 0, 5)

function meter(device = 'meter-1'): SimulatedPoints {
  return new SimulatedPoints({
    device,
    utcOffsetMin: 0,
    points: [
      { id: 'energy', generator: { gen: 'integrate', of: 'power', mul: 1, start: 0 } },
      { id: 'power', generator: { gen: 'sum', of: ['l1', 'l2'] } },
      { id: 'l1', generator: { gen: 'const', value: 3 } },
      { id: 'l2', generator: { gen: 'const', value: 4 } },
      { id: 'relay', generator: { gen: 'follow', start: false, delayMs: 0 } },
      { id: 'noise', generator: { gen: 'gauss', mean: 0, sd: 1 } },
    ],
  })
}

test('a point is computed after those it is made of, whatever the order in the file', () => {
  const points = meter()
  points.advance(monday)
  expect(points.value('power')).toBe(7)
  points.advance(monday + 3_600_000)
  expect(points.value('energy')).toBe(7)
})

test('a value set by hand stays until it is released, and counts for what is made of it', () => {
  const points = meter()
  points.hold('l1', 10)
  points.advance(monday)
  points.advance(monday + 1000)
  expect(points.value('l1')).toBe(10)
  expect(points.value('power')).toBe(14)
  expect(points.list().find(({ id }) => id === 'l1')?.held).toBe(true)
  points.release('l1')
  points.advance(monday + 2000)
  expect(points.value('power')).toBe(7)
})

test('what a client writes is followed, also by a point that has another signal', () => {
  const points = meter()
  points.advance(monday)
  points.write('relay', true, monday + 10)
  points.write('l2', 9, monday + 10)
  expect(points.value('relay')).toBe(true)
  expect(points.value('l2')).toBe(9)
  points.advance(monday + 1000)
  expect(points.value('power')).toBe(12)
})

test('points made of each other do not hang', () => {
  const ring = new SimulatedPoints({
    device: 'ring',
    utcOffsetMin: 0,
    points: [
      { id: 'a', generator: { gen: 'copy', of: 'b' } },
      { id: 'b', generator: { gen: 'copy', of: 'a' } },
    ],
  })
  ring.advance(monday)
  expect(ring.value('a')).toBeNull()
})

test('the device id decides the series', () => {
  const value = (device: string) => {
    const points = meter(device)
    points.advance(monday)
    return points.value('noise')
  }
  expect(value('meter-1')).toBe(value('meter-1'))
  expect(value('meter-1')).not.toBe(value('meter-2'))
})
