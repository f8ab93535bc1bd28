import { deepFreeze } from '#lib/load-config.ts'
import type { DeviceInstance } from './device-instance.ts'
import type { ParamValues } from './params.ts'
import type { Profile } from './profile.ts'

type What = { readonly instance: DeviceInstance; readonly params: ParamValues }

const known = new WeakMap<Profile, Map<string, readonly unknown[]>>()

/** Kinds of one profile beyond this are rare, and each would be remembered for as long as the profile is. */
const maxKinds = 64

/**
 * The points of equal devices are the same frozen list: a gateway with hundreds of one sensor keeps one list. `make` runs
 * when nobody of this kind was there before.
 */
export function sharedPoints<P>(profile: Profile, what: What, make: () => P[]): readonly P[] {
  const kinds = known.get(profile) ?? new Map<string, readonly unknown[]>()
  known.set(profile, kinds)
  const kind = kindOf(profile, what)
  const found = kinds.get(kind) ?? deepFreeze(make())
  if (kinds.size >= maxKinds) kinds.clear()
  kinds.set(kind, found)
  return found as readonly P[]
}

/** Everything of an installed device that its points depend on. */
function kindOf(profile: Profile, { instance, params }: What): string {
  const used = writesWithParams(profile) ? [...params.keys()] : countedParams(profile)
  const values = used.map((name) => [name, params.get(name)])
  return JSON.stringify([values, [...(instance.confirmed ?? [])].sort()])
}

/** A topic or a token that is written to may hold any parameter. */
function writesWithParams(profile: Profile): boolean {
  return (
    profile.protocol !== 'modbus' && Object.values(profile.points).some(({ write }) => write !== undefined)
  )
}

function countedParams({ points }: Profile): string[] {
  const names = Object.values(points).flatMap(({ each, mul_by = [], div_by = [] }) => [
    ...(each !== undefined && 'param' in each.n ? [each.n.param] : []),
    ...mul_by,
    ...div_by,
  ])
  return [...new Set(names)].sort()
}
