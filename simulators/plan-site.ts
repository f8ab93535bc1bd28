import type { Device } from '#gateway/profiles/device.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { ConfigProblem } from '#lib/load-config.ts'
import type { SiteConfig, SiteDeviceConfig } from './site-config.ts'

export type PlannedDevice = { readonly device: Device; readonly config: SiteDeviceConfig }
export type PlannedSite =
  | { readonly ok: true; readonly devices: readonly PlannedDevice[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Every device of the file with its profile applied, or everything that does not fit together. Pure. */
export function planSite(config: SiteConfig, profiles: ReadonlyMap<string, Profile>): PlannedSite {
  const devices: PlannedDevice[] = []
  const problems: ConfigProblem[] = config.buses.flatMap(({ transport, path }, index) =>
    transport === 'serial' && path === undefined
      ? [{ path: `buses[${index}].path`, message: 'missing; a serial bus needs one such as /dev/ttyUSB0' }]
      : [],
  )
  for (const [index, one] of config.devices.entries()) {
    const planned = planDevice(one, config, profiles)
    if (planned.ok) devices.push({ device: planned.device, config: one })
    else {
      const path = `devices[${index}]`
      problems.push(...planned.problems.map((problem) => ({ ...problem, path: `${path}.${problem.path}` })))
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, devices }
}

type Planned = { ok: true; device: Device } | { ok: false; problems: readonly ConfigProblem[] }

function planDevice(
  one: SiteDeviceConfig,
  { buses, broker }: SiteConfig,
  profiles: ReadonlyMap<string, Profile>,
): Planned {
  const profile = profiles.get(one.profile)
  if (profile === undefined) return wrong('profile', `no profile ${one.profile} in the profiles folder`)
  const resolved = resolveDevice(profile, profile.protocol === 'onvif' ? one : withoutLogin(one))
  if (!resolved.ok) {
    return {
      ok: false,
      problems: resolved.problems.map(({ path, message }) => ({ path: path.join('.'), message })),
    }
  }
  const { device } = resolved
  if (device.protocol === 'modbus' && !buses.some(({ id }) => id === one.bus))
    return wrong('bus', `no bus ${one.bus} in this file`)
  if (device.protocol === 'mqtt' && broker === undefined)
    return wrong('profile', 'speaks MQTT: broker.url is missing')
  const known = new Set(device.points.map(({ id }) => id))
  const strange = Object.keys(one.signals ?? {}).find((point) => !known.has(point))
  if (strange !== undefined) return wrong(`signals.${strange}`, `no such point in ${one.profile}`)
  return { ok: true, device }
}

/** Here they are how an MQTT device signs in at the broker; at the gateway, how the gateway signs in at a camera. */
function withoutLogin({ username, password, passwordFile, ...rest }: SiteDeviceConfig): SiteDeviceConfig {
  return rest
}

function wrong(path: string, message: string): Planned {
  return { ok: false, problems: [{ path, message }] }
}
