/**
 * thingsboard/thingsboard-gateway#1589 (also #406, #1821): every tag is a request of its own, or ranges are cut to 16
 * registers. What is asked for here: as few requests as the device allows, its maximum kept, holes never touched.
 */
import { expect, test } from 'vitest'
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { address, device, point } from '#gateway/southbound/modbus/fixtures/devices.ts'
import { exception, filled, rawServer } from '#gateway/southbound/modbus/fixtures/servers.ts'
import { fewestRequests, planReads } from '#gateway/southbound/modbus/plan-reads.ts'
import { subjectsOf } from '../device-profiles/subjects.ts'
import { runModbus } from '../support/running-modbus.ts'
import { waitFor } from '../support/wait-for.ts'

test('a hundred tags in a row are one request', async () => {
  await using server = await rawServer((request) => [filled(request, 7)])
  const points = Array.from({ length: 100 }, (_, addr) => point(`x.t${addr}`, { addr }))
  await using run = runModbus({ id: 'plant', host: '127.0.0.1', port: server.port }, [
    device('meter', 1, { points }),
  ])
  await waitFor(() => expect(run.readings.length).toBeGreaterThanOrEqual(300))
  expect(new Set(server.requests.map(({ addr, word }) => `${addr}+${word}`))).toEqual(new Set(['0+100']))
})

test('a device that refuses long reads and reads over its holes is never asked for one', async () => {
  const isHole = (addr: number) => addr % 10 === 9
  let refused = 0
  await using server = await rawServer((request) => {
    const { addr, word: count } = request
    const asked = Array.from({ length: count }, (_, i) => addr + i)
    if (count <= 20 && !asked.some(isHole)) return [filled(request, 7)]
    refused++
    return [exception(request, 2)]
  })
  const points = Array.from({ length: 100 }, (_, addr) => addr)
    .filter((addr) => !isHole(addr))
    .map((addr) => point(`x.t${addr}`, { addr }))
  const limits = { maxRegs: 20, maxBits: 2000, maxGap: 0, maxBitGap: 0, align: 1, evenCount: false }
  const meter = device('meter', 1, { points, address: address(1, { limits }) })
  await using run = runModbus({ id: 'plant', host: '127.0.0.1', port: server.port }, [meter])
  await waitFor(() => expect(run.readings.length).toBeGreaterThanOrEqual(300))
  expect(refused).toBe(0)
  expect(new Set(server.requests.map(({ addr }) => addr)).size).toBe(10)
})

test('no shipped profile needs more requests than its lower bound where all its points have one period', () => {
  const devices = subjectsOf(loadProfiles('device-profiles').profiles.values()).map(({ device: one }) => one)
  const meters = devices.filter((one): one is ModbusDevice => one.protocol === 'modbus')
  expect(meters.length).toBeGreaterThan(5)
  for (const { profile, points, address: at } of meters) {
    const alike = points.map((one) => ({ ...one, pollMs: 1000 }))
    const rules = { limits: at.limits, groups: [] }
    expect(planReads(alike, rules).length, profile.id).toBe(fewestRequests(alike, at.limits))
  }
})
