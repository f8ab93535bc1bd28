import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { JournalEntry } from '#simulators/journal.ts'
import { allWell, judge, readJournal, readStored, unaccounted } from '../support/judge.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const outageMs = 60_000
const devices = Array.from({ length: 20 }, (_, i) =>
  lux(`lux-${i + 1}`, {
    interval: '100ms',
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
async function everythingArrives(campus: Campus): Promise<readonly JournalEntry[]> {
  for (const { id } of devices) await campus.site.fault(id, { kind: 'silent' })
  const all = await readJournal(campus.site.journal)
  const written = all.filter(({ point }) => point.endsWith('/illuminance'))
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
  let proxy: TcpProxy | undefined
  await using campus = await startCampus({
    devices,
    between: async (port) => {
      proxy = await startTcpProxy({ port })
      return proxy.port
    },
  })
  if (proxy === undefined) throw new Error('the campus was built without the proxy')
  await using link = proxy
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
  await waitFor(async () => expect(await connected(campus)).toBe(true), { timeoutMs: 30_000, everyMs: 50 })
  const backAt = Date.now()
  const first = await waitFor(
    async () => {
      const found = await stored(campus, cutAt)
      expect(found.newest).toBeGreaterThan(healedAt)
      return found
    },
    { timeoutMs: 10_000, everyMs: 50 },
  )
  const liveAfterMs = Date.now() - backAt
  const sinceCut = (Date.now() - cutAt) / 100
  process.stderr.write(
    JSON.stringify({
      backAfterMs: backAt - healedAt,
      liveAfterMs,
      stored: first.count,
      produced: Math.round(sinceCut),
    }),
  )
  expect(liveAfterMs).toBeLessThan(2000)
  // Live values did not wait for the history.
  expect(first.count).toBeLessThan(0.9 * sinceCut)
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
