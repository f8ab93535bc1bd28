/** thingsboard/thingsboard-gateway#2127: thirteen logical devices on one physical unit cost thirteen polls. */
import { expect, test } from 'vitest'
import { device, point } from '#gateway/southbound/modbus/fixtures/devices.ts'
import { filled, rawServer } from '#gateway/southbound/modbus/fixtures/servers.ts'
import { runModbus } from '../support/running-modbus.ts'
import { waitFor } from '../support/wait-for.ts'

test('thirteen logical devices on one unit are read together: as many requests as for one', async () => {
  await using server = await rawServer((request) => [filled(request, request.addr + 7)])
  const names = Array.from({ length: 13 }, (_, i) => `room-${i + 1}`)
  const pollMs = 200
  const devices = names.map((name, i) =>
    device(name, 1, {
      points: [
        point('x.level', { addr: i * 2 }, { pollMs }),
        point('x.power', { addr: i * 2 + 1 }, { pollMs }),
      ],
    }),
  )
  await using run = runModbus({ id: 'plant', host: '127.0.0.1', port: server.port }, devices)
  const readsOf = (name: string) =>
    run.readings.filter((one) => one.device === name && one.point === 'x.level')
  await waitFor(() => expect(readsOf('room-13').length).toBeGreaterThanOrEqual(10))

  expect(new Set(server.requests.map(({ unit, addr, word }) => `${unit}: ${addr}+${word}`))).toEqual(
    new Set(['1: 0+26']),
  )
  // Every device has its own values and its own link, from the same answers.
  for (const name of names)
    expect(Math.abs(readsOf(name).length - server.requests.length)).toBeLessThanOrEqual(1)
  expect(run.links.map(({ device: id, state }) => `${id} ${state}`).toSorted()).toEqual(
    names.map((name) => `${name} up`).toSorted(),
  )
  const [unit, ...others] = run.driver.report().units
  expect(others).toEqual([])
  expect(unit?.devices).toEqual(names)
})

test('the same register may belong to two devices, and is still asked for once', async () => {
  await using server = await rawServer((request) => [filled(request, 7)])
  const shared = point('x.outdoor', { addr: 5 })
  const devices = ['hall', 'gym'].map((name) => device(name, 1, { points: [shared] }))
  await using run = runModbus({ id: 'plant', host: '127.0.0.1', port: server.port }, devices)
  await waitFor(() => expect(new Set(run.readings.map(({ device: id }) => id)).size).toBe(2))
  expect(server.requests.every(({ addr, word }) => addr === 5 && word === 1)).toBe(true)
  expect(Math.abs(run.readings.length - 2 * server.requests.length)).toBeLessThanOrEqual(2)
})
