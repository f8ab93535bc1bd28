import { expect, test } from 'vitest'
import { DeviceMachines } from './device-machines.ts'

test('what is new is told once; what a device that is gone said is forgotten', () => {
  let told = 0
  const machines = new DeviceMachines(() => told++)
  machines.set('cam-1', { maker: 'Acme', firmware: '1' })
  const before = machines.all
  machines.set('cam-1', { maker: 'Acme', firmware: '1' })
  expect([told, machines.all === before]).toEqual([1, true])
  machines.set('cam-1', { maker: 'Acme', firmware: '2' })
  machines.set('cam-2', { maker: 'Acme' })
  expect([told, machines.all.get('cam-1')]).toEqual([3, { maker: 'Acme', firmware: '2' }])
  machines.use(['cam-2', 'meter-1'])
  expect([...machines.all.keys()]).toEqual(['cam-2'])
})
