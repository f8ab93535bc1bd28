import { copyFile, mkdir, open as openFile, readdir, rename, stat, truncate } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { openSqlite } from '#lib/sqlite.ts'
import { type TempFolder, tempFolder } from '../../tests/support/temp-folder.ts'
import { readEvents, readTelemetry } from './fixtures/read-outbox.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

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
  return (await readTelemetry(outbox)).map(({ firstSeq }) => firstSeq)
}

async function dropsOf(outbox: Outbox) {
  await outbox.flush()
  return (await readEvents(outbox)).map(({ event }) => event).filter((event) => event.kind === 'drop')
}

/** Somebody else's hand in the file, behind the outbox's back. */
function meddle(path: string, sql: string): void {
  using db = openSqlite({ path })
  db.exec(sql)
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
  const end = { firstSeq: kept.length + 1, lastSeq: batches, reason: 'corrupt' }
  expect(await dropsOf(outbox)).toMatchObject([end])
})

test('a batch that has vanished from a file that looks whole is noticed and named', async () => {
  await using folder = await tempFolder()
  const path = await filledFile(folder)
  meddle(path, 'DELETE FROM batches WHERE stream = 2 AND seq IN (7, 8, 9, 50)')
  await using outbox = await open(path)
  expect(await dropsOf(outbox)).toMatchObject([
    { stream: 'telemetry', firstSeq: 7, lastSeq: 9, samples: 600, reason: 'corrupt' },
    { stream: 'telemetry', firstSeq: 50, lastSeq: 50, samples: 200, reason: 'corrupt' },
  ])
  expect(await seqsOf(outbox)).toHaveLength(batches - 4)
})

test('a damaged event is reported and does not keep the others from leaving', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  {
    await using outbox = await open(path)
    for (const device of ['a', 'b', 'c', 'd']) {
      await outbox.appendEvent({ kind: 'link', device, state: 'up', at: 1 })
    }
  }
  meddle(path, `UPDATE batches SET payload = replace(payload, '"b"', '"x"') WHERE stream = 1 AND seq = 2`)
  meddle(path, `UPDATE batches SET payload = '{"kind":' WHERE stream = 1 AND seq = 3`)
  await using outbox = await open(path)
  const names = (await readEvents(outbox)).map(({ event }) =>
    event.kind === 'link' ? event.device : event.kind,
  )
  expect(names.slice(0, 2)).toEqual(['a', 'd'])
  expect((await dropsOf(outbox)).map(({ stream, firstSeq }) => [stream, firstSeq])).toEqual([
    ['events', 2],
    ['events', 3],
  ])
})

test('a message that is not the one of its number is never sent', async () => {
  await using folder = await tempFolder()
  const path = await filledFile(folder)
  meddle(
    path,
    'UPDATE batches SET payload = (SELECT payload FROM batches WHERE stream = 2 AND seq = 5) WHERE seq = 6',
  )
  await using outbox = await open(path)
  expect(await seqsOf(outbox)).toHaveLength(batches - 1)
  expect(await dropsOf(outbox)).toMatchObject([{ firstSeq: 6, lastSeq: 6, samples: 200 }])
})

test('a rescue that was cut off is done at the next start, and what came meanwhile stays', async () => {
  await using folder = await tempFolder()
  const path = await filledFile(folder)
  await rename(path, `${path}.damaged`)
  await copyFile(`${path}.damaged`, folder.file('copy'))
  await using outbox = await open(path)
  expect(await seqsOf(outbox)).toHaveLength(batches)
  expect(await readdir(folder.path)).toContainEqual(expect.stringMatching(/^outbox\.db\.corrupt-\d+$/))
})

test('of the files that were set aside the last is kept', async () => {
  await using folder = await tempFolder()
  const path = await filledFile(folder)
  for (let i = 0; i < 3; i++) {
    await damage(path, 0, 4_096)
    await using _outbox = await open(path)
  }
  const aside = (await readdir(folder.path)).filter((name) => /\.corrupt-\d+$/.test(name))
  expect(aside).toHaveLength(1)
})

test('a folder where the file should be is set aside', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  await mkdir(path)
  await mkdir(`${path}-wal`)
  await using outbox = await open(path)
  await outbox.appendEvent({ kind: 'link', device: 'd', state: 'up', at: 1 })
  expect(await readEvents(outbox)).toHaveLength(1)
})
