import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test, vi } from 'vitest'
import { telemetryStoreSuite } from '#cloud/telemetry/telemetry-store.suite.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { columnsOf } from '#contract/columns.ts'
import { createLogger } from '#lib/logger.ts'
import { migrations } from './schema.ts'
import { openSqliteTelemetryStore } from './sqlite-telemetry-store.ts'

// Real fsyncs, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const log = createLogger({ level: 'silent' })
const t0 = Date.UTC(2026, 2, 1)
const all = { from: 0, to: 1e14 }

async function openInNewFolder(): Promise<TelemetryStore> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'telemetry-'))
  const store = await openSqliteTelemetryStore({ path: join(folder.path, 'telemetry.db'), log })
  const close = store[Symbol.asyncDispose].bind(store)
  return Object.assign(store, {
    [Symbol.asyncDispose]: async () => {
      await close()
      await folder.remove()
    },
  })
}

telemetryStoreSuite('sqlite', openInNewFolder)

function batch(
  gateway: string,
  count: number,
  first = t0,
): { gateway: string; samples: ReturnType<typeof columnsOf> } {
  const samples = Array.from({ length: count }, (_, i) => ({
    point: `m-${i % 100}/power`,
    t: first + i,
    value: i,
    quality: 192 as const,
  }))
  return { gateway, samples: columnsOf(samples) }
}

test('what append resolved for is in the file, readable by another connection at once', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'telemetry-'))
  const path = join(folder.path, 't.db')
  await using store = await openSqliteTelemetryStore({ path, log })
  using other = new DatabaseSync(path, { readOnly: true })
  const count = other.prepare('SELECT count(*) AS n FROM samples')
  for (let i = 1; i <= 20; i++) {
    await store.append([batch('g-1', 10, t0 + i * 1000)])
    expect(count.get()?.n).toBe(i * 10)
  }
})

test('everything is there after closing and opening again, and series keep their newest sample', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'telemetry-'))
  const path = join(folder.path, 't.db')
  {
    await using store = await openSqliteTelemetryStore({ path, log })
    await store.append([batch('g-1', 1000)])
  }
  await using store = await openSqliteTelemetryStore({ path, log })
  await store.append([batch('g-1', 5, t0 - 86_400_000), batch('g-2', 5)])
  expect(await store.stats()).toMatchObject({ series: 105, samples: 1010 })
  expect(await store.latest(['g-1/m-0/power'])).toMatchObject([{ t: t0 + 900, value: 900 }])
})

test('a file of a newer program is refused with a code and left alone', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'telemetry-'))
  const path = join(folder.path, 't.db')
  {
    using db = new DatabaseSync(path)
    db.exec(`PRAGMA user_version = ${migrations.length + 1}`)
  }
  await expect(openSqliteTelemetryStore({ path, log })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await writeFile(
    join(folder.path, 'text.db'),
    'this is no database, but long enough to be read as one'.repeat(30),
  )
  await expect(openSqliteTelemetryStore({ path: join(folder.path, 'text.db'), log })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
})

test('while another program holds the file, append fails with STORE_UNAVAILABLE, and works again afterwards', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'telemetry-'))
  const path = join(folder.path, 't.db')
  await using store = await openSqliteTelemetryStore({ path, log, busyTimeoutMs: 50 })
  await store.append([batch('g-1', 10)])
  {
    using other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    // New series: what the failed group believed about them must be forgotten again.
    const failing = [store.append([batch('g-9', 10)]), store.append([batch('g-8', 10, t0 + 1e7)])]
    for (const one of await Promise.allSettled(failing)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } })
    }
    other.exec('ROLLBACK')
  }
  await store.append([batch('g-9', 10), batch('g-8', 10, t0 + 1e7)])
  expect(await store.stats()).toMatchObject({ series: 30, samples: 30 })
  expect(await store.latest(['g-8/m-3/power', 'g-9/m-3/power'])).toMatchObject([
    { t: t0 + 1e7 + 3 },
    { t: t0 + 3 },
  ])
})

test('a full disk stores nothing of the group and says so', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'telemetry-'))
  const path = join(folder.path, 't.db')
  await using store = await openSqliteTelemetryStore({ path, log, maxPages: 40 })
  await store.append([batch('g-1', 100)])
  await expect(store.append([batch('g-2', 20_000)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await store.stats()).toMatchObject({ series: 100, samples: 100 })
  await store.append([batch('g-2', 10)])
  expect(await store.range(['g-2/m-1/power'], all, 10)).toMatchObject([{ samples: [[t0 + 1, 1, 'good']] }])
})

test('appends go on while a long read and a long prune run', async () => {
  await using store = await openInNewFolder()
  for (let i = 0; i < 10; i++) await store.append([batch('g-1', 20_000, t0 + i * 100_000)])
  const order: string[] = []
  const note = (what: string) => () => void order.push(what)
  const long = [
    store.prune(t0 + 1e9).then(note('prune')),
    ...Array.from({ length: 20 }, () => store.range(['g-1/m-1/power'], all, 1e6).then(note('read'))),
  ]
  for (let i = 0; i < 3; i++) await store.append([batch('g-2', 10, t0 + 2e9 + i)]).then(note('append'))
  await Promise.all(long)
  expect(order.indexOf('prune')).toBeGreaterThan(order.lastIndexOf('append'))
  expect((await store.stats()).samples).toBe(30)
})

test('after closing, a call fails with a code instead of waiting for ever', async () => {
  const store = await openInNewFolder()
  await store[Symbol.asyncDispose]()
  await expect(store.append([batch('g-1', 1)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(store.latest(['a'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
