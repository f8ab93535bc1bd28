import { Check } from 'typebox/schema'
import type { DeviceChanges, DeviceDraft, DraftProblem } from '#contract/request.ts'
import { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { explain } from '#lib/explain.ts'
import { type ConfigProblem, pathText } from '#lib/load-config.ts'

export type ReadDraft =
  | { readonly ok: true; readonly instance: DeviceInstance; readonly password?: string }
  | { readonly ok: false; readonly problems: readonly DraftProblem[] }

/** Keys that only a person with an account on the gateway may set: they name files of its disk. */
const forbidden = ['passwordFile'] as const
const maxProblems = 100

/** A draft as the configuration file would be read, with the same words for what is wrong. The password is taken out. Pure. */
export function readDraft(draft: DeviceDraft): ReadDraft {
  const { value, findings } = explain(DeviceInstance, draft)
  const problems = findings.map(({ path, message }) => ({ path: pathText(path), message }))
  for (const key of forbidden) {
    if (draft[key] !== undefined)
      problems.push({ path: key, message: 'only in gateway.yaml; give the password' })
  }
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, maxProblems) }
  if (!Check(DeviceInstance, value)) return { ok: false, problems: [{ path: '', message: 'not a device' }] }
  const { password, ...instance } = value as DeviceInstance
  return { ok: true, instance, ...(password === undefined || password === '' ? {} : { password }) }
}

/** Null takes a value away, absence leaves it. Pure. */
export function changed(
  device: DeviceInstance,
  { title, location, confirmed }: DeviceChanges,
): DeviceInstance {
  const { title: oldTitle, location: oldLocation, confirmed: oldConfirmed, ...rest } = device
  const kept = <T>(next: T | null | undefined, old: T | undefined) =>
    next === undefined ? old : (next ?? undefined)
  const texts = { title: kept(title, oldTitle), location: kept(location, oldLocation) }
  const list = confirmed ?? oldConfirmed
  return {
    ...rest,
    ...(texts.title === undefined ? {} : { title: texts.title }),
    ...(texts.location === undefined ? {} : { location: texts.location }),
    ...(list === undefined || list.length === 0 ? {} : { confirmed: [...list] }),
  }
}

/**
 * Problems of a whole configuration, for the person who changed one device: those of entry `index` of the file of added
 * devices are told relative to the device, the others with their place. Pure.
 */
export function problemsForDevice(
  problems: readonly ConfigProblem[],
  file: string,
  index: number,
): DraftProblem[] {
  const prefix = `devices[${index}]`
  return problems.slice(0, maxProblems).map((problem) => {
    const isOwn = problem.file === file && (problem.path === prefix || problem.path.startsWith(`${prefix}.`))
    if (isOwn) return cut({ path: problem.path.slice(prefix.length + 1), message: problem.message })
    const place = [problem.file?.replace(/^.*\//, '') ?? 'gateway.yaml', problem.path].filter(
      (one) => one !== '',
    )
    return cut({ path: '', message: `${place.join(' ')}: ${problem.message}` })
  })
}

function cut({ path, message }: DraftProblem): DraftProblem {
  return { path: path.slice(0, 200), message: message.slice(0, 500) }
}
