import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Checked, checkProfile } from './check-profile.ts'
import { layersOf, type ParentOf } from './inherit.ts'
import type { Profile } from './profile.ts'
import { type ProfileProblem, type ProfileSource, type ReadSource, readSource } from './profile-source.ts'

export type { ProfileProblem } from './profile-source.ts'

export type LoadedProfiles = {
  /** By id; only those without problems, and none that is only there to be extended. */
  readonly profiles: Map<string, Profile>
  readonly problems: readonly ProfileProblem[]
  /** What works and deserves a look. */
  readonly warnings: readonly ProfileProblem[]
}

type Options = {
  /** Reads these profiles and what they extend, and leaves the other files alone: memory and time of a start. */
  readonly only?: ReadonlySet<string>
}

/**
 * Reads every `<protocol>/<id>.yaml` below `folder`. Lists all problems of all files at once with file, line and key; a
 * broken file costs its own profile and those that extend it. Never throws for what is in the folder.
 */
export function loadProfiles(folder: string, { only }: Options = {}): LoadedProfiles {
  const profiles = new Map<string, Profile>()
  const problems: ProfileProblem[] = []
  const warnings: ProfileProblem[] = []
  const files = filesIn(folder)
  if (files.length === 0) problems.push({ file: folder, path: '', message: 'no profiles in this folder' })
  const parentOf = parentsIn(folder, () => files)
  for (const file of files.filter((one) => only === undefined || only.has(idOf(one)))) {
    const read = readFrom(folder, file)
    const loaded = read.ok ? parseSource(read.source, parentOf) : read
    problems.push(
      ...loaded.problems.map((one) => (one.file === file ? one : { ...one, profile: idOf(file) })),
    )
    if (!('profile' in loaded) || loaded.profile === undefined) continue
    warnings.push(...loaded.warnings)
    if (profiles.has(loaded.profile.id)) {
      problems.push({ file, path: 'id', message: `${loaded.profile.id} is in another file already` })
    }
    if (loaded.profile.abstract !== true) profiles.set(loaded.profile.id, loaded.profile)
  }
  return { profiles, problems, warnings }
}

/** Ids of everything in the folder, usable or not, without reading it. */
export function profileNames(folder: string): string[] {
  return filesIn(folder).map(idOf)
}

/** One file that is already in memory; `file` is its path below the folder of profiles. Pure. */
export function parseProfile(text: string, file: string, parentOf: ParentOf = () => undefined): Checked {
  const read = readSource(text, file)
  return read.ok ? parseSource(read.source, parentOf) : { problems: read.problems, warnings: [] }
}

/** A profile of the folder by its file, with everything it extends. */
export function loadProfile(folder: string, file: string): Checked {
  const read = readFrom(folder, file)
  if (!read.ok) return { problems: read.problems, warnings: [] }
  return parseSource(
    read.source,
    parentsIn(folder, () => filesIn(folder)),
  )
}

function parseSource(source: ProfileSource, parentOf: ParentOf): Checked {
  const layers = layersOf(source, parentOf)
  return layers.ok ? checkProfile(layers.layers) : { problems: layers.problems, warnings: [] }
}

/** Bases are read once, however many extend them. The other files are let go one by one: as a tree each is a megabyte. */
function parentsIn(folder: string, files: () => readonly string[]): ParentOf {
  const known = new Map<string, ReadSource>()
  return (id) => {
    const file = files().find((one) => idOf(one) === id)
    if (file === undefined) return undefined
    const read = known.get(file) ?? readFrom(folder, file)
    known.set(file, read)
    return read.ok ? read.source : undefined
  }
}

function filesIn(folder: string): string[] {
  return globSync('**/*.yaml', { cwd: folder })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
}

function readFrom(folder: string, file: string): ReadSource {
  try {
    return readSource(readFileSync(join(folder, file), 'utf8'), file)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    return { ok: false, problems: [{ file, path: '', message: `cannot read the file (${reason})` }] }
  }
}

function idOf(file: string): string {
  return basename(file, '.yaml')
}
