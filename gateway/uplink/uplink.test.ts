import { expect, test, vi } from 'vitest'
import type { Command } from '#contract/command.ts'
import type { AlarmEvent } from '#contract/events.ts'
import type { Reply, ReplyBody, Request } from '#contract/request.ts'
import type { Outbox } from '#gateway/outbox/outbox.ts'
import { defaultOutboxSettings } from '#gateway/outbox/outbox-config.ts'
import { systemClock } from '#lib/clock.ts'
import {
  type AckingCloud,
  ackAll,
  type Received,
  startAckingCloud,
  wideCredit,
} from '../../tests/support/acking-cloud.ts'
import { startTcpProxy } from '../../tests/support/tcp-proxy.ts'
import { testCertificate } from '../../tests/support/test-certificate.ts'
import {
  gateway,
  keepAliveMs,
  samples,
  startUplinkSite,
  upTo,
  valuesOf,
  waitingIn,
} from '../../tests/support/uplink-site.ts'
import { waitFor as wait } from '../../tests/support/wait-for.ts'
import type { UplinkSettings } from './uplink-config.ts'

vi.setConfig({ testTimeout: 30_000 })

const waitFor = <T>(attempt: () => T | Promise<T>) => wait(attempt, { everyMs: 10, timeoutMs: 10_000 })

function alarm(occurrence: string): AlarmEvent {
  return {
    kind: 'alarm',
    occurrence,
    rule: 'lux-low',
    point: 'lux-1/illuminance',
    state: 'raised',
    priority: 3,
    at: 1_700_000_000_000,
    value: 12,
    title: { en: 'Too dark' },
  }
}

async function emptied(outbox: Outbox): Promise<void> {
  await waitFor(() => expect(waitingIn(outbox)).toEqual([0, 0, 0, 0]))
}

test('samples and events arrive once, acknowledged ones are deleted, and the gateway says who it is', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite()
  const uplink = await site.connect(cloud)
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  site.outbox.append(samples(0, 10))
  await site.outbox.appendEvent(alarm('a-1'))
  await waitFor(() => expect(cloud.received).toHaveLength(2))
  expect(cloud.received.map(({ lane }) => lane).sort()).toEqual(['events', 'live'])
  expect(valuesOf(cloud.received)).toEqual(upTo(10))
  await emptied(site.outbox)
  await waitFor(() =>
    expect(cloud.states.map(({ kind }) => kind).slice(0, 3)).toEqual(['birth', 'catalogue', 'status']),
  )
  await waitFor(() => {
    const last = cloud.states.at(-1)
    expect(last).toMatchObject({ kind: 'status', diskBudget: defaultOutboxSettings.diskBudgetBytes })
    expect(last).toHaveProperty('produced', [
      { stream: 'telemetry', epoch: site.epoch, lastSeq: 1, samples: 10 },
      { stream: 'events', epoch: site.epoch, lastSeq: 1, samples: 1 },
    ])
  })
})

test('works over IPv6', async () => {
  await using cloud = await startAckingCloud({ host: '::1' })
  await using site = await startUplinkSite()
  await site.connect({ port: 0, ca: cloud.ca, url: `mqtts://[::1]:${cloud.port}` })
  site.outbox.append(samples(0, 3))
  await waitFor(() => expect(valuesOf(cloud.received)).toEqual([0, 1, 2]))
})

test('what was not acknowledged is sent again after a reconnect, under the same numbers', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  await using site = await startUplinkSite()
  const uplink = await site.connect({ port: proxy.port, ca: cloud.ca })
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  cloud.reply = () => undefined
  site.outbox.append(samples(0, 10))
  await site.outbox.appendEvent(alarm('a-1'))
  await waitFor(() => expect(cloud.received).toHaveLength(2))
  const first = cloud.received.splice(0)
  cloud.reply = (message) => ({ v: 1, kind: 'ack', ranges: [message.range], credit: wideCredit })
  proxy.reset()
  await waitFor(() => expect(cloud.received).toHaveLength(2))
  const byStream = (all: readonly Received[]) =>
    all.map(({ range, values }) => ({ range, values })).sort(byName)
  expect(byStream(cloud.received)).toEqual(byStream(first))
  await emptied(site.outbox)
})

test('a link that swallows everything is noticed within two keep-alives and nothing is lost', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  await using site = await startUplinkSite()
  const uplink = await site.connect({ port: proxy.port, ca: cloud.ca })
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  let next = 0
  const writing = new AbortController()
  const writer = (async () => {
    while (!writing.signal.aborted) {
      site.outbox.append(samples(next, 5))
      next += 5
      await systemClock.sleep(10, writing.signal)
    }
  })()
  await waitFor(() => expect(cloud.received.length).toBeGreaterThan(3))
  const cutAt = performance.now()
  proxy.cut()
  await wait(() => expect(uplink.state().connected).toBe(false), { everyMs: 5, timeoutMs: 5_000 })
  expect(performance.now() - cutAt).toBeLessThan(2 * keepAliveMs)
  expect(uplink.state().lastError).toMatch(/heard|acknowledgement/)
  await systemClock.sleep(300)
  proxy.heal()
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  writing.abort()
  await writer
  await site.outbox.flush()
  await emptied(site.outbox)
  expect([...new Set(valuesOf(cloud.received))]).toEqual(upTo(next))
})

test('live values are there within two seconds of the return of a dead link, while the backlog still drains', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  // The waits and deadlines of a real gateway, but for the keep-alive.
  await using site = await startUplinkSite({ commitEveryMs: 1_000, commitSamples: 10, backfillSamples: 20 })
  const waits = { connectTimeoutMs: 15_000, reconnect: { firstMs: 500, maxMs: 15_000 } }
  const uplink = await site.connect({ port: proxy.port, ca: cloud.ca, ...waits })
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  proxy.cut()
  await waitFor(() => expect(uplink.state().connected).toBe(false))
  site.outbox.append(samples(0, 10_000))
  cloud.reply = (message) => {
    if (message.lane === 'backfill') setTimeout(() => ackLater(cloud, message), 100)
    return message.lane === 'backfill' ? undefined : ackAll(message)
  }
  await systemClock.sleep(4_000)
  proxy.heal()
  const healedAt = performance.now()
  let next = 10_000
  await waitFor(() => {
    site.outbox.append(samples(next++, 1))
    expect(cloud.received.filter(({ lane }) => lane === 'live')).not.toEqual([])
  })
  expect(performance.now() - healedAt).toBeLessThan(2_000)
  expect(site.outbox.stats().telemetry.samples).toBeGreaterThan(1_000)
})

test('an idle link that swallows everything is noticed as well', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  await using site = await startUplinkSite()
  const uplink = await site.connect({ port: proxy.port, ca: cloud.ca, statusEveryMs: 3_600_000 })
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  const cutAt = performance.now()
  proxy.cut()
  await wait(() => expect(uplink.state().connected).toBe(false), { everyMs: 5, timeoutMs: 5_000 })
  expect(performance.now() - cutAt).toBeLessThan(2 * keepAliveMs)
})

test('a cloud that answers pings but acknowledges nothing is left and tried again', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite()
  const uplink = await site.connect(cloud)
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  cloud.reply = () => undefined
  site.outbox.append(samples(0, 1))
  await waitFor(() => expect(uplink.state().connections).toBe(2))
  expect(cloud.received.length).toBeGreaterThan(0)
})

test('after an outage live values and alarms go before the backlog, which drains merged', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ commitSamples: 10, backfillSamples: 50 })
  site.outbox.append(samples(0, 5_000))
  await site.outbox.flush()
  // A slow cloud: each backfill message is acknowledged only after a while, so that the backlog lasts.
  cloud.reply = (message) => {
    if (message.lane === 'backfill') setTimeout(() => ackLater(cloud, message), 20)
    return message.lane === 'backfill'
      ? undefined
      : { v: 1, kind: 'ack', ranges: [message.range], credit: wideCredit }
  }
  await site.connect(cloud)
  await waitFor(() => expect(cloud.received.length).toBeGreaterThan(4))
  const before = cloud.received.length
  site.outbox.append(samples(5_000, 10))
  await site.outbox.appendEvent(alarm('a-1'))
  await waitFor(() => expect(cloud.received.some(({ lane }) => lane === 'live')).toBe(true))
  const lanes = cloud.received.map(({ lane }) => lane)
  // At most what was already on its way comes in between.
  expect(lanes.indexOf('events')).toBeLessThanOrEqual(before + 8)
  expect(lanes.indexOf('live')).toBeLessThanOrEqual(before + 8)
  await emptied(site.outbox)
  expect(lanes.length).toBeLessThan(cloud.received.length)
  expect(valuesOf(cloud.received)).toEqual(upTo(5_010))
  expect(cloud.received.filter(({ lane }) => lane === 'backfill')).toHaveLength(100)
})

test('on connecting, events go first, then the newest values, then history', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ commitEveryMs: 60_000, commitSamples: 1_000 })
  site.outbox.append(samples(0, 5_000))
  await site.outbox.flush()
  await site.outbox.appendEvent(alarm('a-1'))
  site.outbox.append(samples(5_000, 10))
  await site.connect(cloud)
  await waitFor(() => expect(cloud.received.length).toBeGreaterThanOrEqual(3))
  expect(cloud.received.map(({ lane }) => lane).slice(0, 3)).toEqual(['events', 'live', 'backfill'])
  expect(cloud.received[1]?.values).toEqual(samples(5_000, 10).map(({ value }) => value))
  await emptied(site.outbox)
})

test('a refusal with a time keeps the batch and comes back to it; one without drops it and says so', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite({ commitSamples: 10 })
  const uplink = await site.connect(cloud)
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  const refusedAt: number[] = []
  cloud.reply = (message) => {
    const { lane, range, atMs } = message
    const head = { v: 1, kind: 'refuse', range, message: 'no', credit: wideCredit } as const
    if (lane === 'live' && range.firstSeq === 1 && refusedAt.length === 0) {
      refusedAt.push(atMs)
      return { ...head, code: 'STORE_UNAVAILABLE', retryAfterMs: 400 }
    }
    if (lane === 'live' && range.firstSeq === 3) return { ...head, code: 'MESSAGE_INVALID' }
    return { v: 1, kind: 'ack', ranges: [range], credit: wideCredit }
  }
  site.outbox.append(samples(0, 30))
  await emptied(site.outbox)
  const first = cloud.received.filter(({ lane, range }) => lane === 'live' && range.firstSeq === 1)
  expect(first).toHaveLength(2)
  expect((first[1]?.atMs ?? 0) - (refusedAt[0] ?? 0)).toBeGreaterThanOrEqual(390)
  await waitFor(() =>
    expect(cloud.received.flatMap(({ events }) => events)).toMatchObject([
      {
        kind: 'drop',
        stream: 'telemetry',
        epoch: site.epoch,
        firstSeq: 3,
        lastSeq: 3,
        samples: 10,
        reason: 'refused',
      },
    ]),
  )
  expect(uplink.state().counts).toMatchObject({ refused: 1, refusedForGood: 1 })
})

test('commands are handed on; garbage is counted and harms nothing', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite()
  const uplink = await site.connect(cloud)
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  cloud.garbage(gateway, Buffer.from('{"v":1,'))
  const command: Command = { v: 1, id: 'c-1', point: 'relay-1/on', value: true, expiresAt: 1, by: 'admin' }
  cloud.command(gateway, command)
  await waitFor(() => expect(site.commands).toEqual([command]))
  expect(uplink.state().counts).toMatchObject({ garbage: 2, commands: 1 })
  site.outbox.append(samples(0, 1))
  await waitFor(() => expect(valuesOf(cloud.received)).toEqual([0]))
  expect(uplink.state().connections).toBe(1)
})

test('requests are handed on and answered on their own channel; without a link an answer is dropped', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite()
  const uplink = await site.connect(cloud)
  const body: ReplyBody = { kind: 'buses', buses: [] }
  const answer: Reply = { v: 1, id: 'r-1', part: 0, last: true, ok: true, body }
  uplink.reply({ ...answer, id: 'too-early' })
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  const request: Request = { v: 1, id: 'r-1', kind: 'buses', expiresAt: 1 }
  cloud.request(gateway, request)
  await waitFor(() => expect(site.requests).toEqual([request]))
  uplink.reply(answer)
  await waitFor(() => expect(cloud.replies).toEqual([answer]))
  expect(uplink.state().counts).toMatchObject({ garbage: 0, requests: 1 })
})

test('a clean stop says goodbye, a killed connection leaves the will', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  await using site = await startUplinkSite()
  {
    await using uplink = await site.connect({ port: proxy.port, ca: cloud.ca })
    await waitFor(() => expect(uplink.state().connected).toBe(true))
    proxy.reset()
    await waitFor(() => expect(deathsOf(cloud)).toEqual([false]))
    await waitFor(() => expect(uplink.state().connections).toBe(2))
  }
  await waitFor(() => expect(deathsOf(cloud)).toEqual([false, true]))
})

test('why there is no link is said in words', async () => {
  await using cloud = await startAckingCloud()
  await using stranger = await startAckingCloud({ certificate: await testCertificate(['cloud.example']) })
  await using site = await startUplinkSite()
  const port = cloud.port
  const cases: [Partial<UplinkSettings> & { port: number }, RegExp][] = [
    [{ port, ca: cloud.ca, token: 'wrong' }, /token/],
    [{ port, ca: stranger.ca }, /certificate of the cloud is not trusted/],
    [{ port: stranger.port, ca: stranger.ca }, /another name/],
    [{ port: await closedPort() }, /nothing listens/],
    [{ port, ca: cloud.ca, url: 'mqtts://no-such-host.invalid:8883' }, /name/],
  ]
  for (const [settings, words] of cases) {
    await using uplink = await site.connect(settings)
    await waitFor(() => expect(uplink.state().lastError).toMatch(words))
    expect(uplink.state().connected).toBe(false)
  }
})

test('a gateway that has nothing to sign in with says so, and connects as soon as it has, without a new start', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite()
  let has = false
  const identity = {
    current: () => (has ? { ...certificate, ca: cloud.ca } : undefined),
    words: () => 'it is not enrolled',
  }
  const certificate = await testCertificate()
  const slow = { firstMs: 60_000, maxMs: 60_000 }
  await using uplink = await site.connect({ port: cloud.port, reconnect: slow }, identity)
  await waitFor(() => expect(uplink.state().lastError).toMatch(/it is not enrolled$/))
  site.outbox.append(samples(0, 5))
  has = true
  uplink.signInAnew()
  await waitFor(() => expect(uplink.state()).toMatchObject({ connected: true, connections: 1 }))
  await emptied(site.outbox)
  expect(valuesOf(cloud.received)).toEqual(upTo(5))
})

test('signing in anew loses and doubles nothing, also while much is on its way', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite()
  const identity = { current: () => ({ ...certificate, ca: cloud.ca }), words: () => '' }
  const certificate = await testCertificate()
  await using uplink = await site.connect({ port: cloud.port }, identity)
  for (let round = 0; round < 5; round++) {
    site.outbox.append(samples(round * 100, 100))
    await waitFor(() => expect(uplink.state().connections).toBe(round + 1))
    uplink.signInAnew()
  }
  await waitFor(() => expect(uplink.state().connected).toBe(true))
  await emptied(site.outbox)
  const stored = new Map(cloud.received.map((one) => [`${one.range.stream} ${one.range.firstSeq}`, one]))
  expect(valuesOf([...stored.values()])).toEqual(upTo(500))
})

test('a cloud that does not take the certificate is answered with words about the certificate', async () => {
  await using cloud = await startAckingCloud()
  await using site = await startUplinkSite()
  const certificate = await testCertificate()
  const identity = { current: () => ({ ...certificate, ca: cloud.ca }), words: () => 'it was revoked' }
  await using uplink = await site.connect({ port: cloud.port, token: 'wrong' }, identity)
  await waitFor(() => expect(uplink.state().lastError).toMatch(/it was revoked$/))
})

function ackLater(cloud: AckingCloud, message: Received): void {
  cloud.send(gateway, { v: 1, kind: 'ack', ranges: [message.range], credit: wideCredit })
}

function deathsOf(cloud: AckingCloud): boolean[] {
  return cloud.states.flatMap((state) => (state.kind === 'death' ? [state.clean] : []))
}

async function closedPort(): Promise<number> {
  await using proxy = await startTcpProxy({ port: 1 })
  return proxy.port
}

function byName(a: { range: { stream: string } }, b: { range: { stream: string } }): number {
  return a.range.stream.localeCompare(b.range.stream)
}
