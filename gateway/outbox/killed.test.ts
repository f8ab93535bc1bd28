import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { decodeTelemetry } from '#contract/codec.ts'
import { samplesOf } from '#contract/columns.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { describeWithDiskFaults, diskFaults, type PowerCut } from '../../tests/support/disk-faults.ts'
import { SeededChance } from '../../tests/support/random.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { beginning } from './batch.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const program = new URL('./fixtures/append-forever.ts', import.meta.url).pathname
const until = { epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER }
const sector = 512
const log = createLogger({ level: 'silent' })

function open(path: string): Promise<Outbox> {
  return openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
}

/** Runs the program until it has printed `lines` lines and a random moment more, then ends it with `signal`. */
async function runAndKill(
  path: string,
  start: number,
  { signal = 'SIGKILL', env = {} }: { signal?: NodeJS.Signals; env?: Record<string, string> } = {},
): Promise<[number, number][]> {
  const child: ChildProcess = spawn(process.execPath, [program, path, String(start)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
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
    durable.push(...(await runAndKill(path, round * 1_000_000)))
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

/** What the disk has after the power is back: of all that was not synced each sector may have been written, or not. */
async function leftBy({ of, survives }: PowerCut, folder: string, chance: SeededChance): Promise<void> {
  const names = await readFile(join(survives, 'names'), 'utf8').catch(() => '')
  for (const line of names.split('\n').filter((one) => one !== '')) {
    const [inode = '', name = ''] = line.split(' ')
    const synced = await readFile(join(survives, inode)).catch(() => Buffer.alloc(0))
    const written = await readFile(join(of, name)).catch(() => synced)
    const left = Buffer.from(synced)
    for (let at = 0; at < Math.min(left.length, written.length); at += sector) {
      if (chance.between(0, 1) < 0.5) written.copy(left, at, at, Math.min(at + sector, left.length))
    }
    const tail = written.subarray(left.length, left.length + Math.floor(chance.between(0, 20)) * sector)
    await writeFile(join(folder, name), Buffer.concat([left, tail]))
  }
}

/** What the last power cut left is on the disk from the start. */
async function goOn(left: string, { of, survives }: PowerCut): Promise<void> {
  let names = ''
  for (const name of await readdir(left)) {
    await copyFile(join(left, name), join(of, name))
    const { ino } = await stat(join(of, name))
    await copyFile(join(left, name), join(survives, String(ino)))
    names += `${ino} ${name}\n`
  }
  await writeFile(join(survives, 'names'), names)
}

describeWithDiskFaults('a power cut', () => {
  test('loses nothing that was durable, whatever the disk had not written yet, in a new file and an old one', async () => {
    await using folder = await tempFolder()
    const chance = new SeededChance()
    const durable: [number, number][] = []
    let before: string | undefined
    for (let round = 0; round < 4; round++) {
      const powerCut = { of: folder.file(`${round}-disk`), survives: folder.file(`${round}-survives`) }
      await mkdir(powerCut.of)
      await mkdir(powerCut.survives)
      if (before !== undefined) await goOn(before, powerCut)
      const { env } = diskFaults(folder.path, powerCut)
      durable.push(...(await runAndKill(join(powerCut.of, 'outbox.db'), round * 1_000_000, { env })))
      before = folder.file(`${round}-left`)
      await mkdir(before)
      await leftBy(powerCut, before, chance)
      await using outbox = await open(join(before, 'outbox.db'))
      const { values, devices, numbers } = await contentsOf(outbox)
      const stored = new Set(values)
      const missing = durable.flatMap(([from, to]) => range(from, to).filter((value) => !stored.has(value)))
      expect({ lost: missing.length, seed: chance.seed, round }).toEqual({
        lost: 0,
        seed: chance.seed,
        round,
      })
      expect(durable.map(([from]) => `d-${from}`).filter((device) => !devices.includes(device))).toEqual([])
      expect(new Set(numbers).size).toBe(numbers.length)
      expect((await readdir(before)).filter((name) => name.includes('corrupt'))).toEqual([])
    }
  }, 60_000)
})

test('a clean stop leaves nothing in memory', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  const durable = await runAndKill(path, 0, { signal: 'SIGTERM' })
  await using outbox = await open(path)
  const { values } = await contentsOf(outbox)
  expect(values.sort((a, b) => a - b)).toEqual(range(0, durable.at(-1)?.[1] ?? 0))
  expect(outbox.stats().produced.find(({ stream }) => stream === 'telemetry')?.samples).toBe(values.length)
}, 60_000)

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
