/**
 * What a reading costs the gateway before it reaches rules, flows and outbox: registers → value → pipeline, and with a
 * real Modbus connection under it. CPU time, not wall time.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPipeline, type Pipeline } from '#gateway/pipeline/pipeline.ts'
import type { Device, ModbusDevice } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { decodeRegisters } from '#gateway/southbound/modbus/decode.ts'
import { ModbusDriver } from '#gateway/southbound/modbus/modbus-driver.ts'
import { planReads, type ReadBlock } from '#gateway/southbound/modbus/plan-reads.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { seededRandom } from './lib/random.ts'

export type Figure = {
  readonly case: string
  readonly metric: string
  readonly value: number
  readonly unit: string
}

const profileId = 'eastron.sdm630'
const log = createLogger({ level: 'silent' })

export async function run(): Promise<Figure[]> {
  return [...planFigures(), ...decodeFigures(), ...(await driverFigures())]
}

function planFigures(): Figure[] {
  const [device] = meters(1)
  if (device === undefined) throw new Error('no meter')
  const blocks = planReads(device.points, device.address)
  return [
    { case: profileId, metric: 'points', value: device.points.length, unit: 'points' },
    { case: profileId, metric: 'requests for all points', value: blocks.length, unit: 'requests' },
    { case: profileId, metric: 'requests per second', value: round(requestsPerSecond(blocks)), unit: '1/s' },
  ]
}

function requestsPerSecond(blocks: readonly ReadBlock[]): number {
  return blocks.reduce((sum, { pollMs }) => sum + (pollMs === undefined ? 0 : 1000 / pollMs), 0)
}

/** Thirty meters, all of whose values move a little with every reading. */
function decodeFigures(): Figure[] {
  const devices = meters(30)
  const plans = devices.map((device) => ({ device, blocks: planReads(device.points, device.address) }))
  const pipeline = pipelineOf(devices)
  const random = seededRandom(1)
  const readAll = (t: number): number => {
    let readings = 0
    for (const { device, blocks } of plans) {
      for (const block of blocks) readings += readBlock({ device, block, t, random: random.next, pipeline })
    }
    return readings
  }
  for (let i = 0; i < 50; i++) readAll(i)
  let readings = 0
  const spentUs = cpuUs(() => {
    for (let i = 50; i < 450; i++) readings += readAll(i * 1000)
  })
  const tickUs = cpuUs(() => {
    for (let i = 0; i < 1000; i++) pipeline.tick()
  })
  return [
    { case: 'decode and pipeline', metric: 'cpu per reading', value: round(spentUs / readings), unit: 'us' },
    {
      case: 'decode and pipeline',
      metric: 'core at 1000 readings/s',
      value: round(spentUs / readings / 10),
      unit: '%',
    },
    {
      case: 'pipeline',
      metric: `tick of ${devices.length * 36} points`,
      value: round(tickUs / 1000),
      unit: 'us',
    },
  ]
}

type BlockRead = {
  readonly device: ModbusDevice
  readonly block: ReadBlock
  readonly t: number
  readonly random: () => number
  readonly pipeline: Pipeline
}

function readBlock({ device, block, t, random, pipeline }: BlockRead): number {
  const cells = Array.from({ length: block.count }, (_, i) =>
    i % 2 === 0 ? 0x4366 : Math.floor(random() * 0xffff),
  )
  const readings = block.points.map((point) => {
    const raw = decodeRegisters(cells.slice(point.from.addr - block.addr), point.from)
    return { device: device.id, point: point.id, t, ...decodeValue(raw, point) }
  })
  pipeline.accept(readings)
  return readings.length
}

/** A real connection, polled as fast as the bus allows for some seconds. */
async function driverFigures(): Promise<Figure[]> {
  const server = fork(new URL('./lib/answering-server.ts', import.meta.url))
  const [port] = (await once(server, 'message')) as [number]
  const devices = meters(30).map((device) => ({
    ...device,
    points: device.points.map((point) => ({ ...point, pollMs: 1200 })),
    address: {
      ...device.address,
      identify: [],
      timing: { timeoutMs: 1000, retries: 0, gapMs: 0, turnaroundMs: 0, warmupMs: 0 },
    },
  }))
  const pipeline = pipelineOf(devices)
  const driver = new ModbusDriver(
    { id: 'bench', host: '127.0.0.1', port },
    {
      devices,
      clock: systemClock,
      log,
      report: (readings) => pipeline.accept(readings),
      link: () => {},
      trouble: () => {},
    },
  )
  const stop = new AbortController()
  const done = driver.run(stop.signal)
  await sleep(2000)
  const before = pipeline.stats().accepted
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  await sleep(8000)
  const spent = process.cpuUsage(cpu)
  const seconds = (performance.now() - startedAt) / 1000
  const readings = pipeline.stats().accepted - before
  stop.abort()
  await done
  server.disconnect()
  await once(server, 'exit')
  const spentUs = spent.user + spent.system
  return [
    { case: 'modbus driver', metric: 'readings per second', value: round(readings / seconds), unit: '1/s' },
    { case: 'modbus driver', metric: 'cpu per reading', value: round(spentUs / readings), unit: 'us' },
    { case: 'modbus driver', metric: 'core', value: round(spentUs / seconds / 10_000), unit: '%' },
  ]
}

function meters(count: number): ModbusDevice[] {
  const { profiles } = loadProfiles(new URL('../device-profiles', import.meta.url).pathname)
  const profile = profiles.get(profileId)
  if (profile === undefined) throw new Error(`no profile ${profileId}`)
  return Array.from({ length: count }, (_, i) => {
    const resolved = resolveDevice(profile, {
      id: `meter-${i}`,
      profile: profileId,
      bus: 'bench',
      unit: i + 1,
    })
    if (!resolved.ok || resolved.device.protocol !== 'modbus') throw new Error(JSON.stringify(resolved))
    return resolved.device
  })
}

function pipelineOf(devices: readonly Device[]): Pipeline {
  return createPipeline({ devices, clock: systemClock, log })
}

function cpuUs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
