/** nanomq/nanomq#2423 (also #1980): the backlog stays until something new is published, or drains one message every 5 s. */
import { expect, test } from 'vitest'
import { startAckingCloud } from '../support/acking-cloud.ts'
import { samples, startUplinkSite, upTo, valuesOf, waitingIn } from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

test('a backlog of ten thousand batches leaves by itself, merged, as soon as the link is there', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ commitSamples: 5 })
  site.outbox.append(samples(0, 50_000))
  await site.outbox.flush()
  expect(site.outbox.stats().telemetry.batches).toBe(10_000)
  await site.connect(cloud)
  // Nothing new is measured.
  await waitFor(() => expect(waitingIn(site.outbox)).toEqual([0, 0, 0, 0]), { timeoutMs: 30_000 })
  expect(valuesOf(cloud.received)).toEqual(upTo(50_000))
  expect(cloud.received.length).toBeLessThanOrEqual(20)
})
