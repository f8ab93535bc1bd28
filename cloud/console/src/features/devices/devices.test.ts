import { expect, test } from 'vitest'
import { devicesSearch } from './devices-search.ts'

test('filters come from the address, and nothing else does', () => {
  expect(devicesSearch({ gateway: 'school-a', q: ' lux ', page: 3 })).toEqual({
    gateway: 'school-a',
    q: 'lux',
  })
  expect(devicesSearch({ gateway: '../x', q: '' })).toEqual({})
  expect(devicesSearch({ q: 12 })).toEqual({ q: '12' })
  expect(devicesSearch({ after: 'WyJhIl0', q: 'x' })).toEqual({ after: 'WyJhIl0', q: 'x' })
})
