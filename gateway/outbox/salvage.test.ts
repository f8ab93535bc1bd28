import { open as openFile, readdir, stat, truncate } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { type TempFolder, tempFolder } from '../../tests/support/temp-folder.ts'
import { beginning } from './batch.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const until = { epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER }
const batches = 200

function open(path: string): Promise<Outbox> {
  const settings = { ...defaultOutboxSettings, commitSamples: 200, backfillSamples: 1 }
  return openOutbox({ path, settings, clock: systemClock, log: createLogger({ level: 'silent' }) })
}

/** A file with 200 batches, closed cleanly. */
async function filledFile(folder: TempFolder): Promise<string> {
  const path = folder.file('outbox.db')
  await using outbox = await open(path)
  for (let i = 0; i < batches * 200; i++) {
    outbox.append([{ point: 'm/p', t: 1e12 + i, value: Math.sin(i), quality: 192 }])
  }
  await outbox.flush()
  return path
}

async function damage(path: string, from: number, bytes: number): Promise<void> {
  const file = await openFile(path, 'r+')
  await file.write(Buffer.alloc(bytes, 0x5a), 0, bytes, from)
  await file.close()
}

async function seqsOf(outbox: Outbox): Promise<number[]> {
  const seqs: number[] = []
  for (let after = beginning; ; ) {
    const message = await outbox.backfill({ after, until, skip: [] })
    if (message === undefined) return seqs
    seqs.push(message.firstSeq)
    after = { epoch: message.epoch, seq: message.lastSeq }
  }
}

async function dropsOf(outbox: Outbox) {
  const { events } = await outbox.events(beginning, 1_000)
  return events.map(({ event }) => event).filter((event) => event.kind === 'drop')
}

test('a file that is no database is set aside and the outbox works', async () => {
  await using folder = await tempFolder()
  const path = await filledFile(folder)
  await damage(path, 0, 4_096)
  await using outbox = await open(path)
  expect((await readdir(folder.path)).some((name) => name.startsWith('outbox.db.corrupt-'))).toBe(true)
  outbox.append([{ point: 'm/p', t: 1, value: 1, quality: 192 }])
  await outbox.flush()
  expect(outbox.stats().telemetry.batches).toBe(1)
})

test('what lies before and after a damaged stretch is kept, the rest is reported', async () => {
  await using folder = await tempFolder()
  const path = await filledFile(folder)
  const { size } = await stat(path)
  await damage(path, Math.floor(size / 2 / 4096) * 4096, 10 * 4096)
  await using outbox = await open(path)
  const kept = await seqsOf(outbox)
  await outbox.flush()
  const drops = await dropsOf(outbox)
  const lost = drops.flatMap(({ firstSeq, lastSeq }) =>
    Array.from({ length: lastSeq - firstSeq + 1 }, (_, i) => firstSeq + i),
  )
  expect(lost.length).toBeGreaterThan(0)
  expect(lost.length).toBeLessThan(60)
  expect(new Set([...kept, ...lost])).toEqual(new Set(Array.from({ length: batches }, (_, i) => i + 1)))
  expect(drops.every(({ reason }) => reason === 'corrupt')).toBe(true)
})

test('a file cut short keeps its beginning', async () => {
  await using folder = await tempFolder()
  const path = await filledFile(folder)
  await truncate(path, Math.floor((await stat(path)).size / 2))
  await using outbox = await open(path)
  const kept = await seqsOf(outbox)
  expect(kept.length).toBeGreaterThan(batches / 4)
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => i + 1))
  await outbox.flush()
  const end = { firstSeq: kept.length + 1, lastSeq: batches, reason: 'corrupt' }
  expect(await dropsOf(outbox)).toMatchObject([end])
})
