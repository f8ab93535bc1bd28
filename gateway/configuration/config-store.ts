/** `<data>/configuration/`: contents under their digests, and which of them is good, tried or failed. */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/schema'
import { ConfigContent, ConfigProblem, ConfigRef, maxConfigProblems } from '#contract/configuration.ts'
import { canonicalJson, jsonDigest } from '#lib/canonical-json.ts'
import { writeAtomically } from '#lib/write-atomically.ts'
import type { TrialState } from './trial.ts'

const closed = { additionalProperties: false } as const
const StoredState = Type.Object(
  {
    v: Type.Literal(1),
    good: Type.Optional(ConfigRef),
    trial: Type.Optional(
      Type.Object({ ...ConfigRef.properties, starts: Type.Integer({ minimum: 0 }) }, closed),
    ),
    failed: Type.Optional(
      Type.Object(
        {
          ...ConfigRef.properties,
          outcome: Type.Union([Type.Literal('refused'), Type.Literal('rolled-back')]),
          reason: Type.String({ maxLength: 500 }),
          problems: Type.Array(ConfigProblem, { maxItems: maxConfigProblems }),
        },
        closed,
      ),
    ),
  },
  closed,
)

export type ReadContent =
  | { readonly ok: true; readonly content: ConfigContent }
  | { readonly ok: false; readonly reason: string }

export type ReadState = { readonly state: TrialState; readonly garbage?: string }

const stateFile = 'state.json'

export function configFolder(dataFolder: string): string {
  return join(dataFolder, 'configuration')
}

/** Only looks. No file is no configuration of the cloud; what cannot be understood is said in `garbage`. */
export async function readState(dataFolder: string): Promise<ReadState> {
  const file = join(configFolder(dataFolder), stateFile)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return { state: {} }
  const value = parsed(text)
  if (!Check(StoredState, value)) return { state: {}, garbage: file }
  const { v, ...state } = value as Static<typeof StoredState>
  return { state }
}

/** Only looks. A content that does not fit its digest is none. */
export async function readContent(dataFolder: string, { digest }: ConfigRef): Promise<ReadContent> {
  const file = join(configFolder(dataFolder), `${digest}.json`)
  try {
    const content = parsed(await readFile(file, 'utf8'))
    if (Check(ConfigContent, content) && jsonDigest(content) === digest)
      return { ok: true, content: content as ConfigContent }
    return { ok: false, reason: `${file} does not hold what was stored` }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { ok: false, reason: `cannot read ${file} (${code ?? message})` }
  }
}

/** Keeps the content and then the state; after a power cut the disk has the state from before or this one. */
export async function saveState(
  dataFolder: string,
  state: TrialState,
  content?: { readonly ref: ConfigRef; readonly content: ConfigContent },
): Promise<void> {
  const folder = configFolder(dataFolder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (content !== undefined) {
    await writeAtomically(join(folder, `${content.ref.digest}.json`), canonicalJson(content.content))
    await syncFolder(folder)
  }
  await writeAtomically(join(folder, stateFile), JSON.stringify({ v: 1, ...state }))
  await syncFolder(folder)
  await prune(folder, state)
}

/** Moves a file out of the way, so that a person can look at it. Resolves with its new name. */
export async function setAside(file: string, at: number): Promise<string> {
  const aside = `${file}.bad-${new Date(at).toISOString().replaceAll(/[:.]/g, '-')}`
  await rename(file, aside)
  return aside
}

async function prune(folder: string, { good, trial }: TrialState): Promise<void> {
  const kept = new Set([good, trial].flatMap((ref) => (ref === undefined ? [] : [`${ref.digest}.json`])))
  for (const name of await readdir(folder)) {
    if (/^[0-9a-f]{64}\.json$/.test(name) && !kept.has(name)) await rm(join(folder, name), { force: true })
  }
}

/** A rename is on the disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
