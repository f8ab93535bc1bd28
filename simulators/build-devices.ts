import type { MqttClient } from 'mqtt'
import type { Device, ModbusDevice, MqttDevice } from '#gateway/profiles/device.ts'
import { systemClock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { Faults } from './faults.ts'
import { generatorOf } from './generator-of.ts'
import type { Journal } from './journal.ts'
import { SimulatedModbusUnit } from './modbus-device.ts'
import type { ServedUnit } from './modbus-line.ts'
import { SimulatedMqttDevice } from './mqtt-device.ts'
import { SimulatedPoints } from './simulated-points.ts'
import type { SiteConfig, SiteDeviceConfig } from './site-config.ts'
import { SiteDevice } from './site-device.ts'

const defaultIntervalMs = 10_000

export function modbusSiteDevice(
  device: ModbusDevice,
  config: SiteDeviceConfig,
  site: SiteConfig,
): { served: ServedUnit; siteDevice: SiteDevice } {
  const points = pointsOf(device, config, site)
  const faults = new Faults(device.id)
  const unit = new SimulatedModbusUnit({ device, points, clock: systemClock })
  const latencyMs =
    config.latency === undefined ? (device.profile.sim?.latency_ms ?? 0) : parseDuration(config.latency)
  const siteDevice = new SiteDevice({
    id: device.id,
    profile: config.profile,
    points,
    faults,
    publishNow: () => undefined,
    link: () => ({ unit: device.address.unit, reads: unit.reads, writes: unit.writes }),
  })
  return { served: { unit, faults, latencyMs }, siteDevice }
}

export type MqttSurroundings = {
  readonly site: SiteConfig
  readonly journal: Journal
  readonly log: Logger
  readonly bridge?: MqttClient
}

export function mqttSiteDevice(
  device: MqttDevice,
  config: SiteDeviceConfig,
  { site, journal, log, bridge }: MqttSurroundings,
): { running: SimulatedMqttDevice; siteDevice: SiteDevice } {
  const points = pointsOf(device, config, site)
  const faults = new Faults(device.id)
  const interval = config.interval ?? device.profile.sim?.interval
  const running = SimulatedMqttDevice.start({
    device,
    points,
    faults,
    journal,
    log,
    clock: systemClock,
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
    link: () => ({ connected: running.isConnected, sent: running.sent }),
  })
  return { running, siteDevice }
}

function pointsOf(device: Device, config: SiteDeviceConfig, site: SiteConfig): SimulatedPoints {
  const points = device.points.map(({ id, kind, sim }) => {
    const signal = config.signals?.[id]
    return { id, generator: signal?.gen === 'count' ? signal : generatorOf(kind, signal ?? sim) }
  })
  return new SimulatedPoints({ device: device.id, points, utcOffsetMin: offsetMinutes(site.utcOffset) })
}

/** `+08:00` is 480. */
function offsetMinutes(text: string): number {
  const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number)
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}
