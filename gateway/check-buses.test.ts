import { expect, test } from 'vitest'
import { busSettings, checkBuses } from './check-buses.ts'
import type { BusConfig } from './config.ts'

const bus = (fields: Partial<BusConfig>): BusConfig => ({
  ...{ id: 'plant', protocol: 'modbus-tcp', port: 502, connectTimeout: '5s', parity: 'none', stop: 1 },
  ...fields,
})

function problemsOf(...buses: BusConfig[]): string[] {
  const found: string[] = []
  const problem = (path: readonly (string | number)[], message: string) =>
    found.push(`${path.join('.')}: ${message}`)
  checkBuses(buses, [], { problem, warning: problem })
  return found
}

test('a bus says what its protocol needs, or which key is missing and what belongs there', () => {
  expect(problemsOf(bus({ host: '192.0.2.1' }))).toEqual([])
  expect(problemsOf(bus({ protocol: 'modbus-rtu', path: '/dev/ttyUSB0', baud: 9600 }))).toEqual([])
  expect(problemsOf(bus({}), bus({ id: 'line', protocol: 'modbus-rtu' }))).toEqual([
    'buses.0.host: bus plant: modbus-tcp needs the host of the device or converter',
    'buses.1.path: bus line: modbus-rtu needs the path of a port, such as /dev/serial/by-id/usb-…',
    'buses.1.baud: bus line: modbus-rtu needs the baud rate its devices are set to, such as 9600',
  ])
})

test('the settings of each kind of bus reach the driver', () => {
  expect(busSettings(bus({ host: '::1', latency: '20ms' }))).toEqual({
    ...{ id: 'plant', protocol: 'modbus-tcp', host: '::1', port: 502, connectTimeoutMs: 5000, latencyMs: 20 },
  })
  const line = { baud: 19_200, parity: 'even', stop: 2 } as const
  expect(
    busSettings(bus({ protocol: 'modbus-rtu-over-tcp', host: 'conv', port: 4001, ...line })),
  ).toMatchObject({
    ...{ protocol: 'modbus-rtu-over-tcp', host: 'conv', port: 4001, line },
  })
  expect(busSettings(bus({ protocol: 'modbus-rtu', path: '/dev/ttyUSB0', ...line }))).toEqual({
    ...{ id: 'plant', protocol: 'modbus-rtu', path: '/dev/ttyUSB0', line },
  })
})
