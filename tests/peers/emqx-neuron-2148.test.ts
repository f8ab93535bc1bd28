/** emqx/neuron#2148: the broadcasts of a lighting panel on an RTU line break the framing and drop the whole serial link. */
import { expect, test } from 'vitest'
import { good } from '#contract/quality.ts'
import type { BusConfig } from '#gateway/southbound/modbus/bus-config.ts'
import { device } from '#gateway/southbound/modbus/fixtures/devices.ts'
import {
  type RtuServer,
  rtuFilled,
  rtuFrame,
  rtuOnPort,
  rtuOverTcp,
} from '#gateway/southbound/modbus/fixtures/rtu-server.ts'
import { openPtyPair } from '../support/pty-pair.ts'
import { type RunningModbus, runModbus } from '../support/running-modbus.ts'
import { describeWith } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'

const line = { baud: 115_200, parity: 'none', stop: 1 } as const
/** What panels send when somebody presses a key: a write to everybody, a report of their own, a torn frame. */
const broadcasts = [
  rtuFrame(0, [6, 0, 1, 0, 0xff]),
  rtuFrame(0, [16, 0, 0, 0, 2, 4, 0, 1, 0, 2]),
  rtuFrame(77, [4, 4, 1, 2, 3, 4]),
  Buffer.from([0x00, 0x06, 0x00]),
]

async function panelOn(server: RtuServer, run: RunningModbus): Promise<void> {
  let said = 0
  const panel = setInterval(() => server.say(broadcasts[said++ % broadcasts.length] ?? Buffer.alloc(0)), 17)
  try {
    const before = run.readings.length
    await waitFor(() => expect(run.readings.length - before).toBeGreaterThan(100), { timeoutMs: 20_000 })
    await waitFor(() => expect(said).toBeGreaterThan(40))
  } finally {
    clearInterval(panel)
  }
}

function expectUnharmed(run: RunningModbus): void {
  const report = run.driver.report()
  expect(report).toMatchObject({ connects: 1, connected: true })
  expect(report.unsolicited).toBeGreaterThan(5)
  expect(report.advice).toContainEqual(expect.objectContaining({ code: 'other_talkers' }))
  expect(run.links.map(({ state }) => state)).toEqual(['up', 'up'])
  expect(run.readings.every(({ value, quality }) => value === 7 && quality === good)).toBe(true)
}

const devices = [device('meter', 1), device('relay', 2)]

test('behind a converter, frames that nobody asked for cost no value and no connection', async () => {
  await using server = await rtuOverTcp((request) => [3, rtuFilled(request, 7)])
  const config: BusConfig = {
    id: 'plant',
    protocol: 'modbus-rtu-over-tcp',
    host: '127.0.0.1',
    port: server.port,
    line,
  }
  await using run = runModbus(config, devices)
  await waitFor(() => expect(run.links).toHaveLength(2))
  await panelOn(server, run)
  expectUnharmed(run)
})

describeWith(['socat'], 'a serial port', () => {
  test('frames that nobody asked for cost no value and no link', async () => {
    await using ports = await openPtyPair()
    await using server = await rtuOnPort(ports.theirs, (request) => [3, rtuFilled(request, 7)])
    await using run = runModbus({ id: 'plant', protocol: 'modbus-rtu', path: ports.ours, line }, devices)
    await waitFor(() => expect(run.links).toHaveLength(2))
    await panelOn(server, run)
    expectUnharmed(run)
  })
})
