/** nanomq/nanomq#2432: cached messages are deleted before they are sent, and a silent cut while they drain loses them. */
import { expect, test } from 'vitest'
import { startAckingCloud } from '../support/acking-cloud.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { distinctValuesOf, samples, startUplinkSite, upTo, waitingIn } from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

test.each(['down', undefined] as const)(
  'a cut in the middle of the backlog that nobody tells of (%s) loses nothing',
  async (direction) => {
    await using cloud = await startAckingCloud()
    await using proxy = await startTcpProxy({ port: cloud.port })
    await using site = await startUplinkSite({ commitSamples: 10, backfillSamples: 50 })
    site.outbox.append(samples(0, 2_000))
    await site.outbox.flush()
    const { reply } = cloud
    // Some of it is acknowledged, then a black hole.
    cloud.reply = (message) => {
      if (cloud.received.length === 5) proxy.cut(direction)
      return reply(message)
    }
    const uplink = await site.connect({ port: proxy.port, ca: cloud.ca })
    await waitFor(() => expect(uplink.state()).toMatchObject({ connected: false, connections: 1 }))
    // What was sent into the hole is still there: only an acknowledgement deletes.
    const acknowledged = 2_000 - site.outbox.stats().telemetry.samples
    expect(acknowledged).toBeLessThanOrEqual(5 * 50)
    proxy.heal()
    await waitFor(() => expect(waitingIn(site.outbox)).toEqual([0, 0, 0, 0]))
    expect(distinctValuesOf(cloud.received)).toEqual(upTo(2_000))
  },
)
