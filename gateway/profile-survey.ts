import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AppError } from '#contract/errors.ts'
import type { ProfileInfo } from '#contract/request.ts'
import { profileInfo } from '#gateway/commissioning/profile-info.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { discoverable } from '#gateway/southbound/mqtt/discovery/fit-profile.ts'
import type { Discoverable } from '#gateway/southbound/proposal.ts'

/** Of all profiles in the folder as much as it takes to choose and to propose one. */
export type ProfileSurvey = {
  readonly profiles: readonly ProfileInfo[]
  /** For devices that make themselves known over MQTT. */
  readonly discoverable: readonly Discoverable[]
  /** For cameras that answer when they are looked for. */
  readonly cameras: readonly { readonly id: string; readonly vendor: string }[]
}

/** Pure. */
export function surveyOf(profiles: Iterable<Profile>): ProfileSurvey {
  const all = [...profiles]
  return {
    profiles: all.map(profileInfo),
    discoverable: discoverable(all),
    cameras: all.flatMap(({ id, vendor, protocol }) => (protocol === 'onvif' ? [{ id, vendor }] : [])),
  }
}

const program = fileURLToPath(new URL('./survey-profiles.ts', import.meta.url))
const maxBytes = 8 * 1024 * 1024
const run = promisify(execFile)

/**
 * Reads the whole folder in a process of its own: about a second of work for a hundred profiles, and its memory, that no
 * poll has to wait for and that is gone afterwards.
 */
export async function surveyProfiles(folder: string, signal: AbortSignal): Promise<ProfileSurvey> {
  const options = { signal, maxBuffer: maxBytes }
  const { stdout } = await run(process.execPath, [program, folder], options).catch((cause: unknown) => {
    throw problemOf(cause, signal)
  })
  return JSON.parse(stdout) as ProfileSurvey
}

function problemOf(cause: unknown, { aborted }: AbortSignal): AppError {
  if (aborted) return new AppError('GATEWAY_TIMEOUT', 'reading the profiles took too long', { cause })
  // Killed by somebody else: whoever stops a gateway stops all its processes.
  const isKilled = typeof cause === 'object' && cause !== null && 'signal' in cause && cause.signal !== null
  if (isKilled) return new AppError('GATEWAY_OFFLINE', 'the gateway is stopping', { cause })
  return new AppError('INTERNAL', 'the profiles could not be read', { cause })
}
