/** edgexfoundry/app-functions-sdk-go#1516: more arrives than leaves, the memory grows until the process is ended by the system. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startAckingCloud } from '../support/acking-cloud.ts'
import { samples, startUplinkSite } from '../support/uplink-site.ts'

const megabyte = 1024 ** 2

test('twice as much arrives as leaves, for four times the budgets: memory stays where it is', async () => {
  await using cloud = await startAckingCloud()
  const memoryBudgetSamples = 20_000
  await using site = await startUplinkSite({ diskBudgetBytes: 4 * megabyte, memoryBudgetSamples })
  const { outbox } = site
  let delivered = 0
  let appended = 0
  // The cloud takes half of what has arrived, and says nothing to the rest.
  cloud.reply = ({ lane, range, values }) => {
    if (lane !== 'events' && delivered + values.length > appended / 2) return undefined
    delivered += values.length
    return { v: 1, kind: 'ack', ranges: [range], credit: { events: 8, live: 8, backfill: 4 } }
  }
  await site.connect({ ...cloud, keepAliveMs: 60_000 })
  const heap: number[] = []
  for (let round = 0; round < 40; round++) {
    outbox.append(samples(appended, 50_000))
    appended += 50_000
    await sleep(20)
    expect(outbox.stats().memory.samples).toBeLessThanOrEqual(memoryBudgetSamples + 500)
    expect(outbox.stats().diskUsed).toBeLessThan(4.4 * megabyte)
    cloud.received.length = 0
    heap.push(process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers)
  }
  await outbox.flush()
  const { dropped, produced } = outbox.stats()
  expect(dropped.samples).toBeGreaterThan(0)
  expect(Math.max(...heap.slice(20)) - Math.max(...heap.slice(0, 20))).toBeLessThan(40 * megabyte)
  // Dropped or not, all of it is accounted for.
  expect(produced.find(({ stream }) => stream === 'telemetry')?.samples).toBe(appended)
})
