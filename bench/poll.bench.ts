/**
 * What polling costs: 50 three-phase meters on one Modbus TCP bus and 400 on eight, every point of each read every second,
 * against a fast simulator in a process of its own. The driver runs alone, without pipeline and outbox, so that the figures are
 * those of requests, framing, decoding and timing. CPU is that of this whole process, kernel time for its socket included.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { Reading } from '#gateway/southbound/driver.ts'
import { ModbusDriver } from '#gateway/southbound/modbus/modbus-driver.ts'
import { planReads } from '#gateway/southbound/modbus/plan-reads.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { Figure } from './lib/figure.ts'

const profileId = 'eastron.sdm630'
const perBus = 50
const everyMs = 1000
const warmUpMs = 5000
const measureMs = 15_000
const log = createLogger({ level: 'silent' })

export async function run(): Promise<Figure[]> {
  return [...(await measure(50)), ...(await measure(400))]
}

async function measure(units: number): Promise<Figure[]> {
  const server = fork(new URL('./lib/answering-server.ts', import.meta.url))
  const [port] = (await once(server, 'message')) as [number]
  const devices = Array.from({ length: units }, (_, i) => meter(`bus-${Math.floor(i / perBus)}`, i))
  const counted = { points: 0 }
  const host = {
    devices,
    clock: systemClock,
    log,
    report: (readings: readonly Reading[]) => {
      counted.points += readings.length
    },
    link: () => {},
    trouble: () => {},
  }
  const stop = new AbortController()
  const running = [...new Set(devices.map(({ address }) => address.bus))].map((id) =>
    new ModbusDriver({ id, host: '127.0.0.1', port }, host).run(stop.signal),
  )
  await sleep(warmUpMs)
  const before = { ...counted, at: performance.now(), cpu: process.cpuUsage() }
  await sleep(measureMs)
  const seconds = (performance.now() - before.at) / 1000
  const cpu = process.cpuUsage(before.cpu)
  const points = counted.points - before.points
  stop.abort()
  await Promise.allSettled(running)
  server.kill()

  const cpuS = (cpu.user + cpu.system) / 1e6
  const [first] = devices
  if (first === undefined) throw new Error('no meter')
  const blocks = planReads(first.points, first.address)
  const registers = blocks.reduce((sum, { count }) => sum + count, 0)
  const cycles = points / first.points.length
  const figure = (metric: string, value: number, unit: string): Figure => {
    return { case: `${units} units at 1 s`, metric, value, unit }
  }
  return [
    figure('points', points / seconds, 'points/s'),
    figure('requests', (cycles * blocks.length) / seconds, 'requests/s'),
    figure('register reads', (cycles * registers) / seconds, 'registers/s'),
    figure('cycles kept', (cycles / (units * seconds)) * 100, '%'),
    figure('CPU', (cpuS / points) * 100_000, 's per 100k points'),
    figure('CPU per request', (cpuS / (cycles * blocks.length)) * 1e6, 'µs'),
  ]
}

const profile = loadProfiles('device-profiles').profiles.get(profileId)

/** All points in one class: the profile would read some of them every minute. */
function meter(bus: string, index: number): ModbusDevice {
  if (profile === undefined) throw new Error(`no profile ${profileId}`)
  const instance = { id: `meter-${index}`, profile: profileId, bus, unit: (index % perBus) + 1 }
  const resolved = resolveDevice(profile, instance)
  if (!resolved.ok || resolved.device.protocol !== 'modbus') throw new Error(JSON.stringify(resolved))
  const { device } = resolved
  const timing = { ...device.address.timing, gapMs: 0 }
  return {
    ...device,
    points: device.points.map((point) => ({ ...point, pollMs: everyMs })),
    address: { ...device.address, identify: [], timing },
  }
}
