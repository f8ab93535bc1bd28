import type { Device } from '#gateway/profiles/device.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { SimHint } from '#gateway/profiles/sim-hints.ts'

/** One installed device to be tried: a profile, or one of its variants. */
export type Subject = { readonly name: string; readonly device: Device }

/** Every profile that can be installed, and every variant of it. */
export function subjectsOf(profiles: Iterable<Profile>): Subject[] {
  return [...profiles]
    .filter((profile) => profile.abstract !== true)
    .flatMap((profile) =>
      [undefined, ...Object.keys(profile.variants ?? {})].map((name) => ({ profile, name })),
    )
    .map(({ profile, name }, index) => {
      const variant = name === undefined ? undefined : { name, ...profile.variants?.[name] }
      return {
        name: name === undefined ? profile.id : `${profile.id} (${name})`,
        device: impatient(installed(profile, `device-${index}`, index, variant)),
      }
    })
}

type Variant = { readonly name: string; readonly select?: unknown }

function installed(profile: Profile, id: string, index: number, variant?: Variant): Device {
  const own = Object.assign({}, ...profile.tests.map(({ params }) => params ?? {}).reverse())
  const { select } = variant ?? {}
  const chosen = isParamChoice(select) ? { [select.param]: select.is } : {}
  const instance = {
    ...{
      id,
      profile: profile.id,
      params: { ...own, ...chosen, ...texts(profile, index) } as Record<string, string>,
    },
    ...(variant === undefined || isParamChoice(select) ? {} : { variant: variant.name }),
    ...(profile.protocol === 'modbus' ? { bus: id } : {}),
    ...(profile.protocol === 'onvif' ? { host: '127.0.0.1' } : {}),
  }
  const first = resolved(profile, instance)
  // What is low in confidence is read as soon as a person has confirmed it: here everything is.
  const confirmed = first.points.filter(({ confidence }) => confidence === 'low').map((point) => point.id)
  return resolved(profile, { ...instance, confirmed })
}

function resolved(profile: Profile, instance: Parameters<typeof resolveDevice>[1]): Device {
  const result = resolveDevice(profile, instance)
  if (!result.ok) throw new Error(`${profile.id}: ${JSON.stringify(result.problems)}`)
  return result.device
}

function isParamChoice(select: unknown): select is { readonly param: string; readonly is: string } {
  return typeof select === 'object' && select !== null && 'param' in select
}

/** Names in topics, so that no two devices share one. */
function texts(profile: Profile, index: number): Record<string, string> {
  if (profile.protocol !== 'mqtt') return {}
  const number = index.toString(16)
  const names = {
    token: `name-${index}`,
    path: `name ${index}`,
    hex16: number.padStart(16, 'a'),
    mac: number.padStart(12, 'a'),
  }
  const inTopics = JSON.stringify([profile.mqtt.topics, profile.mqtt.availability ?? {}])
  return Object.fromEntries(
    Object.entries(profile.params ?? {}).flatMap(([name, param]) =>
      param.type === 'text' && param.required === true && inTopics.includes(`<${name}>`)
        ? [[name, names[param.chars]]]
        : [],
    ),
  )
}

const pollMs = 300

/** The same device, in a hurry: what is tried is what is read and written, not how often. */
function impatient(device: Device): Device {
  if (device.protocol === 'modbus') {
    const { timing } = device.address
    return {
      ...device,
      address: { ...device.address, timing: { ...timing, gapMs: 0, turnaroundMs: 0, warmupMs: 0 } },
      points: device.points.map((point) => ({ ...hurried(point), pollMs })),
    }
  }
  if (device.protocol === 'mqtt') return { ...device, points: device.points.map(hurried) }
  return { ...device, points: device.points.map(hurried) }
}

function hurried<P extends Device['points'][number]>(point: P): P {
  const { write, sim } = point
  if (write === undefined && sim?.gen !== 'follow') return point
  const { rampMaxPerS: _, ...quick } = write ?? { minIntervalMs: 0 }
  return {
    ...point,
    ...(write === undefined ? {} : { write: { ...quick, minIntervalMs: 0 } }),
    ...(sim?.gen === 'follow' ? { sim: quickFollower(sim) } : {}),
  }
}

function quickFollower(sim: Extract<SimHint, { gen: 'follow' }>): SimHint {
  return { gen: 'follow', delay: '0ms', ...(sim.point === undefined ? {} : { point: sim.point }) }
}
