import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { repository, run } from '../support/program.ts'
import { tempFolder } from '../support/temp-folder.ts'
import type { CampaignResult } from './campaign.ts'
import type { FaultName } from './faults.ts'
import { type Mutation, mutations } from './mutations.ts'

type CheckOptions = {
  /** Names of mutations; all of them if absent. */
  readonly only: readonly string[] | undefined
  readonly say: (line: object) => void
}

/** Long enough for every fault of a mutation, short enough for all mutations in twenty minutes. */
const mutatedMinutes = '0.5'
/** Long enough for every fault that some mutation needs. */
const cleanMinutes = '2'
const campaign = ['--seed', '11', '--settle', '15']
const campaignMs = 300_000
const ownMain = join(repository, 'tests/faults/main.ts')

/** Runs the harness on a copy of the source for each bug. Resolves with the names of those it did not find. */
export async function checkMutations({ only, say }: CheckOptions): Promise<readonly string[]> {
  const wanted = mutations.filter(({ name }) => only === undefined || only.includes(name))
  const missed: string[] = []
  // The same faults without a bug must find nothing: else a finding would prove nothing.
  const names = [...new Set(wanted.flatMap(({ faults }) => faults))]
  const clean = await findingsOf(ownMain, names, cleanMinutes)
  if (clean.length > 0)
    throw new Error(`the harness complains about the source as it is: ${clean.join('\n')}`)
  for (const mutation of wanted) {
    const findings = await mutatedFindings(mutation)
    const { name, file, faults } = mutation
    say({ mutation: name, file, faults, found: findings.length > 0, by: findings[0]?.slice(0, 160) })
    if (findings.length === 0) missed.push(name)
  }
  return missed
}

async function mutatedFindings(mutation: Mutation): Promise<readonly string[]> {
  await using folder = await tempFolder()
  await copySource(folder.path)
  const file = join(folder.path, mutation.file)
  await writeFile(file, mutated(await readFile(file, 'utf8'), mutation))
  return await findingsOf(join(folder.path, 'tests/faults/main.ts'), mutation.faults, mutatedMinutes)
}

async function findingsOf(
  main: string,
  faults: readonly FaultName[],
  minutes: string,
): Promise<readonly string[]> {
  const args = [main, ...campaign, '--minutes', minutes, '--only', faults.join(', ')]
  const { output } = await run({ name: 'faults', args }, campaignMs)
  const result = output.split('\n').find((line) => line.startsWith('{"seed"'))
  // A harness that broke down has found nothing.
  if (result === undefined) throw new Error(`no result\n${output.slice(-3_000)}`)
  return (JSON.parse(result) as CampaignResult).findings
}

/** The source as it is, and the dependencies as they are. */
async function copySource(folder: string): Promise<void> {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8' }).split('\0')
  for (const file of files.filter((name) => /\.(ts|mjs|json|yaml|c)$/.test(name))) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(repository, file), join(folder, file))
  }
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'))
}

/** Throws when the text to change does not stand there exactly once. */
export function mutated(text: string, { name, file, find, replace }: Mutation): string {
  const places = text.split(find).length - 1
  if (places !== 1) throw new Error(`${name}: the text to change stands ${places} times in ${file}`)
  return text.replace(find, () => replace)
}
