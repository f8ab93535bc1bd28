import { expect, test } from 'vitest'
import { Audience } from './audience.ts'

function watched(root = 'points') {
  const audience = new Audience<string>()
  const told: boolean[] = []
  const end = audience.watch(root, (listening) => told.push(listening))
  return { audience, told, end }
}

test('the first listener and the last one to leave are told, those in between are not', () => {
  const { audience, told } = watched()
  audience.add('panel', 'points/meter-1/#')
  audience.add('flow', 'points/+/illuminance')
  audience.leave('panel')
  audience.remove('flow', ['points/+/illuminance'])
  expect(told).toEqual([false, true, false])
})

test('a wildcard at the front listens to everything, another root to nothing of ours', () => {
  const { audience, told } = watched()
  audience.add('panel', 'alarms/#')
  expect(told).toEqual([false])
  audience.add('panel', '+/meter-1/#')
  expect(told).toEqual([false, true])
  audience.remove('panel', ['+/meter-1/#'])
  audience.add('panel', '#')
  expect(told).toEqual([false, true, false, true])
})

test('who no longer watches is not told', () => {
  const { audience, told, end } = watched()
  end()
  audience.add('panel', 'points/#')
  expect(told).toEqual([false])
})
