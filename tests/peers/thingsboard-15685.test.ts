/**
 * thingsboard/thingsboard#15685: after an outage the burst meets the rate limit of the server, and nobody can tell whether a
 * message was refused or taken and dropped.
 */
import { expect, test } from 'vitest'
import { type Received, startAckingCloud } from '../support/acking-cloud.ts'
import {
  distinctValuesOf,
  gateway,
  samples,
  startUplinkSite,
  upTo,
  waitingIn,
} from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

const credit = { events: 2, live: 2, backfill: 1 }

test('a server that says how much it takes is never sent more, and what it refuses comes again when it said', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ commitSamples: 10, backfillSamples: 100 })
  site.outbox.append(samples(0, 3_000))
  await site.outbox.flush()
  const flying = new Set<Received>()
  let arrived = 0
  let most = 0
  const refusedAt = new Map<number, number>()
  const cameBackAfter: number[] = []
  cloud.reply = (message) => {
    if (message.lane !== 'backfill') return { v: 1, kind: 'ack', ranges: [message.range], credit }
    flying.add(message)
    // The first few were sent before the first answer, without knowing.
    if (++arrived > 8) most = Math.max(most, flying.size)
    const { firstSeq } = message.range
    const before = refusedAt.get(firstSeq)
    if (before !== undefined) cameBackAfter.push(message.atMs - before)
    setTimeout(() => {
      flying.delete(message)
      // Every third message is too much at first.
      const isRefused = before === undefined && refusedAt.size * 3 < cloud.received.length
      if (isRefused) refusedAt.set(firstSeq, performance.now())
      const { range } = message
      const why = { code: 'RATE_LIMITED', message: 'later', retryAfterMs: 100 } as const
      cloud.send(
        gateway,
        isRefused
          ? { v: 1, kind: 'refuse', range, credit, ...why }
          : { v: 1, kind: 'ack', ranges: [range], credit },
      )
    }, 5)
    return undefined
  }
  const uplink = await site.connect(cloud)
  await waitFor(() => expect(waitingIn(site.outbox)).toEqual([0, 0, 0, 0]), { timeoutMs: 30_000 })
  expect(distinctValuesOf(cloud.received)).toEqual(upTo(3_000))
  expect(most).toBe(credit.backfill)
  expect(refusedAt.size).toBeGreaterThan(3)
  expect(cameBackAfter).toHaveLength(refusedAt.size)
  expect(Math.min(...cameBackAfter)).toBeGreaterThanOrEqual(95)
  expect(uplink.state().counts).toMatchObject({ refused: refusedAt.size, refusedForGood: 0 })
})
