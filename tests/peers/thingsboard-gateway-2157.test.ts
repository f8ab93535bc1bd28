/** thingsboard/thingsboard-gateway#2157: the first ten to twenty seconds of every outage are lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startAckingCloud } from '../support/acking-cloud.ts'
import { SeededChance } from '../support/random.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { distinctValuesOf, samples, startUplinkSite, upTo, waitingIn } from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

test('the link is cut at forty moments, every other time without a word, and every value arrives', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  await using site = await startUplinkSite({ commitSamples: 20 })
  await site.connect({ port: proxy.port, ca: cloud.ca, keepAliveMs: 100, connectTimeoutMs: 500 })
  const chance = new SeededChance('moments')
  let next = 0
  const writing = setInterval(() => {
    site.outbox.append(samples(next, 3))
    next += 3
  }, 2)
  try {
    for (let cut = 0; cut < 40; cut++) {
      await sleep(chance.between(1, 150))
      if (cut % 2 === 0) proxy.reset()
      else {
        proxy.cut()
        await sleep(chance.between(1, 300))
        proxy.heal()
      }
    }
  } finally {
    clearInterval(writing)
  }
  await site.outbox.flush()
  await waitFor(() => expect(waitingIn(site.outbox)).toEqual([0, 0, 0, 0]), { timeoutMs: 30_000 })
  expect(distinctValuesOf(cloud.received)).toEqual(upTo(next))
})
