/** Azure/iotedge#3981 (also #2674, #835, #2431): disk is not given back, and nobody can see what has not been sent. */
import { stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ackAll, startAckingCloud } from '../support/acking-cloud.ts'
import { SeededChance } from '../support/random.ts'
import { samples, startUplinkSite, waitingIn } from '../support/uplink-site.ts'
import { waitFor } from '../support/wait-for.ts'

test('what waits is told with number, bytes and age; once it is delivered the disk is given back', async () => {
  const chance = new SeededChance('noise')
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ diskBudgetBytes: 12_000_000 })
  const { outbox } = site
  const noise = samples(0, 400_000).map((sample) => ({ ...sample, value: chance.between(0, 1e9) }))
  for (let from = 0; from < noise.length; from += 40_000) {
    outbox.append(noise.slice(from, from + 40_000))
    await outbox.flush()
  }
  cloud.reply = () => undefined
  await site.connect({ ...cloud, keepAliveMs: 60_000 })
  await waitFor(() => {
    const status = cloud.states.findLast((state) => state.kind === 'status')
    const backlog = status?.backlog.find(({ lane }) => lane === 'backfill')
    expect(backlog).toMatchObject({ samples: 400_000, oldestAt: noise[0]?.t })
    expect(backlog?.bytes).toBeGreaterThan(2_000_000)
  })
  const full = (await stat(site.path)).size
  expect(full).toBeGreaterThan(2_000_000)
  cloud.reply = ackAll
  // The link that got no answer is left and tried again.
  for (const message of cloud.received.splice(0)) cloud.send('school-a', ackAll(message))
  await waitFor(() => expect(waitingIn(outbox)).toEqual([0, 0, 0, 0]), { timeoutMs: 30_000 })
  await waitFor(async () => {
    outbox.append(samples(0, 1))
    await outbox.flush()
    expect((await stat(site.path)).size).toBeLessThan(full / 4)
  })
})
