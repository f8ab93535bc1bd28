import type { MqttClient } from 'mqtt'
import type { Device, ModbusDevice, MqttDevice, OnvifDevice } from '#gateway/profiles/device.ts'
import { systemClock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { SimulatedCameraDevice } from './camera-device.ts'
import { anyOf, Faults } from './faults.ts'
import { generatorOf } from './generator-of.ts'
import type { Journal } from './journal.ts'
import { SimulatedModbusUnit } from './modbus-device.ts'
import type { ServedUnit } from './modbus-line.ts'
import { SimulatedMqttDevice } from './mqtt-device.ts'
import type { PlannedDevice } from './plan-site.ts'
import { SimulatedPoints } from './simulated-points.ts'
import type { SiteConfig, SiteDeviceConfig } from './site-config.ts'
import { SiteDevice } from './site-device.ts'

const defaultIntervalMs = 10_000

/** Every unit of one bus. Devices with the same unit number are one unit: what they map stands in one set of registers. */
export function modbusUnits(
  bus: string,
  planned: readonly PlannedDevice[],
  site: SiteConfig,
): { units: ReadonlyMap<number, ServedUnit>; devices: readonly SiteDevice[] } {
  const onBus = planned.flatMap(({ device, config }) =>
    device.protocol === 'modbus' && device.address.bus === bus ? [{ device, config }] : [],
  )
  const built = [...Map.groupBy(onBus, ({ device }) => device.address.unit)].map(
    ([number, devices]) => [number, modbusUnit(devices, site)] as const,
  )
  return {
    units: new Map(built.map(([number, { served }]) => [number, served])),
    devices: built.flatMap(([, { devices }]) => devices),
  }
}

type ModbusEntry = { readonly device: ModbusDevice; readonly config: SiteDeviceConfig }

function modbusUnit(
  entries: readonly ModbusEntry[],
  site: SiteConfig,
): { served: ServedUnit; devices: readonly SiteDevice[] } {
  const parts = entries.map(({ device, config }) => ({
    device,
    points: pointsOf(device, config, site),
    faults: faultsOf(device, config),
  }))
  const settingsArePending = entries.some(({ config }) => config.settings === 'pending')
  const unit = new SimulatedModbusUnit({ parts, clock: systemClock, settingsArePending })
  const devices = parts.map(
    ({ device, points, faults }) =>
      new SiteDevice({
        id: device.id,
        profile: device.profile.id,
        points,
        faults,
        publishNow: () => undefined,
        link: () => ({ unit: device.address.unit, reads: unit.reads, writes: unit.writes }),
      }),
  )
  const faults = anyOf(parts.map((part) => part.faults))
  return { served: { unit, faults, ...speedOf(entries) }, devices }
}

function speedOf(entries: readonly ModbusEntry[]): { latencyMs: number; jitterMs: number } {
  const latencies = entries.map(({ device, config }) =>
    config.latency === undefined ? (device.profile.sim?.latency_ms ?? 0) : parseDuration(config.latency),
  )
  const isSet = entries.some(({ config }) => config.latency !== undefined)
  const jitters = entries.map(({ device }) => (isSet ? 0 : (device.profile.sim?.jitter_ms ?? 0)))
  return { latencyMs: Math.max(0, ...latencies), jitterMs: Math.max(0, ...jitters) }
}

export type MqttSurroundings = {
  readonly site: SiteConfig
  readonly journal: Journal
  readonly log: Logger
  readonly bridge?: MqttClient
  readonly sharedTopics: ReadonlySet<string>
}

export function mqttSiteDevice(
  device: MqttDevice,
  config: SiteDeviceConfig,
  { site, journal, log, bridge, sharedTopics }: MqttSurroundings,
): { running: SimulatedMqttDevice; siteDevice: SiteDevice } {
  const points = pointsOf(device, config, site)
  const faults = faultsOf(device, config)
  const interval = config.interval ?? device.profile.sim?.interval
  const running = SimulatedMqttDevice.start({
    device,
    points,
    faults,
    journal,
    log,
    sharedTopics,
    clock: systemClock,
    ...(site.broker?.qos === undefined ? {} : { qos: site.broker.qos }),
    ...(config.retain === undefined ? {} : { retain: config.retain }),
    ...(bridge === undefined ? {} : { bridge }),
    intervalMs: interval === undefined ? defaultIntervalMs : parseDuration(interval),
    broker: {
      url: site.broker?.url ?? '',
      ...(config.username === undefined ? {} : { username: config.username }),
      ...(config.password === undefined ? {} : { password: config.password }),
    },
  })
  const siteDevice = new SiteDevice({
    id: device.id,
    profile: config.profile,
    points,
    faults,
    publishNow: () => running.publishNow(),
    happen: (point, value) => running.happen(point, value),
    link: () => ({ connected: running.isConnected, sent: running.sent }),
  })
  return { running, siteDevice }
}

/** Credentials and port are those that the gateway's configuration has for the camera. */
export async function cameraSiteDevice(
  device: OnvifDevice,
  config: SiteDeviceConfig,
  site: SiteConfig,
): Promise<{ running: SimulatedCameraDevice; siteDevice: SiteDevice }> {
  const points = pointsOf(device, config, site)
  const faults = faultsOf(device, config)
  const { host = '127.0.0.1', port = 0, username = 'admin', password = '' } = config
  const running = await SimulatedCameraDevice.start({
    ...{ device, points, faults, clock: systemClock, host, port, username, password },
  })
  const siteDevice = new SiteDevice({
    id: device.id,
    profile: config.profile,
    points,
    faults,
    publishNow: () => running.publishNow(),
    happen: (point, value) => running.happen(point, value),
    link: () => ({ port: running.camera.port, asked: running.camera.asked.length }),
  })
  return { running, siteDevice }
}

export function pointsOf(
  device: Device,
  config: Pick<SiteDeviceConfig, 'signals'>,
  site: Pick<SiteConfig, 'utcOffset'>,
): SimulatedPoints {
  const points = device.points.map((point) => {
    const { id, sim } = point
    const hint = config.signals?.[id] ?? sim
    const generator = hint?.gen === 'count' ? hint : generatorOf(point, hint)
    const follows = followed(device, id, hint)
    return { id, generator, ...(follows === undefined ? {} : { follows }) }
  })
  const script = (device.profile.sim?.script ?? []).map(({ at, point, value }) => {
    return { afterMs: parseDuration(at), point, value }
  })
  return new SimulatedPoints({
    device: device.id,
    points,
    script,
    utcOffsetMin: offsetMinutes(site.utcOffset),
  })
}

/** The point that is written when this one is to change: the hint names it, or that point's read-back does. */
function followed(
  { points }: Device,
  id: string,
  hint: NonNullable<SiteDeviceConfig['signals']>[string] | undefined,
): string | undefined {
  if (hint?.gen === 'follow' && hint.point !== undefined) return hint.point
  return points.find((other) => other.id !== id && other.write?.readback?.point === id)?.id
}

const faultOfProfile = {
  timeout: 'silent',
  crc: 'crc',
  exception: 'exception',
  stale: 'stale',
  freeze: 'freeze',
  wrong_word_order: 'wrong-word-order',
  offline: 'offline',
  clock_skew: 'clock-skew',
  duplicate: 'duplicate',
  late: 'late',
} as const

/** Well, unless the configuration wants the profile's own share of trouble. */
function faultsOf({ id, profile }: Device, config: SiteDeviceConfig): Faults {
  const faults = new Faults(id)
  if (config.faults === undefined || profile.sim === undefined) return faults
  const { sim } = profile
  for (const { kind, rate, for: lasts } of sim.faults ?? []) {
    const ms = lasts === undefined ? 0 : parseDuration(lasts)
    faults.set({ kind: faultOfProfile[kind], rate, ms, code: 4 })
  }
  if (sim.drop_rate !== undefined) faults.set({ kind: 'silent', rate: sim.drop_rate, ms: 0, code: 4 })
  return faults
}

/** `+08:00` is 480. */
function offsetMinutes(text: string): number {
  const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number)
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
