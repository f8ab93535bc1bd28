import { expect, test } from 'vitest'
import type { Trouble } from '#contract/device-errors.ts'
import { DeviceErrors } from './device-errors.ts'

const topic = (place: string, text = 'not-json'): Trouble => ({ kind: 'payload_refused', place, text })

test('the same thing at the same place is counted, with its first and its last time and its last text', () => {
  const errors = new DeviceErrors(1_000)
  errors.add('lux-1', topic('a'), 2_000)
  errors.add('lux-1', { kind: 'clock_wrong', place: 'a', text: 'behind' }, 3_000)
  errors.add('lux-1', topic('a', 'too-large'), 4_000)
  expect(errors.of('lux-1')).toEqual([
    { kind: 'payload_refused', place: 'a', text: 'too-large', count: 2, firstAt: 2_000, lastAt: 4_000 },
    { kind: 'clock_wrong', place: 'a', text: 'behind', count: 1, firstAt: 3_000, lastAt: 3_000 },
  ])
  expect(errors.of('lux-2')).toEqual([])
})

test('of one device the twenty last ones are kept, and one that goes on is not the oldest', () => {
  const errors = new DeviceErrors(0)
  for (let i = 0; i < 30; i++) {
    errors.add('lux-1', topic(`t/${i}`), i)
    errors.add('lux-1', topic('always'), i)
  }
  const places = errors.of('lux-1').map(({ place }) => place)
  expect(places).toHaveLength(20)
  expect(places.slice(0, 2)).toEqual(['always', 't/29'])
  expect(places).not.toContain('t/10')
  expect(errors.of('lux-1')[0]?.count).toBe(30)
})

test('of all devices together two thousand are kept: whoever was quiet for longest is forgotten first', () => {
  const errors = new DeviceErrors(0)
  for (let i = 0; i < 20; i++) errors.add('old', topic(`t/${i}`), i)
  for (let device = 0; device < 99; device++) {
    for (let i = 0; i < 20; i++) errors.add(`d-${device}`, topic(`t/${i}`), 100 + device)
  }
  expect(errors.of('old')).toHaveLength(20)
  for (let i = 0; i < 5; i++) errors.add('new', topic(`t/${i}`), 1_000)
  expect(errors.of('old')).toHaveLength(15)
  expect(errors.of('new')).toHaveLength(5)
  expect(errors.of('d-0')).toHaveLength(20)
})

test('a device that is taken away is forgotten, and its room is free again', () => {
  const errors = new DeviceErrors(0)
  for (let device = 0; device < 100; device++) {
    for (let i = 0; i < 20; i++) errors.add(`d-${device}`, topic(`t/${i}`), device)
  }
  errors.use(['d-0', 'd-1'])
  expect(errors.of('d-50')).toEqual([])
  errors.add('d-2', topic('a'), 1_000)
  expect(errors.of('d-0')).toHaveLength(20)
})

test('what is too long is cut', () => {
  const errors = new DeviceErrors(0)
  errors.add('lux-1', topic('p'.repeat(1_000), 't'.repeat(1_000)), 0)
  const [error] = errors.of('lux-1')
  expect([error?.place.length, error?.text.length]).toEqual([200, 300])
})
