import type { Device, ModbusDevice } from '#gateway/profiles/device.ts'
import type { BusConfig as BusSettings, LineSettings } from '#gateway/southbound/modbus/bus-config.ts'
import { loadOf, totalLoad, type UnitLoad } from '#gateway/southbound/modbus/line-load.ts'
import { planForUnits } from '#gateway/southbound/modbus/plan-units.ts'
import type { Path } from '#lib/explain.ts'
import { parseDuration } from '#lib/quantity.ts'
import type { BusConfig } from './config.ts'

type Note = (path: Path, message: string) => void
export type BusNotes = { readonly problem: Note; readonly warning: Note }

/** A bus this full still works, but nothing may go wrong on it. */
const full01 = 0.8

/** The configuration of a bus in the driver's words. Only for one that `checkBuses` found nothing wrong with. */
export function busSettings(bus: BusConfig): BusSettings {
  const { id, protocol, host = '', port, path = '' } = bus
  const line = lineOf(bus)
  const latency = bus.latency === undefined ? {} : { latencyMs: parseDuration(bus.latency) }
  if (protocol === 'modbus-rtu') {
    return { id, protocol, path, ...latency, line: line ?? { baud: 9600, parity: 'none', stop: 1 } }
  }
  const connectTimeoutMs = parseDuration(bus.connectTimeout)
  return { id, protocol, host, port, connectTimeoutMs, ...latency, ...(line === undefined ? {} : { line }) }
}

/** Whether each bus says what its protocol needs, suits its devices, and can carry what their profiles ask for. */
export function checkBuses(buses: readonly BusConfig[], devices: readonly Device[], notes: BusNotes): void {
  for (const [index, bus] of buses.entries()) {
    const path = ['buses', index]
    const missing = missingOf(bus)
    for (const [key, message] of missing) notes.problem([...path, key], message)
    if (missing.length > 0) continue
    const own = devices.filter(
      (one): one is ModbusDevice => one.protocol === 'modbus' && one.address.bus === bus.id,
    )
    for (const device of own) checkLine(bus, device, (message) => notes.warning(path, message))
    checkLoad(bus, own, { path, ...notes })
  }
}

function missingOf({ id, protocol, host, path, baud }: BusConfig): [key: string, message: string][] {
  if (protocol !== 'modbus-rtu') {
    return host === undefined
      ? [['host', `bus ${id}: ${protocol} needs the host of the device or converter`]]
      : []
  }
  return [
    ...(path === undefined
      ? [
          ['path', `bus ${id}: modbus-rtu needs the path of a port, such as /dev/serial/by-id/usb-…`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(baud === undefined
      ? [
          ['baud', `bus ${id}: modbus-rtu needs the baud rate its devices are set to, such as 9600`] as [
            string,
            string,
          ],
        ]
      : []),
  ]
}

function lineOf({ baud, parity, stop }: BusConfig): LineSettings | undefined {
  return baud === undefined ? undefined : { baud, parity, stop }
}

/** The line a profile speaks of is that of the factory; an installer may have changed it, so this is no error. */
function checkLine(
  bus: BusConfig,
  { id, profile, address }: ModbusDevice,
  warn: (message: string) => void,
): void {
  if (bus.protocol === 'modbus-rtu' && !address.transports.includes('rtu')) {
    warn(
      `bus ${bus.id} is a serial line, and ${id} (${profile.id}) speaks ${address.transports.join(', ')} only`,
    )
  }
  const line = lineOf(bus)
  const serial = profile.protocol === 'modbus' ? profile.modbus.serial : undefined
  if (line === undefined || serial === undefined) return
  const { alternatives = [], ...factory } = serial
  const known = [factory, ...alternatives.map((one) => ({ ...factory, ...one }))]
  const fits = known.some(({ baud, parity, stop }) => {
    return baud === line.baud && parity === line.parity && stop === line.stop
  })
  if (fits) return
  warn(
    `bus ${bus.id} runs at ${lineText(line)}, and ${id} (${profile.id}) is known to run at ${known.map(lineText).join(', ')}; set the device or the bus`,
  )
}

/** `9600 8N1` */
export function lineText({ baud, parity, stop }: LineSettings): string {
  return `${baud} 8${parity.charAt(0).toUpperCase()}${stop}`
}

type LoadNotes = BusNotes & { readonly path: Path }

function checkLoad(
  bus: BusConfig,
  devices: readonly ModbusDevice[],
  { path, problem, warning }: LoadNotes,
): void {
  const loads = loadOf(busSettings(bus), planForUnits(devices))
  const load = totalLoad(loads)
  if (load > 1) problem(path, `${arithmetic(bus, loads)}; ${remedies(bus)}`)
  else if (load > full01) warning(path, arithmetic(bus, loads))
}

/** `bus plant: 1,340 ms of requests for each second of the bus: 32 units with 41.5 requests/s at 9600 8N1; most by unit 7 …` */
function arithmetic(bus: BusConfig, loads: readonly UnitLoad[]): string {
  const sum = (of: (load: UnitLoad) => number) => loads.reduce((all, one) => all + of(one), 0)
  const line = lineOf(bus)
  const most = loads.toSorted((a, b) => b.msPerS - a.msPerS).slice(0, 3)
  const words = most.map(({ unit, msPerS }) => `unit ${unit} ${Math.round(msPerS)} ms`).join(', ')
  const speed = line === undefined ? '' : ` at ${lineText(line)}`
  return (
    `bus ${bus.id} would need ${Math.round(sum(({ msPerS }) => msPerS))} ms of requests in every 1000 ms: ` +
    `${loads.length} units, ${sum(({ requestsPerS }) => requestsPerS).toFixed(1)} requests/s${speed}; most for ${words}`
  )
}

function remedies({ baud }: BusConfig): string {
  const faster = baud === undefined ? 'lower `latency` if the devices answer faster' : 'raise the baud rate'
  return `poll less often, ${faster}, or spread the devices over more buses`
}
