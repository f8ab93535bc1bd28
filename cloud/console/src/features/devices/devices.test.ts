import { expect, test } from 'vitest'
import { deviceTopics } from './device-topics.ts'
import { devicesSearch } from './devices-search.ts'

test('filters come from the address, and nothing else does', () => {
  expect(devicesSearch({ gateway: 'school-a', q: ' lux ', page: 3 })).toEqual({
    gateway: 'school-a',
    q: 'lux',
  })
  expect(devicesSearch({ gateway: '../x', q: '' })).toEqual({})
  expect(devicesSearch({ q: 12 })).toEqual({ q: '12' })
})

test('a short list listens to its devices, a long one to their gateways', () => {
  const devices = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: `g/d${i}`, gateway: 'g' }))
  expect(deviceTopics(devices(2))).toEqual(['points:g/d0', 'points:g/d1'])
  expect(deviceTopics(devices(400))).toEqual(['points:g'])
})
