/**
 * What the gateway's outbox does to a flash disk and to memory. One minute at 1,000 samples a second without a cloud: writes,
 * syncs and bytes as a library in front of libc counts them, log and checkpoints included. Then ten million samples queued:
 * bytes on disk for each, and how much memory grew from the first million to the tenth.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compileLibrary } from '../tests/support/disk-faults.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'
import type { Figure } from './lib/figure.ts'
import type { OutboxReport } from './lib/outbox-child.ts'

const child = fileURLToPath(new URL('./lib/outbox-child.ts', import.meta.url))
const perS = 1_000
const seconds = 60
const queued = 10_000_000

export async function run(): Promise<Figure[]> {
  return [...(await wear()), ...(await backlog())]
}

async function wear(): Promise<Figure[]> {
  await using folder = await tempFolder()
  const counts = folder.file('counts')
  await writeFile(counts, Buffer.alloc(24))
  const env = { LD_PRELOAD: compileLibrary('disk-faults', folder.path), DISK_COUNTS: counts }
  const [last] = await runChild([folder.file('outbox.db'), `${perS}`, `${seconds}`], env)
  if (last?.queued !== perS * seconds)
    throw new Error(`${last?.queued} of ${perS * seconds} samples are stored`)
  const content = await readFile(counts)
  const [syncs = 0, writes = 0, bytes = 0] = [0, 8, 16].map((at) => Number(content.readBigInt64LE(at)))
  const figure = figuresOf('one minute at 1,000 samples/s')
  return [
    figure('syncs', syncs / (seconds / 60), 'a minute'),
    figure('writes', writes / (seconds / 60), 'a minute'),
    figure('written', bytes / 1e6 / (seconds / 60), 'MB a minute'),
    figure('written for each sample', bytes / last.queued, 'B'),
  ]
}

async function backlog(): Promise<Figure[]> {
  await using folder = await tempFolder()
  const reports = await runChild([folder.file('outbox.db'), 'queue', `${queued}`], {})
  const [first, last] = [reports[0], reports.at(-1)]
  if (first === undefined || last?.queued !== queued)
    throw new Error(`${last?.queued} of ${queued} samples are queued`)
  const figure = figuresOf('ten million queued')
  return [
    figure('on disk', last.diskBytes / last.queued, 'B/sample'),
    figure('resident at one million', first.rssBytes / 1e6, 'MB'),
    figure('resident at ten million', last.rssBytes / 1e6, 'MB'),
    figure('grown', (last.rssBytes - first.rssBytes) / 1e6, 'MB'),
  ]
}

async function runChild(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<OutboxReport[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, ...args], {
    env: { ...process.env, ...env },
  })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OutboxReport)
}

function figuresOf(name: string) {
  return (metric: string, value: number, unit: string): Figure => ({ case: name, metric, value, unit })
}
