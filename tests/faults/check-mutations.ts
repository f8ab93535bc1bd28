import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { repository, run } from '../support/program.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { faultNames } from './fault.ts'
import { type Mutation, mutations } from './mutations.ts'

type CheckOptions = {
  /** Names of mutations; all of them if absent. */
  readonly only: readonly string[] | undefined
  readonly say: (line: object) => void
}

/** Long enough for some kills, short enough for a dozen of these in ten minutes. */
const campaign = ['--minutes', '0.5', '--seed', '11', '--settle', '15']

/** Runs the harness on a copy of the source for each bug. Resolves with the names of those it did not find. */
export async function checkMutations({ only, say }: CheckOptions): Promise<readonly string[]> {
  const missed: string[] = []
  // Without any bug nothing may be found: else a finding would prove nothing.
  if (!(await isClean())) throw new Error('the harness complains about the source as it is')
  for (const mutation of mutations.filter(({ name }) => only === undefined || only.includes(name))) {
    const { code, output } = await runMutated(mutation)
    const result = output.trimEnd().split('\n').at(-1)?.slice(0, 400)
    say({ mutation: mutation.name, found: code !== 0, result })
    if (code === 0) missed.push(mutation.name)
  }
  return missed
}

async function isClean(): Promise<boolean> {
  const { code } = await run({ name: 'no bug', args: ['tests/faults/main.ts', ...campaign] }, 300_000)
  return code === 0
}

async function runMutated(mutation: Mutation): Promise<{ code: number | null; output: string }> {
  await using folder = await tempFolder()
  await copySource(folder.path)
  await mutate(join(folder.path, mutation.file), mutation)
  const faults = mutation.faults.filter((name) => faultNames.includes(name)).join(', ')
  const store = mutation.store ?? 'embedded'
  return await run(
    {
      name: mutation.name,
      args: [join(folder.path, 'tests/faults/main.ts'), ...campaign, '--store', store, '--only', faults],
    },
    300_000,
  )
}

/** What git knows, and the dependencies as they are. */
async function copySource(folder: string): Promise<void> {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8' }).split('\0')
  for (const file of files.filter((name) => /\.(ts|mjs|json|yaml|c)$/.test(name))) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(repository, file), join(folder, file))
  }
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'))
}

async function mutate(file: string, { name, find, replace }: Mutation): Promise<void> {
  const text = await readFile(file, 'utf8')
  const places = text.split(find).length - 1
  if (places !== 1) throw new Error(`${name}: the text to change stands ${places} times in ${file}`)
  await writeFile(
    file,
    text.replace(find, () => replace),
  )
}
