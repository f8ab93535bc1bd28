import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { allWell, judge, readStored, unaccounted, type Written } from '../support/judge.ts'
import { silence, startProxiedCampus } from '../support/proxied-campus.ts'
import { type Campus, lux } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const outageMs = 60_000
const intervalMs = 100
const devices = Array.from({ length: 20 }, (_, i) =>
  lux(`lux-${i + 1}`, {
    interval: `${intervalMs}ms`,
    signals: { illuminance: { gen: 'count', start: i, step: 20, wrap: 100_000 } },
  }),
)

/** The newest stored source time of one point, and how many samples of the outage are stored already. */
async function stored(campus: Campus, from: number) {
  const samples = await campus.cloud.api.samples(campus.pointId('lux-1/illuminance'), {
    from,
    to: Date.now() + 60_000,
  })
  return { newest: samples.at(-1)?.[0] ?? 0, count: samples.length }
}

async function connected(campus: Campus): Promise<boolean> {
  const [gateway] = await campus.cloud.api.gateways()
  return gateway?.connected === true
}

/** Stops the devices and waits until the store holds exactly what they wrote; gives what that was. */
async function everythingArrives(campus: Campus): Promise<readonly Written[]> {
  const written = await silence(campus, devices)
  await waitFor(
    async () => {
      const verdict = judge({
        written,
        stored: await readStored(campus.cloud.api, campus.gatewayId, written),
      })
      expect(verdict).toEqual(allWell(written))
    },
    { timeoutMs: 60_000, everyMs: 1000 },
  )
  return written
}

test('an uplink that drops packets silently for 60 s loses nothing, doubles nothing and is live again at once', async () => {
  // Small messages: the backlog takes many round trips of the slow way back, however busy the machine is.
  await using proxied = await startProxiedCampus({ devices, outbox: { backfillSamples: 100 } })
  const { campus, link } = proxied
  await waitFor(async () => expect((await stored(campus, Date.now() - 60_000)).count).toBeGreaterThan(10))

  const cutAt = Date.now()
  link.cut()
  await sleep(outageMs / 2)
  // Keep-alive both ways: each end has noticed long ago.
  expect(await connected(campus)).toBe(false)
  await sleep(outageMs / 2)
  // Nothing came through: the outage was one.
  expect((await stored(campus, cutAt)).newest).toBeLessThan(cutAt + 2000)

  // A slow way back, so that there is a time in which the backlog drains.
  link.delay(100)
  const healedAt = Date.now()
  link.heal()
  const first = await waitFor(
    async () => {
      const found = await stored(campus, cutAt)
      expect(found.newest).toBeGreaterThan(healedAt)
      return found
    },
    { timeoutMs: 30_000, everyMs: 20 },
  )
  const liveAfterMs = Date.now() - healedAt
  const produced = Math.round((Date.now() - cutAt) / intervalMs)
  process.stdout.write(`${JSON.stringify({ liveAfterMs, stored: first.count, produced })}\n`)
  // The wait to reconnect, a handshake of some round trips of 200 ms, and a second until the next batch is closed.
  expect(liveAfterMs).toBeLessThan(4000)
  // Live values did not wait for the history.
  expect(first.count).toBeLessThan(0.9 * produced)
  link.delay(0)

  const written = await everythingArrives(campus)
  const { streams } = await campus.cloud.api.ledger(campus.gatewayId)
  expect(streams.map(({ stream }) => stream)).toContain('telemetry')
  for (const stream of streams) {
    expect(unaccounted(stream)).toEqual({ missing: [], twice: [] })
    expect(stream.dropped).toEqual([])
    expect(stream.receivedSamples).toBe(stream.producedSamples)
  }
  expect(written.length).toBeGreaterThan(10_000)
}, 240_000)
