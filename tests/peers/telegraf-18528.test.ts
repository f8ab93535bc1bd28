/**
 * influxdata/telegraf#18528 (also #16696, #18085): a corrupt write-ahead log ends the program at every start until somebody
 * deletes it by hand; it is never truncated; every metric is an fsync.
 */
import { copyFile, stat, truncate, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readTelemetry } from '#gateway/outbox/fixtures/read-outbox.ts'
import { openOutbox } from '#gateway/outbox/outbox.ts'
import { defaultOutboxSettings } from '#gateway/outbox/outbox-config.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { samples, startUplinkSite } from '../support/uplink-site.ts'

const log = createLogger({ level: 'silent' })

test('a log that ends in the middle, or in garbage, is read up to there and the outbox goes on', async () => {
  await using site = await startUplinkSite({ commitSamples: 10 })
  for (let from = 0; from < 1_000; from += 10) {
    site.outbox.append(samples(from, 10))
    await site.outbox.flush()
  }
  // As a power cut leaves it: the log is not in the database yet.
  const { size } = await stat(`${site.path}-wal`)
  for (const kind of ['torn', 'garbage'] as const) {
    await using folder = await tempFolder()
    const path = folder.file('outbox.db')
    await copyFile(site.path, path)
    await copyFile(`${site.path}-wal`, `${path}-wal`)
    if (kind === 'torn') await truncate(`${path}-wal`, Math.floor(size * 0.7))
    else await writeFile(`${path}-wal`, Buffer.alloc(size / 4, 0x5a), { flag: 'r+' })
    await using outbox = await openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
    const kept = (await readTelemetry(outbox)).flatMap((message) => message.samples)
    expect(kept.map(({ value }) => value)).toEqual(samples(0, kept.length).map(({ value }) => value))
    if (kind === 'torn') expect(kept.length).toBeGreaterThan(300)
    outbox.append(samples(0, 10))
    await outbox.flush()
    expect(outbox.stats().telemetry.samples).toBe(kept.length + 10)
  }
})

test('ten thousand samples in a moment are a few commits, and the log does not grow without end', async () => {
  await using site = await startUplinkSite({ diskBudgetBytes: 4_000_000 })
  for (let round = 0; round < 40; round++) {
    for (const sample of samples(round * 5_000, 5_000)) site.outbox.append([sample])
    await site.outbox.flush()
  }
  expect(site.outbox.stats().commits).toBeLessThan(400)
  expect((await stat(`${site.path}-wal`)).size).toBeLessThan(1_500_000)
})
