/**
 * What a process begins with: the content that is tried, the last good one, or gateway.yaml alone. What was stored and cannot be
 * used is left out or set aside and told, never a reason not to start; only gateway.yaml itself is.
 */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { managedFile, readManaged } from '#gateway/commissioning/managed-devices.ts'
import {
  configFolder,
  readContent,
  readState,
  saveState,
  setAside,
} from '#gateway/configuration/config-store.ts'
import { next, runs, type TrialState, type Why } from '#gateway/configuration/trial.ts'
import { type ConfigProblem, type Environment, formatProblem } from '#lib/load-config.ts'
import { contentProblems } from './content-problems.ts'
import { type CloudContent, dataFolderOf, type LoadedGateway, loadGateway } from './load-gateway.ts'

export type Booted = LoadedGateway & { readonly state: TrialState }

/** Reads and, where something of it is broken, writes: for a process that is about to run. Throws when the disk does not let it. */
export async function bootGateway(file: string, env: Environment, at: number): Promise<Booted> {
  const data = await dataFolderOf(file, env)
  const read = await readState(data)
  if (read.garbage !== undefined) await setAside(read.garbage, at)
  const { isGarbage, file: devicesFile } = await readManaged(data)
  if (isGarbage) await setAside(devicesFile, at)
  const state = next(read.state, { kind: 'booted' })
  if (state !== read.state) await saveState(data, state)
  return await loadFor(state, { file, env, data })
}

/** After what is tried did not start: the next best. */
export async function bootAfterFailure(
  file: string,
  env: Environment,
  failed: { readonly state: TrialState; readonly reason: string },
): Promise<Booted> {
  const data = await dataFolderOf(file, env)
  const state = next(failed.state, { kind: 'failed', reason: failed.reason })
  await saveState(data, state)
  return await loadFor(state, { file, env, data })
}

/** What a gateway with this file would run on, for who only looks. */
export async function storedCloud(file: string, env: Environment): Promise<CloudContent | undefined> {
  const data = await dataFolderOf(file, env)
  const { state } = await readState(data)
  const ref = runs(state)
  const read = ref === undefined ? undefined : await readContent(data, ref)
  return ref !== undefined && read?.ok === true ? { ref, content: read.content } : undefined
}

type Place = { readonly file: string; readonly env: Environment; readonly data: string }

async function loadFor(state: TrialState, place: Place): Promise<Booted> {
  const ref = runs(state)
  if (ref === undefined) return { ...(await loadLeniently(place, undefined)), state }
  const read = await readContent(place.data, ref)
  if (!read.ok) return await loadFor(await gaveUp(state, { reason: read.reason }, place), place)
  const cloud = { ref, content: read.content }
  if (state.trial === undefined) return { ...(await loadGood(place, cloud)), state }
  // What is tried was good when it was accepted, and must be good as a whole.
  const loaded = await loadLeniently(place, cloud, { isWhole: true })
  if (loaded.setup !== undefined) return { ...loaded, state }
  const why = {
    reason: 'not valid when the gateway started',
    problems: contentProblems(loaded.problems, cloud),
  }
  return await loadFor(await gaveUp(state, why, place), place)
}

async function gaveUp(state: TrialState, why: Why, { data }: Place): Promise<TrialState> {
  const after = next(state, { kind: state.trial === undefined ? 'lost' : 'failed', ...why })
  await saveState(data, after)
  return after
}

/** The file of the gateway may have changed since it was good, or the profiles. */
async function loadGood(place: Place, cloud: CloudContent): Promise<LoadedGateway> {
  const loaded = await loadLeniently(place, cloud)
  if (loaded.setup !== undefined) return loaded
  const alone = await loadLeniently(place, undefined, {
    trouble: [
      `configuration ${cloud.ref.version} of the cloud does not fit ${basename(place.file)} any more: ` +
        loaded.problems.map((problem) => formatProblem(place.file, problem)).join('; '),
    ],
  })
  return alone.setup === undefined ? loaded : alone
}

type Leniency = {
  /** Nothing of what the cloud gave may be left out. */
  readonly isWhole?: boolean
  readonly trouble?: readonly string[]
}

async function loadLeniently(
  { file, env, data }: Place,
  cloud: CloudContent | undefined,
  { isWhole = false, trouble = [] }: Leniency = {},
): Promise<LoadedGateway> {
  const aside = await troubleOf(data)
  const without = new Set<string>()
  const leftOut: string[] = []
  for (;;) {
    const told = [...trouble, ...aside, ...leftOut]
    const loaded = await loadGateway(file, env, { cloud, without: new Set(without), trouble: told })
    const isOwn = ({ file: place }: ConfigProblem) => place === undefined
    const mayGo = (problem: ConfigProblem): boolean =>
      problem.entry !== undefined &&
      !without.has(problem.entry) &&
      (isOwn(problem)
        ? aside.length > 0 || without.size > 0
        : !isWhole || problem.file === loaded.managed?.file)
    const going = loaded.setup === undefined ? loaded.problems.filter(mayGo) : []
    if (going.length === 0) return loaded
    for (const { entry = '' } of going) without.add(entry)
    leftOut.push(...going.map((problem) => `left out: ${formatProblem(file, problem)}`.slice(0, 500)))
  }
}

/** Files that were set aside stay told until somebody has looked at them and taken them away. */
async function troubleOf(data: string): Promise<string[]> {
  const folders = [
    { folder: data, names: `${managedFile}.bad-` },
    { folder: configFolder(data), names: 'state.json.bad-' },
  ]
  const found = await Promise.all(
    folders.map(async ({ folder, names }) => {
      const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      return files.filter((name) => name.startsWith(names)).map((name) => join(folder, name))
    }),
  )
  return found
    .flat()
    .map(
      (name) =>
        `${basename(name).split('.bad-')[0]} could not be read and was set aside as ${join(basename(dirname(name)), basename(name))}; mend it or delete that file`,
    )
}
