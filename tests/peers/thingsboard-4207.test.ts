/**
 * thingsboard/thingsboard#4207 (also #8681, #6773, eclipse-sparkplug/sparkplug#594): what comes late reaches the rules in the
 * order of its arrival, and who wants only what is new has to decode everything.
 */
import { expect, test } from 'vitest'
import { startAckingCloud } from '../support/acking-cloud.ts'
import { samples, startUplinkSite, upTo, valuesOf, waitingIn } from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

test('history comes on a topic of its own and in order, what is new passes it', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ commitSamples: 10, backfillSamples: 50 })
  site.outbox.append(samples(0, 2_000))
  await site.outbox.flush()
  let next = 2_000
  const { reply } = cloud
  cloud.reply = (message) => {
    // Something new with every message of the backlog.
    if (message.lane === 'backfill') site.outbox.append(samples(next, 1))
    if (message.lane === 'backfill') next += 1
    return reply(message)
  }
  await site.connect(cloud)
  await waitFor(() => expect(waitingIn(site.outbox)).toEqual([0, 0, 0, 0]), { timeoutMs: 30_000 })
  const late = cloud.received.filter(({ lane }) => lane === 'backfill')
  const live = cloud.received.filter(({ lane }) => lane === 'live')
  const isNew = (value: unknown) => Number(value) >= 2_000
  expect(late.flatMap(({ values }) => values).filter(isNew)).toEqual([])
  expect(late.map(({ range }) => range.firstSeq)).toEqual(
    late.map(({ range }) => range.firstSeq).toSorted((a, b) => a - b),
  )
  expect(live.flatMap(({ values }) => values).every(isNew)).toBe(true)
  expect(cloud.received.indexOf(live[0] as never)).toBeLessThan(cloud.received.indexOf(late.at(-1) as never))
  expect(valuesOf(cloud.received)).toEqual(upTo(next))
})
