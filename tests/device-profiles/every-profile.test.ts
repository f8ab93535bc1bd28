import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import { type LocalBroker, openLocalBroker } from '#gateway/broker/local-broker.ts'
import type { Device, ModbusDevice, MqttDevice, OnvifDevice } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import type { Driver, DriverHost, Reading } from '#gateway/southbound/driver.ts'
import { keepRunning } from '#gateway/southbound/keep-running.ts'
import { ModbusDriver } from '#gateway/southbound/modbus/modbus-driver.ts'
import { MqttDriver } from '#gateway/southbound/mqtt/mqtt-driver.ts'
import { OnvifDriver } from '#gateway/southbound/onvif/onvif-driver.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { pointsOf } from '#simulators/build-devices.ts'
import { SimulatedCameraDevice } from '#simulators/camera-device.ts'
import { Faults } from '#simulators/faults.ts'
import { noJournal } from '#simulators/journal.ts'
import { SimulatedModbusUnit } from '#simulators/modbus-device.ts'
import { ModbusServer } from '#simulators/modbus-server.ts'
import { sharedAvailability } from '#simulators/mqtt-connection.ts'
import { SimulatedMqttDevice } from '#simulators/mqtt-device.ts'
import type { SimulatedPoints } from '#simulators/simulated-points.ts'
import { type Subject, subjectsOf } from './subjects.ts'
import { expectedOf, isAsExpected, valuesToShow, valuesToWrite } from './values-to-try.ts'

/**
 * Every profile through the simulator and the gateway's own driver, over real sockets: what was set is what is reported, what
 * was written is read back. Simulator and driver share the profile and no code, so that a mistake in either shows.
 */
const folder = fileURLToPath(new URL('../../device-profiles', import.meta.url))
const log = createLogger({ level: 'silent' })
const subjects = subjectsOf(loadProfiles(folder).profiles.values())
/** One bridge speaks for several of them. */
const sharedTopics = sharedAvailability(subjects.map(({ device }) => device))
const atOnce = 10
const roundMs = 6000

/** A simulated device with the driver that reads it. */
type Bench = AsyncDisposable & {
  readonly device: Device
  readonly points: SimulatedPoints
  readonly driver: Driver
  readonly seen: ReadonlyMap<string, Reading>
  /** Shows what was set, where a device has to be asked to. */
  readonly show: () => void
  readonly happen: (point: string, value: Value) => void
  /** Has the points show what a client has set, where they do not at once. */
  readonly settle?: () => void
}

const outcomes = new Map<string, Promise<readonly string[]>>()
let broker: LocalBroker

beforeAll(async () => {
  const credentials = [{ username: 'sim', password: 'sim', publish: ['#'], subscribe: ['#'] }]
  broker = await openLocalBroker({
    ...{ host: '127.0.0.1', port: 0, credentials, log },
    ...{ maxPacketBytes: 65_536, maxConnections: 1000, maxRetained: 10_000 },
  })
  const { port } = await broker.listen()
  const waiting = subjects.map((subject) => {
    const { promise, resolve } = Promise.withResolvers<readonly string[]>()
    outcomes.set(subject.name, promise)
    return { subject, resolve }
  })
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      next.resolve(await problemsOf(next.subject, `mqtt://127.0.0.1:${port}`))
  }
  void Promise.all(Array.from({ length: atOnce }, work)) // each test waits for its own
})

afterAll(() => broker.close())

test('there are profiles', () => {
  expect(subjects.map(({ name }) => name)).toContain('eastron.sdm630')
})

describe('what is set is read, what is written is read back', () => {
  test.each(subjects.map(({ name }) => name))('%s', { timeout: 60_000 }, async (name) => {
    expect(await outcomes.get(name)).toEqual([])
  })
})

async function problemsOf({ name, device }: Subject, url: string): Promise<readonly string[]> {
  try {
    await using bench = await startBench(device, url)
    return [...(await readProblems(bench)), ...(await writeProblems(bench))].map((text) => `${name} ${text}`)
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.stack : String(error)}`]
  }
}

async function readProblems(bench: Bench): Promise<string[]> {
  const problems: string[] = []
  const values = new Map(
    bench.device.points.flatMap((point) =>
      point.from === undefined ? [] : [[point.id, valuesToShow(point, bench.device)] as const],
    ),
  )
  const rounds = Math.max(0, ...[...values.values()].map(({ length }) => length))
  for (let round = 0; round < rounds && problems.length === 0; round++) {
    // Neighbours show different values, so that one taken for another is seen.
    const shown = bench.device.points.flatMap((point, index) => {
      const all = values.get(point.id) ?? []
      const value = all[(point.kind === 'event' ? round : round + index) % all.length]
      return value === undefined || (point.kind === 'event' && round >= all.length) ? [] : [{ point, value }]
    })
    problems.push(...(await oneRound(bench, shown)))
  }
  const untried = bench.device.points.filter(({ id }) => values.get(id)?.length === 0).map(({ id }) => id)
  for (const id of untried) {
    const reading = bench.seen.get(id)
    if (reading?.quality !== qualityCodes.good)
      problems.push(`${id}: no value to try, found ${text(reading)}`)
  }
  return problems
}

type Point = Device['points'][number]
type Shown = { readonly point: Point; readonly value: Value }

async function oneRound({ points, show, happen, seen }: Bench, shown: readonly Shown[]): Promise<string[]> {
  const states = shown.filter(({ point }) => point.kind !== 'event')
  for (const { point, value } of states) points.hold(point.id, value)
  if (states.length > 0) show()
  for (const { point, value } of shown) if (point.kind === 'event') happen(point.id, value)
  const wrong = () =>
    shown.filter(({ point, value }) => {
      const reading = seen.get(point.id)
      return reading?.quality !== qualityCodes.good || !isAsExpected(reading.value, expectedOf(value, point))
    })
  for (const end = Date.now() + roundMs; wrong().length > 0 && Date.now() < end; ) await sleep(20)
  for (const { point } of states) points.release(point.id)
  return wrong().map(
    ({ point, value }) =>
      `${point.id}: expected ${JSON.stringify(expectedOf(value, point))}, found ${text(seen.get(point.id))}`,
  )
}

async function writeProblems(bench: Bench): Promise<string[]> {
  const problems: string[] = []
  // From here on the device is as it was before.
  bench.show()
  for (const point of bench.device.points) {
    if (point.write === undefined) continue
    const values = valuesToWrite(point)
    if (values.length === 0) problems.push(`${point.id}: can be written, but with what?`)
    for (const value of values) problems.push(...(await writeProblem(bench, point, value)))
  }
  return problems
}

async function writeProblem(bench: Bench, point: Point, value: Value): Promise<string[]> {
  const { device, driver, points, settle } = bench
  const { readback } = point.write ?? {}
  const target = { device: device.id, point: point.id }
  const outcome = await driver
    .write(target, value, AbortSignal.timeout(roundMs))
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
  const expected = expectedOf(value, point)
  const wanted = { ...expected, within: Math.max(expected.within, readback?.tolerance ?? 0) }
  const hasIt = () => {
    settle?.()
    return isAsExpected(points.value(point.id), wanted)
  }
  // Without a read-back, "sent" is all the driver knows.
  for (const end = Date.now() + 1000; readback === undefined && !hasIt() && Date.now() < end; )
    await sleep(10)
  const isVerified = readback === undefined || isVerifiedOutcome(outcome)
  if (!(outcome instanceof Error) && isVerified && hasIt()) return []
  const found = outcome instanceof Error ? outcome.message : JSON.stringify(outcome)
  const inDevice = JSON.stringify(points.value(point.id))
  return [`${point.id}: wrote ${value}, got ${found}; the device has ${inDevice}`]
}

function isVerifiedOutcome(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'verified' in outcome && outcome.verified === true
}

function text(reading: Reading | undefined): string {
  if (reading === undefined) return 'nothing'
  const quality = Object.entries(qualityCodes).find(([, code]) => code === reading.quality)?.[0]
  return `${JSON.stringify(reading.value)} (${quality})`
}

function startBench(device: Device, url: string): Promise<Bench> {
  switch (device.protocol) {
    case 'modbus':
      return startModbus(device)
    case 'mqtt':
      return startMqtt(device, url)
    case 'onvif':
      return startCamera(device)
  }
}

async function startModbus(device: ModbusDevice): Promise<Bench> {
  const points = pointsOf(device, {}, { utcOffset: '+08:00' })
  const faults = new Faults(device.id)
  const unit = new SimulatedModbusUnit({ parts: [{ device, points, faults }], clock: systemClock })
  const isRtu = !device.address.transports.includes('tcp')
  const server = await ModbusServer.start({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, log, unknownUnit: 'silent' },
    transport: isRtu ? 'rtu-over-tcp' : 'tcp',
    units: new Map([[device.address.unit, { unit, faults, latencyMs: 0 }]]),
  })
  const { host, seen } = hostOf(device)
  const protocol = isRtu ? 'modbus-rtu-over-tcp' : 'modbus-tcp'
  const bus = { id: device.address.bus, protocol, host: '127.0.0.1', port: server.port } as const
  const driver = new ModbusDriver(bus, host)
  return benchOf(
    { device, points, driver, seen, show: () => undefined, happen: (id, value) => points.hold(id, value) },
    () => server[Symbol.asyncDispose](),
  )
}

async function startMqtt(device: MqttDevice, url: string): Promise<Bench> {
  const points = pointsOf(device, {}, { utcOffset: '+08:00' })
  const { host, seen } = hostOf(device)
  const driver = new MqttDriver({ link: broker }, host)
  const bench = benchOf(
    {
      ...{ device, points, driver, seen },
      show: () => running.publishNow(),
      happen: (id, value) => running.happen(id, value),
    },
    () => running[Symbol.asyncDispose](),
  )
  const running = SimulatedMqttDevice.start({
    ...{ device, points, clock: systemClock, log, journal: noJournal, intervalMs: 3_600_000 },
    ...{ sharedTopics, faults: new Faults(device.id) },
    broker: { url, username: 'sim', password: 'sim' },
  })
  for (const end = Date.now() + roundMs; !running.isConnected && Date.now() < end; ) await sleep(10)
  return bench
}

async function startCamera(device: OnvifDevice): Promise<Bench> {
  const points = pointsOf(device, {}, { utcOffset: '+08:00' })
  const login = { username: 'admin', password: 'camera-password' }
  const running = await SimulatedCameraDevice.start({
    ...{
      device,
      points,
      clock: systemClock,
      faults: new Faults(device.id),
      host: '127.0.0.1',
      port: 0,
      ...login,
    },
  })
  const address = { ...device.address, host: '127.0.0.1', ports: [running.camera.port] }
  const { host, seen } = hostOf({ ...device, address })
  const driver = new OnvifDriver({ credentials: login }, host)
  const bench = benchOf(
    {
      ...{ device, points, driver, seen },
      show: () => running.publishNow(),
      happen: (id, value) => running.happen(id, value),
      settle: () => running.takeOver(),
    },
    () => running[Symbol.asyncDispose](),
  )
  const listens = () => seen.get('camera.events')?.value === true
  for (const end = Date.now() + roundMs; !listens() && Date.now() < end; ) await sleep(10)
  return bench
}

function hostOf(device: Device): { host: DriverHost; seen: ReadonlyMap<string, Reading> } {
  const seen = new Map<string, Reading>()
  const report = (readings: readonly Reading[]) => {
    for (const reading of readings) if (reading.late !== true) seen.set(reading.point, reading)
  }
  return {
    seen,
    host: {
      devices: [device],
      clock: systemClock,
      log,
      report,
      link: () => undefined,
      trouble: () => undefined,
    },
  }
}

function benchOf(bench: Omit<Bench, typeof Symbol.asyncDispose>, stopDevice: () => Promise<void>): Bench {
  const stop = new AbortController()
  const running = keepRunning(bench.driver, { clock: systemClock, log }, stop.signal)
  return {
    ...bench,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await stopDevice()
    },
  }
}
