/**
 * thingsboard/thingsboard-gateway#343 (also #799, #1944): 34 meters with 34 values each every 10 s fail above 14 meters, all
 * of them polled in the same instant, and nobody says beforehand that it cannot work.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loadGateway } from '#gateway/load-gateway.ts'
import { address, device, point } from '#gateway/southbound/modbus/fixtures/devices.ts'
import { filled, rawServer } from '#gateway/southbound/modbus/fixtures/servers.ts'
import { runModbus } from '../support/running-modbus.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const meters = Array.from({ length: 34 }, (_, i) => i + 1)

async function problemsAt(baud: number) {
  await using folder = await tempFolder()
  const file = join(folder.path, 'gateway.yaml')
  await mkdir(join(folder.path, 'data'))
  const buses = `buses: [{ id: plant, protocol: modbus-rtu, path: /dev/serial/by-id/usb-1, baud: ${baud} }]`
  const devices = meters.map(
    (unit) => `  - { id: meter-${unit}, profile: eastron.sdm630, bus: plant, unit: ${unit} }`,
  )
  const text = [
    ...[
      'gateway: { id: school-a }',
      'broker: { port: 1883 }',
      `profiles: ${resolve('device-profiles')}`,
      buses,
    ],
    ...['devices:', ...devices],
  ]
  await writeFile(file, text.join('\n'))
  return await loadGateway(file, {})
}

test('a bus that cannot carry its devices is refused before anything runs, with the arithmetic', async () => {
  const { problems, setup } = await problemsAt(9600)
  expect(setup).toBeUndefined()
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatchObject({
    path: 'buses[0]',
    message: expect.stringMatching(
      /^bus plant would need [2-9]\d{3} ms of requests in every 1000 ms: 34 units, [\d.]+ requests\/s at 9600 8N1; most for unit \d+ \d+ ms, .*; poll less often, raise the baud rate, or spread the devices over more buses$/,
    ),
  })
})

test('a faster line that can is accepted, and says so where it gets tight', async () => {
  const { problems, warnings } = await problemsAt(115_200)
  expect(problems).toEqual([])
  expect(warnings.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(
      /^bus plant runs at 115200 8N1, and meter-1 \(eastron.sdm630\) is known to run at 9600 8N1, /,
    ),
  )
})

test('34 meters with 34 values each keep their beat, spread over the period and not in one burst', async () => {
  await using server = await rawServer((request) => [filled(request, 7)])
  const pollMs = 1000
  const points = Array.from({ length: 34 }, (_, i) =>
    point(`x.v${i}`, { addr: i * 2, count: 2, type: 'f32' }, { pollMs }),
  )
  const devices = meters.map((unit) => device(`meter-${unit}`, unit, { points, address: address(unit) }))
  await using run = runModbus({ id: 'plant', host: '127.0.0.1', port: server.port }, devices)
  await waitFor(() => expect(run.links).toHaveLength(34))
  await sleep(2 * pollMs)
  const from = performance.now()
  await sleep(5 * pollMs)
  const asked = server.requests.filter(({ at }) => at >= from).map(({ at }) => at)
  // One request for 34 values; 34 a second.
  expect(asked.length / (34 * 5)).toBeGreaterThan(0.95)
  expect(asked.length / (34 * 5)).toBeLessThan(1.05)
  const slots = new Map<number, number>()
  for (const at of asked)
    slots.set(Math.floor((at - from) / 200), (slots.get(Math.floor((at - from) / 200)) ?? 0) + 1)
  // 6.8 on the average in a fifth of the period; all at once would be 34.
  expect(Math.max(...slots.values())).toBeLessThanOrEqual(14)
  expect(run.driver.report()).toMatchObject({ overruns: 0, timeouts: 0 })
})
