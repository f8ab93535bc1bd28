import type { MqttClient } from 'mqtt'
import { loadProfiles, type ProfileProblem } from '#gateway/profiles/load-profiles.ts'
import { systemClock } from '#lib/clock.ts'
import { besideConfig, type ConfigProblem, readSecretFile } from '#lib/load-config.ts'
import type { Logger } from '#lib/logger.ts'
import { cameraSiteDevice, modbusUnits, mqttSiteDevice } from './build-devices.ts'
import { ControlServer } from './control-server.ts'
import { FileJournal, type Journal, noJournal } from './journal.ts'
import { ModbusSerialSlave } from './modbus-serial-slave.ts'
import { ModbusServer } from './modbus-server.ts'
import { connectTo, hangUp, sharedAvailability } from './mqtt-connection.ts'
import { type PlannedDevice, planSite } from './plan-site.ts'
import type { SiteConfig, SiteDeviceConfig } from './site-config.ts'
import type { SiteDevice } from './site-device.ts'

export type SitePorts = {
  readonly control: number
  readonly modbus: Readonly<Record<string, number>>
  readonly cameras: Readonly<Record<string, number>>
}
export type Site = AsyncDisposable & { readonly ports: SitePorts; readonly devices: readonly SiteDevice[] }

export type StartSite = {
  readonly config: SiteConfig
  /** The configuration's own path: other paths are relative to it. */
  readonly file: string
  readonly log: Logger
  /** Only look whether everything is right. */
  readonly check?: boolean
}

export type StartedSite =
  | { readonly ok: true; readonly site?: Site }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Composition root of the simulators: builds every device of the file and starts all of it. */
export async function startSite(options: StartSite): Promise<StartedSite> {
  const { config, file } = options
  const { profiles, problems } = loadProfiles(besideConfig(file, config.profiles))
  const planned = planSite(config, profiles)
  if (!planned.ok) return { ok: false, problems: [...problems.map(asConfigProblem), ...planned.problems] }
  if (options.check === true) return { ok: true }
  return { ok: true, site: await run(options, planned.devices) }
}

async function run(options: StartSite, planned: readonly PlannedDevice[]): Promise<Site> {
  const { config, file, log } = options
  await using parts = new AsyncDisposableStack()
  const journal: Journal =
    config.journal === undefined ? noJournal : new FileJournal(besideConfig(file, config.journal))
  parts.use(journal)
  const modbus = await startModbus(options, planned, parts)
  const mqtt = await startMqtt({ ...options, journal }, planned, parts)
  const cameras = await startCameras(options, planned, parts)
  const devices = [...modbus.devices, ...mqtt, ...cameras.devices]
  const control = await ControlServer.start(devices, config.control.host, config.control.port)
  parts.use(control)
  log.info({ devices: devices.length, control: control.port, modbus: modbus.ports }, 'site running')
  const stack = parts.move()
  return {
    ports: { control: control.port, modbus: modbus.ports, cameras: cameras.ports },
    devices,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function startModbus(
  { config, log }: StartSite,
  planned: readonly PlannedDevice[],
  parts: AsyncDisposableStack,
): Promise<{ ports: Record<string, number>; devices: readonly SiteDevice[] }> {
  const devices: SiteDevice[] = []
  const ports: Record<string, number> = {}
  for (const bus of config.buses) {
    const built = modbusUnits(bus.id, planned, config)
    devices.push(...built.devices)
    const common = { units: built.units, clock: systemClock, log }
    if (bus.transport === 'serial') {
      parts.use(await ModbusSerialSlave.start({ ...bus, ...common, path: bus.path ?? '' }))
    } else {
      const { maxConnections, ...rest } = bus
      const limit = maxConnections === undefined ? {} : { maxConnections }
      const server = parts.use(
        await ModbusServer.start({ ...rest, ...limit, ...common, transport: bus.transport }),
      )
      ports[bus.id] = server.port
    }
  }
  return { ports, devices }
}

async function startCameras(
  { config, file }: StartSite,
  planned: readonly PlannedDevice[],
  parts: AsyncDisposableStack,
): Promise<{ ports: Record<string, number>; devices: readonly SiteDevice[] }> {
  const devices: SiteDevice[] = []
  const ports: Record<string, number> = {}
  for (const { device, config: own } of planned) {
    if (device.protocol !== 'onvif') continue
    const built = await cameraSiteDevice(device, { ...own, ...(await loginSecret(file, own)) }, config)
    ports[device.id] = parts.use(built.running).camera.port
    devices.push(built.siteDevice)
  }
  return { ports, devices }
}

async function loginSecret(file: string, { passwordFile }: SiteDeviceConfig): Promise<{ password?: string }> {
  return passwordFile === undefined ? {} : { password: await readSecretFile(file, passwordFile) }
}

async function startMqtt(
  { config, file, log, journal }: StartSite & { readonly journal: Journal },
  planned: readonly PlannedDevice[],
  parts: AsyncDisposableStack,
): Promise<readonly SiteDevice[]> {
  const devices: SiteDevice[] = []
  const bridge = bridgeOf(config, planned.length)
  if (bridge !== undefined) parts.defer(() => hangUp(bridge))
  const running: AsyncDisposable[] = []
  // All at once: each waits for its broker a while.
  parts.defer(async () => {
    await Promise.all(running.map((one) => one[Symbol.asyncDispose]()))
  })
  const surroundings = {
    site: config,
    journal,
    log,
    sharedTopics: sharedAvailability(planned.map(({ device }) => device)),
    ...(bridge === undefined ? {} : { bridge }),
  }
  for (const { device, config: own } of planned) {
    if (device.protocol !== 'mqtt') continue
    const built = mqttSiteDevice(device, { ...own, ...(await loginSecret(file, own)) }, surroundings)
    running.push(built.running)
    devices.push(built.siteDevice)
  }
  return devices
}

function bridgeOf({ broker }: SiteConfig, devices: number): MqttClient | undefined {
  if (broker?.bridge === undefined) return undefined
  const client = connectTo({ url: broker.url, ...broker.bridge }, 'sim-bridge')
  return client.setMaxListeners(devices + 10)
}

/** A profile is another file than the one the problems are listed for. */
function asConfigProblem({ file, line, path, message }: ProfileProblem): ConfigProblem {
  return { path: `${line === undefined ? file : `${file}:${line}`} ${path}`, message }
}
