import type { DeviceInstance } from './device-instance.ts'
import type { Expanded } from './expand.ts'
import { meaningOf } from './meaning.ts'
import type { ParamValues } from './params.ts'
import type { Profile } from './profile.ts'
import { alarmIds } from './resolve-alarms.ts'
import { noVariant } from './variants.ts'

/** `path` is relative to the instance: `['params', 'name']`. */
export type InstanceProblem = { readonly path: readonly string[]; readonly message: string }

type Chosen = { readonly variant: string; readonly problem?: InstanceProblem }

/** The overlay that a parameter picks, else the one that the instance names, else none. Pure. */
export function chooseVariant(
  { variants = {} }: Profile,
  named: string | undefined,
  params: ParamValues,
): Chosen {
  const picked = Object.entries(variants).find(
    ([, { select }]) => typeof select === 'object' && params.get(select.param) === select.is,
  )
  if (named === undefined || named === picked?.[0]) return { variant: picked?.[0] ?? noVariant }
  const select = variants[named]?.select
  if (named === noVariant || typeof select === 'string') return { variant: named }
  const open = Object.entries(variants).filter(([, one]) => typeof one.select === 'string')
  const known = [noVariant, ...open.map(([name]) => name)].join(', ')
  const message =
    select === undefined
      ? `no variant ${named}; there are ${known}`
      : `${named} is chosen by the parameter ${select.param}`
  return { variant: noVariant, problem: { path: ['variant'], message } }
}

/** Where a device is differs by protocol; what only another protocol needs is a mistake. */
export function addressProblems(profile: Profile, instance: DeviceInstance): InstanceProblem[] {
  const problems = needless(profile, instance)
  if (profile.protocol === 'modbus') {
    const { default: usual, min, max } = profile.modbus.unit
    const { bus, unit = usual } = instance
    if (bus === undefined)
      problems.push({ path: ['bus'], message: 'missing; expected the id of an entry of buses' })
    if (unit < min || unit > max) {
      problems.push({ path: ['unit'], message: `expected an integer from ${min} to ${max}, found ${unit}` })
    }
  }
  if (profile.protocol === 'onvif' && instance.host === undefined) {
    problems.push({ path: ['host'], message: 'missing; expected the host name or address of the camera' })
  }
  return problems
}

const ownKeys = {
  bus: 'modbus',
  unit: 'modbus',
  setup: 'modbus',
  host: 'onvif',
  port: 'onvif',
  channel: 'onvif',
  username: 'onvif',
  password: 'onvif',
  passwordFile: 'onvif',
} as const
const spoken = { modbus: 'Modbus devices', onvif: 'cameras' } as const

function needless({ protocol }: Profile, instance: DeviceInstance): InstanceProblem[] {
  return Object.entries(ownKeys)
    .filter(([key, owner]) => owner !== protocol && instance[key as keyof typeof ownKeys] !== undefined)
    .map(([key, owner]) => ({
      path: [key],
      message: `only for ${spoken[owner]}; this profile speaks ${protocol}`,
    }))
}

const maxPoints = 512

/** A number from a parameter can lead to a name that means nothing (`voltage.l7`), or to too many. */
export function pointProblems(points: readonly Expanded<Profile['points'][string]>[]): InstanceProblem[] {
  const unknown = points.filter(({ id, fields }) => meaningOf(id, fields) === undefined)
  const problems = unknown.map(({ id }) => ({ path: ['params'], message: `leads to an unknown point ${id}` }))
  if (points.length > maxPoints) {
    problems.push({ path: ['params'], message: `leads to ${points.length} points; ${maxPoints} are allowed` })
  }
  return problems
}

/** What the instance says about single points and alarms has to find them. */
export function nameProblems(
  profile: Profile,
  points: readonly Expanded<unknown>[],
  { confirmed = [], alarms = {} }: DeviceInstance,
): InstanceProblem[] {
  const known = new Set(points.flatMap(({ id, template }) => [id, template]))
  const ids = alarmIds(profile, points)
  return [
    ...confirmed
      .filter((id) => !known.has(id))
      .map((id) => ({ path: ['confirmed'], message: `the profile has no point ${id}` })),
    ...Object.keys(alarms)
      .filter((id) => !ids.has(id))
      .map((id) => ({ path: ['alarms', id], message: alarmHint(id, ids) })),
  ]
}

function alarmHint(id: string, ids: ReadonlySet<string>): string {
  return `the profile has no alarm ${id}; there are ${[...ids].join(', ') || 'none'}`
}
