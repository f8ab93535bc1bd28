/**
 * `npm run bench -- [name…]`: runs `bench/<name>.bench.ts` (all of them without a name), prints a table, appends one
 * JSON line per figure to `bench/results/<name>.jsonl`. Exit status 1 where a budget of `bench/README.md` is broken, 2 for an
 * unknown name.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { basename } from 'node:path'
import { brokenBudgets, readBudgets } from './lib/budgets.ts'
import type { Figure } from './lib/figure.ts'
import { showFigures } from './lib/show-figures.ts'

const folder = import.meta.dirname
const known = globSync('*.bench.ts', { cwd: folder })
  .map((file) => basename(file, '.bench.ts'))
  .sort()

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !known.includes(name))
const [first, ...others] = asked.length > 0 ? asked : known

if (unknown.length > 0 || first === undefined) {
  console.error(`no such bench: ${unknown.join(', ')}. There are: ${known.join(', ')}`)
  process.exitCode = 2
} else if (others.length === 0) await runOne(first)
else runEach([first, ...others])

/** Each in a process of its own: what one leaves in memory and in the compiler is not the next one's. */
function runEach(names: readonly string[]): void {
  for (const name of names) {
    const { status } = spawnSync(process.execPath, [import.meta.filename, name], { stdio: 'inherit' })
    if (status !== 0) process.exitCode = 1
  }
}

async function runOne(bench: string): Promise<void> {
  console.log(`\n${bench}: ${machine()}`)
  const { run }: { run: () => Promise<Figure[]> } = await import(`./${bench}.bench.ts`)
  const figures = await run()
  const page = readFileSync(`${folder}/README.md`, 'utf8')
  const budgets = readBudgets(page).filter((budget) => budget.bench === bench)
  console.log(showFigures(figures, budgets))
  append(bench, figures)
  for (const broken of brokenBudgets(budgets, figures)) {
    console.error(`budget: ${broken}`)
    process.exitCode = 1
  }
}

function append(bench: string, figures: readonly Figure[]): void {
  const run = { commit: commit(), node: process.version }
  const lines = figures.map((figure) => `${JSON.stringify({ bench, ...figure, ...run })}\n`)
  mkdirSync(`${folder}/results`, { recursive: true })
  appendFileSync(`${folder}/results/${bench}.jsonl`, lines.join(''))
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${model}, ${cpus().length} cores, ${memory} GiB, node ${process.version}, commit ${commit()}`
}

/** `+` behind it where the tree has changes that are in no commit. */
function commit(): string {
  try {
    const hash = git('rev-parse', '--short', 'HEAD')
    return git('status', '--porcelain', '--untracked-files=no') === '' ? hash : `${hash}+`
  } catch {
    return 'unknown'
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}
