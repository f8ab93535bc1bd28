import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { SeededChance } from '../../tests/support/random.ts'
import { type TempFolder, tempFolder } from '../../tests/support/temp-folder.ts'
import { readEvents, readTelemetry } from './fixtures/read-outbox.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const batches = 300
const perBatch = 40
const page = 4096
/** The same damage at every run; more of it with `CAMPUS_TEST_ROUNDS`, another one with `CAMPUS_TEST_SEED`. */
const seed = process.env.CAMPUS_TEST_SEED ?? '1'
const rounds = Array.from({ length: Number(process.env.CAMPUS_TEST_ROUNDS ?? 1) }, (_, i) => i)

function open(path: string): Promise<Outbox> {
  const settings = { ...defaultOutboxSettings, commitSamples: perBatch, backfillSamples: perBatch * 7 }
  return openOutbox({ path, settings, clock: systemClock, log: createLogger({ level: 'silent' }) })
}

const valueAt = (t: number): number => Math.sin(t)

type Files = { db: Buffer; wal: Buffer | undefined }

/** The file as a power cut leaves it: some of it in the database, the rest in its log. One event for each batch. */
async function afterPowerCut(folder: TempFolder): Promise<{ files: Files; epoch: number }> {
  const path = folder.file('outbox.db')
  await using outbox = await open(path)
  for (let seq = 1; seq <= batches; seq++) {
    const times = Array.from({ length: perBatch }, (_, i) => 1e12 + seq * 1000 + i)
    outbox.append(times.map((t) => ({ point: `meter-${t % 5}/p`, t, value: valueAt(t), quality: 192 })))
    await outbox.appendEvent({ kind: 'link', device: `d-${seq}`, state: 'up', at: seq })
  }
  await outbox.flush()
  const copies = ['', '-wal'].map(async (part) => {
    await copyFile(path + part, folder.file(`copy${part}`))
    return await readFile(folder.file(`copy${part}`))
  })
  const [db, wal] = await Promise.all(copies)
  if (db === undefined) throw new Error('nothing was copied')
  return { files: { db, wal }, epoch: outbox.stats().epoch }
}

type Damage = (files: Files, chance: SeededChance) => void

const somewhere = (chance: SeededChance, bytes: Buffer) => Math.floor(chance.between(0, bytes.length))
const somePage = (chance: SeededChance, bytes: Buffer) => Math.floor(somewhere(chance, bytes) / page) * page

function garble(bytes: Buffer, chance: SeededChance, from: number, length: number): void {
  const end = Math.min(bytes.length, from + length)
  for (let at = from; at < end; at++) bytes[at] = Math.floor(chance.between(0, 256))
}

function flip(bytes: Buffer, chance: SeededChance, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = somewhere(chance, bytes)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(chance.between(0, 8)))
  }
}

const damages: Readonly<Record<string, Damage>> = {
  'a torn page': ({ db }, chance) => garble(db, chance, somePage(chance, db) + page / 2, page / 2),
  'zeroed blocks': ({ db }, chance) => {
    const from = somePage(chance, db)
    db.fill(0, from, Math.min(db.length, from + 4 * page))
  },
  'two damaged stretches': ({ db }, chance) => {
    for (let i = 0; i < 2; i++) garble(db, chance, somePage(chance, db), page)
  },
  'a few flipped bits': ({ db }, chance) => flip(db, chance, 3),
  'many flipped bits': ({ db }, chance) => flip(db, chance, 60),
  'a damaged first page': ({ db }, chance) => garble(db, chance, Math.floor(chance.between(0, 200)), 16),
  'a file cut short': (files, chance) => {
    files.db = files.db.subarray(0, somewhere(chance, files.db))
  },
  'a log cut short': (files, chance) => {
    files.wal = files.wal?.subarray(0, somewhere(chance, files.wal))
  },
  'flipped bits in the log': ({ wal }, chance) => flip(wal ?? Buffer.alloc(1), chance, 5),
  'a log that is gone': (files) => {
    files.wal = undefined
  },
  'a file that is empty': (files) => {
    files.db = Buffer.alloc(0)
  },
  'a file of something else': (files) => {
    files.db = Buffer.from('no database '.repeat(1000))
  },
}

/** Numbers that the outbox says it gave out and that are neither there nor reported as dropped, in one stream. */
async function unexplained(outbox: Outbox, stream: 'events' | 'telemetry', epoch: number): Promise<number[]> {
  const numbers = new Set<number>()
  const events = await readEvents(outbox)
  for (const message of stream === 'telemetry' ? await readTelemetry(outbox) : []) {
    for (let seq = message.firstSeq; seq <= message.lastSeq; seq++) numbers.add(seq)
  }
  for (const { epoch: of, seq, event } of events) {
    if (stream === 'events' && of === epoch) numbers.add(seq)
    if (event.kind !== 'drop' || event.stream !== stream || event.epoch !== epoch) continue
    for (let seq = event.firstSeq; seq <= event.lastSeq; seq++) numbers.add(seq)
  }
  const { produced } = outbox.stats()
  const { lastSeq = 0 } = produced.find((one) => one.epoch === epoch && one.stream === stream) ?? {}
  return Array.from({ length: lastSeq }, (_, i) => i + 1).filter((seq) => !numbers.has(seq))
}

/** What is there and was never put there. */
async function invented(outbox: Outbox, epoch: number): Promise<unknown[]> {
  const samples = (await readTelemetry(outbox)).flatMap((message) => message.samples)
  const events = (await readEvents(outbox)).filter((one) => one.epoch === epoch)
  return [
    ...samples.filter(({ t, value, point }) => value !== valueAt(t) || point !== `meter-${t % 5}/p`),
    ...events.filter(({ seq, event }) => event.kind !== 'link' || event.device !== `d-${seq}`),
  ]
}

test('whatever happens to the file, the outbox opens, sends nothing false, and names what is gone', async () => {
  await using folder = await tempFolder()
  const { files, epoch } = await afterPowerCut(folder)
  for (const [name, damage] of Object.entries(damages)) {
    for (const round of rounds) {
      const damaged = { db: Buffer.from(files.db), wal: files.wal && Buffer.from(files.wal) }
      damage(damaged, new SeededChance(`${seed} ${name} ${round}`))
      const path = folder.file(`${name} ${round}.db`)
      await writeFile(path, damaged.db)
      if (damaged.wal !== undefined) await writeFile(`${path}-wal`, damaged.wal)

      await using outbox = await open(path)
      await readTelemetry(outbox) // finds what is unreadable, and reports it
      await outbox.flush()
      expect({ [`${name} ${round}`]: await invented(outbox, epoch) }).toEqual({ [`${name} ${round}`]: [] })
      const silent = [
        ...(await unexplained(outbox, 'telemetry', epoch)),
        ...(await unexplained(outbox, 'events', epoch)),
      ]
      expect({ [`${name} ${round}`]: silent }).toEqual({ [`${name} ${round}`]: [] })
      // And it goes on.
      outbox.append([{ point: 'm/p', t: 1e12, value: valueAt(1e12), quality: 192 }])
      await outbox.flush()
    }
  }
}, 120_000)
