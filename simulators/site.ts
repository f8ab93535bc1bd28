import { loadProfiles, type ProfileProblem } from '#gateway/profiles/load-profiles.ts'
import { systemClock } from '#lib/clock.ts'
import { besideConfig, type ConfigProblem, readSecretFile } from '#lib/load-config.ts'
import type { Logger } from '#lib/logger.ts'
import { modbusSiteDevice, mqttSiteDevice } from './build-devices.ts'
import { ControlServer } from './control-server.ts'
import { FileJournal, type Journal, noJournal } from './journal.ts'
import { ModbusServer, type ServedUnit } from './modbus-server.ts'
import { type PlannedDevice, planSite } from './plan-site.ts'
import type { SiteConfig } from './site-config.ts'
import type { SiteDevice } from './site-device.ts'

export type SitePorts = { readonly control: number; readonly modbus: Readonly<Record<string, number>> }
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
  const devices: SiteDevice[] = []
  const modbus: Record<string, number> = {}
  for (const server of config.modbus) {
    const units = new Map<number, ServedUnit>()
    for (const { device, config: own } of planned) {
      if (device.protocol !== 'modbus' || device.address.bus !== server.id) continue
      const built = modbusSiteDevice(device, own, config)
      units.set(device.address.unit, built.served)
      devices.push(built.siteDevice)
    }
    const running = await ModbusServer.start({ ...server, units, clock: systemClock, log })
    parts.use(running)
    modbus[server.id] = running.port
  }
  for (const { device, config: own } of planned) {
    if (device.protocol !== 'mqtt') continue
    const password =
      own.passwordFile === undefined ? own.password : await readSecretFile(file, own.passwordFile)
    const built = mqttSiteDevice(
      device,
      { ...own, ...(password === undefined ? {} : { password }) },
      {
        site: config,
        journal,
        log,
      },
    )
    parts.use(built.running)
    devices.push(built.siteDevice)
  }
  const control = await ControlServer.start(devices, config.control.host, config.control.port)
  parts.use(control)
  log.info({ devices: devices.length, control: control.port, modbus }, 'site running')
  const stack = parts.move()
  return {
    ports: { control: control.port, modbus },
    devices,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A profile is another file than the one the problems are listed for. */
function asConfigProblem({ file, line, path, message }: ProfileProblem): ConfigProblem {
  return { path: `${line === undefined ? file : `${file}:${line}`} ${path}`, message }
}
