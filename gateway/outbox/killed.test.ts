import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { decodeTelemetry } from '#contract/codec.ts'
import { samplesOf } from '#contract/columns.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { beginning } from './batch.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const program = new URL('./fixtures/append-forever.ts', import.meta.url).pathname
const until = { epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER }
const log = createLogger({ level: 'silent' })

function open(path: string): Promise<Outbox> {
  return openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
}

/** Runs the program until it has printed `lines` lines and a random moment more, then ends it with `signal`. */
async function runAndKill(path: string, start: number, signal: NodeJS.Signals): Promise<[number, number][]> {
  const child: ChildProcess = spawn(process.execPath, [program, path, String(start)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const durable: [number, number][] = []
  const enough = 5 + Math.floor(Math.random() * 20)
  if (child.stdout === null) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) {
    const [from = Number.NaN, to = Number.NaN] = line.split(' ').map(Number)
    durable.push([from, to])
    if (durable.length === enough) setTimeout(() => child.kill(signal), Math.random() * 20)
  }
  await exited
  return durable
}

async function contentsOf(
  outbox: Outbox,
): Promise<{ values: number[]; devices: string[]; numbers: string[] }> {
  const values: number[] = []
  const numbers: string[] = []
  for (let after = beginning; ; ) {
    const message = await outbox.backfill({ after, until, skip: [] })
    if (message === undefined) break
    const decoded = decodeTelemetry(message.payload)
    if (!decoded.ok) throw new Error(decoded.reason)
    values.push(...samplesOf(decoded.value.samples).map(({ value }) => Number(value)))
    for (let seq = message.firstSeq; seq <= message.lastSeq; seq++) numbers.push(`${message.epoch}/${seq}`)
    after = { epoch: message.epoch, seq: message.lastSeq }
  }
  const { events } = await outbox.events(beginning, 1_000_000)
  const devices = events.flatMap(({ event }) => (event.kind === 'link' ? [event.device] : []))
  return { values, devices, numbers }
}

test('kill -9 at random moments loses nothing that was durable and uses no number twice', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  const durable: [number, number][] = []
  for (let round = 0; round < 5; round++) {
    // Each round writes values of its own, so that what was written but not durable confuses nobody.
    durable.push(...(await runAndKill(path, round * 1_000_000, 'SIGKILL')))
  }
  await using outbox = await open(path)
  const { values, devices, numbers } = await contentsOf(outbox)
  const stored = new Set(values)
  expect(stored.size).toBe(values.length)
  expect(new Set(numbers).size).toBe(numbers.length)
  const missing = durable.flatMap(([from, to]) => range(from, to).filter((value) => !stored.has(value)))
  expect(missing).toEqual([])
  expect(durable.map(([from]) => `d-${from}`).filter((device) => !devices.includes(device))).toEqual([])
  expect(durable.length).toBeGreaterThanOrEqual(25)
}, 60_000)

test('a clean stop leaves nothing in memory', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  const durable = await runAndKill(path, 0, 'SIGTERM')
  await using outbox = await open(path)
  const { values } = await contentsOf(outbox)
  expect(values.sort((a, b) => a - b)).toEqual(range(0, durable.at(-1)?.[1] ?? 0))
  expect(outbox.stats().produced.find(({ stream }) => stream === 'telemetry')?.samples).toBe(values.length)
}, 60_000)

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
