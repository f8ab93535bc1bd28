import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { readTelemetry } from './fixtures/read-outbox.ts'
import { openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const program = new URL('./fixtures/append-at-rate.ts', import.meta.url).pathname
/** Shorter than the default, so that many kills take little time. */
const commitEveryMs = 200
/** What a busy machine may add between a sample that was due to be committed and its commit. */
const busyMs = 400
const { commitSamples } = defaultOutboxSettings

type Tick = { readonly appended: number; readonly at: number; readonly slowestMs: number }

/** Appends at that rate, is killed somewhere between two and six windows later, and says what it had appended. */
async function runAndKill(path: string, perTick: number, everyMs: number): Promise<readonly Tick[]> {
  const args = [program, path, perTick, everyMs, commitEveryMs].map(String)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const ticks: Tick[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [appended = Number.NaN, at = Number.NaN, slowestMs = Number.NaN] = line.split(' ').map(Number)
    if (ticks.length === 0) setTimeout(() => child.kill('SIGKILL'), commitEveryMs * (2 + 4 * Math.random()))
    ticks.push({ appended, at, slowestMs })
  }
  await exited
  return ticks
}

async function storedIn(path: string): Promise<number> {
  const log = createLogger({ level: 'silent' })
  await using outbox = await openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
  const values = (await readTelemetry(outbox)).flatMap(({ samples }) =>
    samples.map(({ value }) => Number(value)),
  )
  // Without a hole: what is lost is the end.
  expect(values.toSorted((a, b) => a - b)).toEqual(Array.from(values.keys()))
  return values.length
}

async function killOnce(path: string, perTick: number, everyMs: number): Promise<void> {
  const ticks = await runAndKill(path, perTick, everyMs)
  const last = ticks.at(-1)
  if (last === undefined) throw new Error('killed before it began')
  const stored = await storedIn(path)
  const oldestLost = ticks.find(({ appended }) => appended > stored)
  // The commit in hand, and the one that has to wait for it.
  const commitsMs = 2 * last.slowestMs + busyMs
  const ageMs = oldestLost === undefined ? 0 : last.at - oldestLost.at
  expect(ageMs, `age of the oldest of ${last.appended - stored} lost`).toBeLessThan(commitEveryMs + commitsMs)
  const before = ticks.findLast(({ at }) => at < last.at - commitsMs)?.appended ?? 0
  expect(last.appended - stored, 'samples lost').toBeLessThanOrEqual(commitSamples + last.appended - before)
  expect(stored).toBeGreaterThan(0)
}

test.each([
  ['a few', 1, 10],
  ['many', 200, 10],
] as const)(
  'kill -9 with %s samples costs no more than the stated window',
  async (_, perTick, everyMs) => {
    await using folder = await tempFolder()
    for (let round = 0; round < 5; round++) {
      const paths = [0, 1].map((n) => folder.file(`${round}-${n}.db`))
      await Promise.all(paths.map((path) => killOnce(path, perTick, everyMs)))
    }
  },
  60_000,
)
