import type { MqttDiscoveryFields } from '#gateway/profiles/mqtt.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import type { Discoverable } from '../../proposal.ts'
import type { Announcement } from './announcement.ts'

/** What of all profiles can be proposed. */
export function discoverable(profiles: Iterable<Profile>): Discoverable[] {
  return [...profiles].flatMap((profile) => {
    if (profile.protocol !== 'mqtt' || profile.abstract === true) return []
    const { discovery } = profile.mqtt
    return discovery === undefined
      ? []
      : [{ id: profile.id, params: Object.keys(profile.params ?? {}), discovery }]
  })
}

export type Fit = {
  readonly profile: string
  readonly params: Readonly<Record<string, string | number>>
}

/** A model that is named beats any number of features. */
const namedModel = 1000

/**
 * The profile that says most precisely that it is for such a device: by model, else by the longest list of features that the
 * device has. Of what the announcement knows it takes the parameters that it has. `undefined`: a person has to choose. Pure.
 */
export function fitProfile(profiles: readonly Discoverable[], device: Announcement): Fit | undefined {
  let best: { readonly score: number; readonly fit: Fit } | undefined
  for (const profile of profiles) {
    for (const entry of profile.discovery) {
      if (entry.source !== device.source) continue
      const score = scoreOf(entry, device)
      if (score <= (best?.score ?? 0)) continue
      const own = Object.entries(device.params).filter(([name]) => profile.params.includes(name))
      best = { score, fit: { profile: profile.id, params: { ...Object.fromEntries(own), ...entry.params } } }
    }
  }
  return best?.fit
}

function scoreOf({ models, features }: MqttDiscoveryFields, device: Announcement): number {
  if (models !== undefined && device.model !== undefined && models.includes(device.model)) return namedModel
  if (features === undefined || !features.every((one) => device.features.includes(one))) return 0
  return features.length
}
