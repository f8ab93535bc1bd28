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
  const values = namesInPoints(profile).map((name) => [name, params.get(name)])
  return JSON.stringify([values, [...(instance.confirmed ?? [])].sort()])
}

const named = new WeakMap<Profile, readonly string[]>()

/** Parameters that points, or the commands that write them, speak of in any way; rather one too many. */
function namesInPoints(profile: Profile): readonly string[] {
  const found = named.get(profile) ?? search(profile)
  named.set(profile, found)
  return found
}

function search(profile: Profile): string[] {
  const isWritten = Object.values(profile.points).some(({ write }) => write !== undefined)
  const commands = profile.protocol === 'mqtt' && isWritten ? profile.mqtt.commands : {}
  const text = JSON.stringify([profile.points, commands])
  return Object.keys(profile.params ?? {})
    .filter((name) => [`<${name}>`, `$param.${name}"`, `"${name}"`].some((word) => text.includes(word)))
    .sort()
}
