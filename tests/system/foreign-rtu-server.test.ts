import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BusConfig } from '#gateway/southbound/modbus/bus-config.ts'
import { shipped } from '#gateway/southbound/modbus/fixtures/devices.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { Program, repository } from '../support/program.ts'
import { openPtyPair } from '../support/pty-pair.ts'
import { runModbus } from '../support/running-modbus.ts'
import { describeWith, systemPython } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'

// IEEE 754 by hand, two registers each: 230.2 V, 229.0 V; 1234.5 W.
const image = {
  input: { 0: 0x4366, 1: 0x3333, 2: 0x4365, 3: 0x0000, 52: 0x449a, 53: 0x5000 },
  coil: { 0: 1, 2: 1 },
  discrete: { 7: 1 },
}

function pymodbus(kind: 'serial' | 'tcp', place: string, number: number): Program {
  const script = join(repository, 'tests/support/pymodbus_rtu_server.py')
  const args = [script, kind, place, `${number}`, '3,9', JSON.stringify(image)]
  return new Program({ name: 'pymodbus', command: systemPython, args })
}

async function expectReadAndSwitched(config: BusConfig): Promise<void> {
  const devices = [shipped('eastron.sdm630', 'meter-1', 3), shipped('waveshare.relay8', 'relay-1', 9)]
  await using run = runModbus(config, devices)
  const last = (device: string, point: string) =>
    run.readings.filter((one) => one.device === device && one.point === point).at(-1)?.value
  await waitFor(
    () => {
      expect(last('meter-1', 'voltage.l1')).toBeCloseTo(230.2, 1)
      expect(last('meter-1', 'voltage.l2')).toBe(229)
      expect(last('meter-1', 'power.active')).toBeCloseTo(1234.5, 1)
      expect([1, 2, 3].map((n) => last('relay-1', `relay.${n}`))).toEqual([true, false, true])
      expect(last('relay-1', 'input.8')).toBe(true)
    },
    { timeoutMs: 30_000 },
  )
  const written = await run.driver.write(
    { device: 'relay-1', point: 'relay.2' },
    true,
    AbortSignal.timeout(10_000),
  )
  expect(written).toEqual({ readBack: true, verified: true })
  expect(run.driver.report()).toMatchObject({ crcErrors: 0, malformed: 0, connected: true })
}

describeWith(['pymodbus', 'socat'], 'an RTU server nobody here wrote', () => {
  test('python3-pymodbus on a serial port is read and switched', async () => {
    await using ports = await openPtyPair()
    await using server = pymodbus('serial', ports.theirs, 9600)
    await server.sees(/ready/)
    const line = { baud: 9600, parity: 'none', stop: 1 } as const
    await expectReadAndSwitched({ id: 'plant', protocol: 'modbus-rtu', path: ports.ours, line })
  })

  test('python3-pymodbus with RTU frames over TCP is read and switched', async () => {
    const port = await freePort('127.0.0.1')
    await using server = pymodbus('tcp', '127.0.0.1', port)
    await server.sees(/ready/)
    await expectReadAndSwitched({ id: 'plant', protocol: 'modbus-rtu-over-tcp', host: '127.0.0.1', port })
  })
})
