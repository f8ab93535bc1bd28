import { copyFile, readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { openSqlite } from '#lib/sqlite.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { readEvents, readTelemetry } from './fixtures/read-outbox.ts'
import { openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url).pathname
/** Both fixtures hold the same; files are added here, never changed. */
const versions = ['outbox-v1.db', 'outbox-v2.db']
const epoch = 117_682_995_207_392

function open(path: string) {
  const log = createLogger({ level: 'silent' })
  return openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
}

test.each(versions)('%s, written by an earlier program, is drained and not dropped', async (name) => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  await copyFile(fixture(name), path)
  await using outbox = await open(path)
  // 1 and 2 had been delivered.
  expect(await readTelemetry(outbox)).toMatchObject([{ epoch, firstSeq: 3, lastSeq: 12 }])
  const [{ samples = [] } = {}] = await readTelemetry(outbox)
  expect(samples.map(({ value }) => value).sort((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: 100 }, (_, i) => 20 + i),
  )
  expect(samples.every(({ t, value }) => t === 1_795_600_000_000 + Number(value) * 100)).toBe(true)
  expect((await readEvents(outbox)).map(({ seq, event }) => [seq, event])).toEqual([
    [2, { kind: 'link', device: 'd-1', state: 'up', at: 1_795_600_000_001 }],
    [3, { kind: 'link', device: 'd-2', state: 'up', at: 1_795_600_000_002 }],
  ])
  outbox.confirm([
    { stream: 'telemetry', epoch, firstSeq: 3, lastSeq: 12 },
    { stream: 'events', epoch, firstSeq: 2, lastSeq: 3 },
  ])
  await expect.poll(() => outbox.stats().telemetry.batches + outbox.stats().events.batches).toBe(0)
})

test('a file from a newer program is set aside as it is, and the outbox works', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  await copyFile(fixture('outbox-v2.db'), path)
  {
    using db = openSqlite({ path })
    db.exec('PRAGMA user_version = 99')
  }
  const before = await readFile(path)
  await using outbox = await open(path)
  await outbox.appendEvent({ kind: 'link', device: 'd', state: 'up', at: 1 })
  expect((await readEvents(outbox)).map(({ event }) => event.kind)).toEqual(['link'])
  const [aside = ''] = (await readdir(folder.path)).filter((name) => /^outbox\.db\.v99-\d+$/.test(name))
  expect((await readFile(folder.file(aside))).equals(before)).toBe(true)
})

test('what was set aside is taken back by a program that knows its version, beside what came meanwhile', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  {
    await using outbox = await open(path)
    await outbox.appendEvent({ kind: 'link', device: 'meanwhile', state: 'up', at: 1 })
  }
  await copyFile(fixture('outbox-v2.db'), `${path}.v2-1795600000000`)
  await using outbox = await open(path)
  expect(await readTelemetry(outbox)).toMatchObject([{ epoch, firstSeq: 3, lastSeq: 12 }])
  const devices = (await readEvents(outbox)).map(({ event }) => event.kind === 'link' && event.device)
  expect(devices).toEqual(['d-1', 'd-2', 'meanwhile'])
  expect((await readdir(folder.path)).filter((name) => name.includes('.v2-'))).toEqual([])
})
