/**
 * thingsboard/thingsboard-gateway#2124: with remote configuration on, every reconnect destroys the buffer and makes a new
 * one. That a changed configuration costs no sample is in ../system/commissioning.test.ts.
 */
import { stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ackAll, startAckingCloud } from '../support/acking-cloud.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { distinctValuesOf, samples, startUplinkSite, upTo, waitingIn } from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

test('twelve reconnects leave the outbox as it is: same file, same numbers', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  await using site = await startUplinkSite({ commitSamples: 10 })
  site.outbox.append(samples(0, 1_000))
  await site.outbox.flush()
  const { ino } = await stat(site.path)
  cloud.reply = () => undefined
  const uplink = await site.connect({ port: proxy.port, ca: cloud.ca, keepAliveMs: 60_000 })
  for (let connection = 1; connection <= 12; connection++) {
    await waitFor(() => expect(uplink.state().connections).toBe(connection), { everyMs: 10 })
    expect(site.outbox.stats().telemetry).toMatchObject({ batches: 100, samples: 1_000 })
    proxy.reset()
  }
  expect((await stat(site.path)).ino).toBe(ino)
  cloud.reply = ackAll
  await waitFor(() => expect(waitingIn(site.outbox)).toEqual([0, 0, 0, 0]), { timeoutMs: 30_000 })
  expect(distinctValuesOf(cloud.received)).toEqual(upTo(1_000))
  expect(new Set(cloud.received.map(({ range }) => range.epoch))).toEqual(new Set([site.epoch]))
})
