import { expect, test } from 'vitest'
import type { LiveMessage } from '#contract/api/live.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { testAlarm } from '../../tests/support/test-alarm.ts'
import { LiveHub, type LiveOptions } from './live-hub.ts'

const everything = () => true

function startHub(options: Partial<LiveOptions> = {}) {
  const clock = new FakeClock()
  const hub = LiveHub.start({ clock, build: 'b1', ...options })
  return { clock, hub, [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose]() }
}

function connect(hub: LiveHub, since?: number) {
  const messages: LiveMessage[] = []
  const state = { bufferedAmount: 0, closed: '' }
  const client = hub.connect(
    {
      send: (text) => void messages.push(JSON.parse(text)),
      get bufferedAmount() {
        return state.bufferedAmount
      },
      close: (code) => {
        state.closed = code
      },
    },
    { sees: everything, since },
  )
  const values = () =>
    messages.flatMap((message) =>
      message.type === 'ev' && 'value' in message.data ? [message.data.value] : [],
    )
  return { client, messages, state, values }
}

const point = (value: number, t = value) => ({ point: 'g1/d1/p1', t, value, quality: 'good' as const })
const alarm = testAlarm({ id: 'g1/o1', gateway: 'g1', point: 'g1/d1/p1', value: 1 })
const gateway = { id: 'g1', title: {}, connected: true }

test('the first value goes out at once, then at most one a second, the newest of it', async () => {
  await using live = startHub()
  const { client, values } = connect(live.hub)
  live.hub.subscribe(client, ['points:g1'])
  live.hub.publishPoints([point(1)])
  expect(values()).toEqual([1])
  for (let value = 2; value <= 9; value++) {
    live.hub.publishPoints([point(value)])
    await live.clock.advance(100)
  }
  expect(values()).toEqual([1])
  await live.clock.advance(300)
  expect(values()).toEqual([1, 9])
  await live.clock.advance(5_000)
  expect(values()).toEqual([1, 9])
  live.hub.publishPoints([point(10)])
  expect(values()).toEqual([1, 9, 10])
})

test('an older source time never replaces a newer one', async () => {
  await using live = startHub()
  const { client, values } = connect(live.hub)
  live.hub.subscribe(client, ['points:g1'])
  live.hub.publishPoints([point(7)])
  await live.clock.advance(2_000)
  live.hub.publishPoints([point(3)])
  await live.clock.advance(2_000)
  expect(values()).toEqual([7])
})

test('a heartbeat comes every five seconds with the present number', async () => {
  await using live = startHub()
  const { messages } = connect(live.hub)
  live.hub.publishGateway(gateway)
  await live.clock.advance(15_000)
  const beats = messages.filter(({ type }) => type === 'hb')
  expect(beats).toHaveLength(3)
  expect(beats[0]).toMatchObject({ seq: live.hub.seq })
})

test('the ring is bounded by count and by age; who needs more starts over', async () => {
  await using live = startHub({ ring: { maxEvents: 3, maxAgeMs: 60_000 } })
  const start = live.hub.seq
  for (let i = 0; i < 3; i++) live.hub.publishGateway(gateway)
  expect(live.hub.collect(start, ['gateways'], everything).events).toHaveLength(3)
  live.hub.publishGateway(gateway)
  expect(live.hub.collect(start, ['gateways'], everything)).toEqual({ resync: true, events: [] })
  expect(live.hub.collect(start + 1, ['gateways'], everything).events).toHaveLength(3)
  await live.clock.advance(61_000)
  expect(live.hub.collect(start + 3, ['gateways'], everything).resync).toBe(true)
  expect(live.hub.collect(start + 4, ['gateways'], everything)).toEqual({ resync: false, events: [] })
})

test('neither telemetry nor a busy fleet pushes alarms out', async () => {
  await using live = startHub({ ring: { maxEvents: 3, maxAgeMs: 60_000 } })
  const start = live.hub.seq
  live.hub.publishAlarm(alarm)
  for (let i = 0; i < 100; i++) live.hub.publishPoints([{ ...point(i), point: `g1/d${i}/p` }])
  for (let i = 0; i < 100; i++) live.hub.publishGateway(gateway)
  expect(live.hub.collect(start, ['alarms'], everything)).toMatchObject({
    resync: false,
    events: [{ data: alarm }],
  })
  expect(live.hub.collect(start, ['alarms', 'gateways'], everything).resync).toBe(true)

  const { client, messages } = connect(live.hub, start)
  live.hub.subscribe(client, ['alarms'])
  expect(messages.map(({ type }) => type)).toEqual(['hello', 'ev'])
  live.hub.subscribe(client, ['gateways'])
  expect(messages.map(({ type }) => type)).toEqual(['hello', 'ev', 'resync', 'ev', 'ev', 'ev'])
})

test('a slow reader misses telemetry, never gateways or alarms, and gets the newest when it has caught up', async () => {
  await using live = startHub({ limits: { skipBytes: 1_000, closeBytes: 10_000 } })
  const { client, messages, state, values } = connect(live.hub)
  live.hub.subscribe(client, ['points:g1', 'gateways'])
  state.bufferedAmount = 5_000
  live.hub.publishPoints([point(1)])
  await live.clock.advance(1_000)
  live.hub.publishPoints([point(2)])
  live.hub.publishGateway(gateway)
  expect(values()).toEqual([])
  expect(messages.at(-1)).toMatchObject({ topic: 'gateways' })
  state.bufferedAmount = 0
  await live.clock.advance(100)
  expect(values()).toEqual([2])
  expect(state.closed).toBe('')
})

test('a reader too far behind is closed once', async () => {
  await using live = startHub({ limits: { skipBytes: 1_000, closeBytes: 10_000 } })
  const { client, messages, state } = connect(live.hub)
  live.hub.subscribe(client, ['gateways'])
  state.bufferedAmount = 10_001
  live.hub.publishGateway(gateway)
  expect(state.closed).toBe('TOO_SLOW')
  const received = messages.length
  live.hub.publishGateway(gateway)
  expect(messages).toHaveLength(received)
})

test('numbers of a later process are above those of an earlier one', async () => {
  await using first = startHub()
  for (let i = 0; i < 1_000; i++) first.hub.publishGateway(gateway)
  const clock = new FakeClock()
  await clock.advance(60_000)
  await using second = startHub({ clock })
  expect(second.hub.seq).toBeGreaterThan(first.hub.seq)
})

test('the number of points kept is bounded', async () => {
  const { LatestPoints } = await import('./latest-points.ts')
  let seq = 0
  const points = new LatestPoints({ nextSeq: () => ++seq, maxPoints: 10 })
  for (let i = 0; i < 50; i++) points.accept({ ...point(1), point: `g1/d${i}/p` }, 0)
  expect(points.snapshot('g1').map(({ data }) => data.point)).toEqual(
    Array.from({ length: 10 }, (_, i) => `g1/d${40 + i}/p`),
  )
})
