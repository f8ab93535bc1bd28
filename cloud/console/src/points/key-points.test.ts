import { expect, test } from 'vitest'
import type { Point } from '#contract/api/points.ts'
import { keyPoints } from './key-points.ts'
import { boolWord, deviceOf, nameInDevice } from './words.ts'

const point = (id: string, more: Partial<Point> = {}): Point => ({
  id: `g/d/${id}`,
  device: 'g/d',
  kind: 'num',
  unit: '1',
  title: { en: id },
  ...more,
})
const names = (points: Point[]) => points.map(({ id }) => nameInDevice(id))

test('a list shows what a person looks for first', () => {
  const meter = ['current.l1', 'energy.active.import', 'power.active', 'voltage.l1'].map((id) => point(id))
  expect(names(keyPoints(meter, 3))).toEqual(['power.active', 'energy.active.import', 'current.l1'])
})

test('a removed point is not shown, signal strength only when nothing else is there', () => {
  const points = [point('rssi'), point('x.odd'), point('noise'), point('co2', { removedAt: 'x' })]
  expect(names(keyPoints(points, 2))).toEqual(['noise', 'rssi'])
})

test('a part of a device counts as what its point measures', () => {
  const points = [point('battery'), point('room.1/temperature')]
  expect(names(keyPoints(points, 1))).toEqual(['room.1/temperature'])
})

test('yes and no have words that fit the point', () => {
  expect(boolWord('g/d/relay.1', true)).toBe('on')
  expect(boolWord('g/d/occupied', false)).toBe('vacant')
  expect(boolWord('g/d/part.1/door.open', true)).toBe('open')
  expect(boolWord('g/d/smoke', false)).toBe('clear')
})

test('ids are taken apart', () => {
  expect(deviceOf('g/d/part.1/p')).toBe('g/d')
  expect(nameInDevice('g/d/part.1/p')).toBe('part.1/p')
})
