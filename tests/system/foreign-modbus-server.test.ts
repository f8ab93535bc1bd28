import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import { Program, repository } from '../support/program.ts'
import { describeWith, systemPython } from '../support/servers.ts'
import { type CampusOptions, meter, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

// IEEE 754 by hand, two registers each: 230.2, 229.0, 231.5 V; 1234.5 W; 10234.5599 kWh.
const input = {
  0: [0x4366, 0x3333, 0x4365, 0x0000, 0x4367, 0x8000],
  52: [0x449a, 0x5000],
  72: [0x461f, 0xea3d],
}

function cells(blocks: Record<number, readonly number[]>): Record<number, number> {
  return Object.fromEntries(
    Object.entries(blocks).flatMap(([start, words]) => words.map((word, i) => [Number(start) + i, word])),
  )
}

describeWith(['pymodbus'], 'a Modbus server nobody here wrote', () => {
  test('python3-pymodbus is read correctly, meter and relays', async () => {
    const host = '127.0.0.1'
    const port = await freePort(host)
    const image = { input: cells(input), coil: { 0: 1, 2: 1 }, discrete: { 7: 1 } }
    const script = join(repository, 'tests/support/pymodbus_server.py')
    // Two units on one port, as behind a serial gateway: the meter is 3, the relay board 9.
    await using server = new Program({
      name: 'pymodbus',
      command: systemPython,
      args: [script, host, `${port}`, '3,9', JSON.stringify(image)],
    })
    const devices: CampusOptions['devices'] = [
      { ...meter('meter-1', 3), isForeign: true },
      { id: 'relay-1', profile: 'waveshare.relay8', unit: 9, isForeign: true },
    ]
    await using campus = await startCampus({ devices, modbusPort: port })
    expect(server.isRunning).toBe(true)

    const expected = {
      'meter-1/voltage.l1': 230.2,
      'meter-1/voltage.l2': 229,
      'meter-1/voltage.l3': 231.5,
      'meter-1/power.active': 1234.5,
      'relay-1/relay.1': true,
      'relay-1/relay.2': false,
      'relay-1/relay.3': true,
      'relay-1/input.8': true,
    }
    await waitFor(
      async () => {
        const points = (await campus.cloud.api.devices()).flatMap((device) => device.points)
        const values = Object.fromEntries(
          points.map(({ id, last }) => [id.slice(campus.gatewayId.length + 1), last?.value]),
        )
        for (const [point, value] of Object.entries(expected)) {
          if (typeof value === 'number') expect(values[point], point).toBeCloseTo(value, 1)
          else expect(values[point], point).toBe(value)
        }
      },
      { timeoutMs: 30_000 },
    )
  })
})
