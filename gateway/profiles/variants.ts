import { deepFreeze } from '#lib/load-config.ts'
import { laidOver } from './overlay.ts'
import type { Profile } from './profile.ts'

/** What the instance may say for the profile as it is, without an overlay. */
export const noVariant = 'default'

const known = new WeakMap<Profile, Map<string, Profile>>()

/** The profile with one of its overlays. The same overlay gives the same object. Pure. */
export function withVariant(profile: Profile, name: string): Profile {
  const overlay = profile.variants?.[name]
  if (overlay === undefined) return profile
  const made = known.get(profile) ?? new Map<string, Profile>()
  known.set(profile, made)
  const { select: _, ...over } = overlay
  const found = made.get(name) ?? deepFreeze(structuredClone(laidOver(profile, over)) as Profile)
  made.set(name, found)
  return found
}
