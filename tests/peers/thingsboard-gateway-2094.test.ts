/**
 * thingsboard/thingsboard-gateway#2094 (also #1483, #959): four days without the cloud fill 45 GB, a full memory never
 * recovers, and nobody can say how long the buffer lasts.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { good } from '#contract/quality.ts'
import { startAckingCloud } from '../support/acking-cloud.ts'
import { SeededChance } from '../support/random.ts'
import { distinctValuesOf, startUplinkSite, waitingIn } from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

const diskBudgetBytes = 2_000_000

/** All that the outbox has on the disk, its log too. */
async function bytesOf(path: string): Promise<number> {
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(basename(path)))
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dirname(path), name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

test('five times the budget: the disk stays within it, the hours left are told, alarms stay, and it goes on', async () => {
  const chance = new SeededChance('noise')
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ diskBudgetBytes })
  const { outbox } = site
  await outbox.appendEvent({ kind: 'link', device: 'first', state: 'up', at: 1 })
  let produced = 0
  let autonomyH: number | undefined
  for (let bytes = 0; bytes < 5 * diskBudgetBytes; ) {
    // Values that compress badly.
    const values = Array.from({ length: 5_000 }, () => chance.between(0, 1e9))
    const batch = values.map((value) => ({ point: 'm/p', t: 1e12 + produced++, value, quality: good }))
    outbox.append(batch)
    await outbox.flush()
    if (bytes === 0) autonomyH = outbox.stats().autonomyH
    bytes += values.length * 8
    expect(await bytesOf(site.path)).toBeLessThan(diskBudgetBytes * 1.1)
  }
  expect(autonomyH).toBeGreaterThan(0)
  await site.connect(cloud)
  await waitFor(() => expect(waitingIn(outbox)).toEqual([0, 0, 0, 0]), { timeoutMs: 30_000 })
  const events = cloud.received.flatMap((message) => message.events)
  expect(events[0]).toMatchObject({ kind: 'link', device: 'first' })
  const dropped = events.reduce((sum, event) => sum + (event.kind === 'drop' ? event.samples : 0), 0)
  expect(dropped).toBeGreaterThan(produced / 2)
  expect(distinctValuesOf(cloud.received).length + dropped).toBe(produced)
})
