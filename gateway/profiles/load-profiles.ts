import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlias, isNode, LineCounter, parseDocument, visit } from 'yaml'
import { parseConfig, problemAt } from '#lib/load-config.ts'
import { lintProfile } from './lint-profile.ts'
import { Profile } from './profile.ts'

/** Something wrong in one profile file. `path` is `points.voltage.l1.unit`, empty for the whole file. */
export type ProfileProblem = {
  readonly file: string
  readonly line?: number
  readonly path: string
  readonly message: string
}

export type LoadedProfiles = {
  /** By id; only those without problems. */
  readonly profiles: Map<string, Profile>
  readonly problems: readonly ProfileProblem[]
}

const maxBytes = 64 * 1024

/**
 * Reads every `<protocol>/<id>.yaml` below `folder`. Lists all problems of all files at once with file, line and key; a
 * broken file costs its own profile and no other. Never throws for what is in the folder.
 */
export function loadProfiles(folder: string): LoadedProfiles {
  const profiles = new Map<string, Profile>()
  const problems: ProfileProblem[] = []
  const files = globSync('**/*.yaml', { cwd: folder }).sort()
  if (files.length === 0) problems.push({ file: folder, path: '', message: 'no profiles in this folder' })
  for (const file of files) {
    const loaded = readProfile(folder, file.replaceAll('\\', '/'))
    problems.push(...loaded.problems)
    if (loaded.profile === undefined) continue
    if (profiles.has(loaded.profile.id)) {
      problems.push({ file, path: 'id', message: `${loaded.profile.id} is in another file already` })
    }
    profiles.set(loaded.profile.id, loaded.profile)
  }
  return { profiles, problems }
}

function readProfile(folder: string, file: string): Parsed {
  try {
    return parseProfile(readFileSync(join(folder, file), 'utf8'), file)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    return { problems: [{ file, path: '', message: `cannot read the file (${reason})` }] }
  }
}

type Parsed = { readonly profile?: Profile; readonly problems: readonly ProfileProblem[] }

/** One file that is already in memory; `file` is its path below the folder of profiles. Pure. */
export function parseProfile(text: string, file: string): Parsed {
  if (text.length > maxBytes)
    return { problems: [{ file, path: '', message: `larger than ${maxBytes} bytes` }] }
  const forbidden = notData(text).map((problem) => ({ file, ...problem }))
  if (forbidden.length > 0) return { problems: forbidden }
  const loaded = parseConfig(text, Profile)
  if (!loaded.ok) return { problems: loaded.problems.map((problem) => ({ file, ...problem })) }
  const profile = loaded.value
  const found = [...lintProfile(profile), ...lintPlace(profile, file)]
  if (found.length === 0) return { profile, problems: [] }
  return { problems: found.map(({ path, message }) => at(file, problemAt(path, message, loaded.lineOf))) }
}

/** The path of a file says what is in it. */
function lintPlace({ id, protocol }: Profile, file: string) {
  const expected = `${protocol}/${id}.yaml`
  return file === expected ? [] : [{ path: ['id'], message: `a profile with this id lies in ${expected}` }]
}

/** Anchors, aliases and tags turn data into a language of its own. */
function notData(text: string): { line: number; path: string; message: string }[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const found: { line: number; path: string; message: string }[] = []
  visit(document, {
    Node(_key, node) {
      const special =
        isAlias(node) || (isNode(node) && (node.tag !== undefined || ('anchor' in node && node.anchor)))
      if (!special) return
      const { line } = lines.linePos(node.range?.[0] ?? 0)
      found.push({ line, path: '', message: 'anchors, aliases and tags are not allowed in a profile' })
    },
  })
  return found
}

function at(file: string, problem: ReturnType<typeof problemAt>): ProfileProblem {
  return { file, ...problem }
}
