/**
 * `npm run doctor -- --config FILE [--cycles N] [--bus ID] [--json]`: opens the Modbus buses of a configuration, polls them
 * as the gateway would, and says how each unit does and what to do. Needs the buses for itself: stop the gateway first
 * where a bus is a serial port or a device that takes one connection. Exit status 1 where there is advice, 2 where the
 * configuration is wrong.
 */
import { parseArgs } from 'node:util'
import type { BusReport } from '#contract/bus-report.ts'
import { keepRunning } from '#gateway/southbound/keep-running.ts'
import { ModbusDriver } from '#gateway/southbound/modbus/modbus-driver.ts'
import { systemClock } from '#lib/clock.ts'
import { exitWithProblems } from '#lib/exit-with-problems.ts'
import { createLogger } from '#lib/logger.ts'
import { storedCloud } from './boot-gateway.ts'
import { busSettings } from './check-buses.ts'
import { showReport } from './doctor-table.ts'
import { type GatewaySetup, loadGateway } from './load-gateway.ts'

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    cycles: { type: 'string', default: '3' },
    bus: { type: 'string' },
    json: { type: 'boolean' },
  },
})
const file = values.config ?? 'gateway/gateway.example.yaml'
/** A unit that is silent is asked several times before it counts as silent. */
const leastMs = 8000
const mostMs = 600_000

const { setup, problems } = await loadGateway(file, process.env, {
  cloud: await storedCloud(file, process.env),
})
if (setup === undefined) exitWithProblems(file, problems)
else await examine(setup)

async function examine(found: GatewaySetup): Promise<void> {
  const buses = found.config.buses.filter(({ id }) => values.bus === undefined || id === values.bus)
  if (buses.length === 0) {
    const known = found.config.buses.map(({ id }) => id).join(', ') || 'none'
    process.stderr.write(`${file}: no bus to look at; there are ${known}\n`)
    process.exitCode = 2
    return
  }
  const log = createLogger({ level: 'silent' })
  const host = {
    devices: found.devices,
    clock: systemClock,
    log,
    report: () => {},
    link: () => {},
    trouble: () => {},
  }
  const drivers = buses.map((bus) => new ModbusDriver(busSettings(bus), host))
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const running = drivers.map((driver) => keepRunning(driver, { clock: systemClock, log }, stop.signal))
  const forMs = observedMs(found, Number(values.cycles))
  if (values.json !== true)
    process.stderr.write(`looking at ${buses.length} buses for ${Math.round(forMs / 1000)} s\n`)
  await systemClock.sleep(forMs, stop.signal)
  const reports = drivers.map((driver) => driver.report())
  stop.abort()
  await Promise.all(running)
  show(reports)
}

function show(reports: readonly BusReport[]): void {
  if (values.json === true) process.stdout.write(`${JSON.stringify(reports)}\n`)
  else process.stdout.write(`${reports.map(showReport).join('\n\n')}\n`)
  if (reports.some(({ advice }) => advice.length > 0)) process.exitCode = 1
}

/** So many cycles of the fastest class of each device; slow classes are read once at the start anyway. */
function observedMs({ devices }: GatewaySetup, cycles: number): number {
  const periods = devices.flatMap((device) =>
    device.protocol === 'modbus' ? device.points.flatMap(({ pollMs }) => pollMs ?? []) : [],
  )
  const fastest = Math.min(10_000, ...periods)
  return Math.min(mostMs, Math.max(leastMs, (Number.isFinite(cycles) ? cycles : 3) * fastest))
}
