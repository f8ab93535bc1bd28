import { describe, expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { MqttDevice, MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { Reading } from '../driver.ts'
import { MqttDriver } from './mqtt-driver.ts'
import type { MqttLink, MqttMessage } from './mqtt-link.ts'

/** Our own seam in memory; the driver over a real broker is in the gateway's test. */
function createLink() {
  const handlers = new Map<string, Set<(message: MqttMessage) => void>>()
  const sent: { topic: string; payload: string }[] = []
  let watcher: (connected: boolean) => void = () => {}
  const link: MqttLink = {
    subscribe(filter, handler) {
      const all = handlers.get(filter) ?? new Set()
      handlers.set(filter, all.add(handler))
      return () => all.delete(handler)
    },
    async publish(topic, payload) {
      // What it asks everybody at the start is the discovery's test.
      if (topic !== 'shellies/command') sent.push({ topic, payload: Buffer.from(payload).toString('utf8') })
    },
    watch(handler) {
      watcher = handler
      handler(true)
      return () => {}
    },
  }
  function receive(topic: string, payload: unknown, retained = false, keptSince?: number) {
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
    for (const handler of handlers.get(topic) ?? [])
      handler({ topic, payload: bytes, retained, ...(keptSince === undefined ? {} : { keptSince }) })
  }
  const listeners = () => [...handlers.values()].reduce((sum, set) => sum + set.size, 0)
  return { link, sent, receive, listeners, connected: (up: boolean) => watcher(up) }
}

/** What a test changes about both devices. */
type Change = {
  readonly topic?: Partial<MqttTopic>
  readonly topics?: readonly Partial<MqttTopic>[]
  readonly points?: readonly Partial<MqttPoint>[]
  readonly write?: Partial<NonNullable<MqttPoint['write']>>
  readonly backfill?: MqttDevice['address']['backfill']
}

function deviceOf(id: string, change: Change): MqttDevice {
  const point: MqttPoint = {
    ...{ id: 'illuminance', kind: 'num', unit: 'lx', title: {}, confidence: 'high', steps: [] },
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 60_000, onChange: true },
    from: { topic: 'state', ptr: '/illuminance', as: 'number' },
  }
  const level: MqttPoint = {
    ...{ ...point, id: 'light.level', unit: '%', from: { topic: 'state', ptr: '/level', as: 'number' } },
    write: {
      to: { topic: `z/${id}/set`, qos: 1, payload: { json: { level: '$value' } } },
      readback: { withinMs: 2_000, tolerance: 1, point: 'light.level', pollNow: false },
      minIntervalMs: 0,
      risk: 'low',
      ...change.write,
    },
  }
  const topic: MqttTopic = {
    ...{ id: 'state', filter: `z/${id}`, codec: 'json', root: '', require: [], retained: 'state_only' },
    ...{ partial: true, maxBytes: 1000, qos: 1 },
  }
  return {
    ...{ id, protocol: 'mqtt', title: {}, vendor: '', model: '', category: 'sensor.env', alarms: [] },
    profile: {} as MqttDevice['profile'],
    ...{ failAfter: 1, recoverAfter: 1, silenceMs: 60_000 },
    address: {
      topics: (change.topics ?? [change.topic ?? {}]).map((one) => ({ ...topic, ...one })),
      time: { ptr: '/t', format: 'epoch_ms', maxSkewMs: 60_000 },
      dedupe: { ptr: ['/id'], windowMs: 10_000 },
      availability: [
        { topic: `z/${id}/availability`, online: ['online'], offline: ['offline'] },
        { topic: 'z/bridge', online: ['online'], offline: ['offline'] },
      ],
      backfill: change.backfill ?? [],
    },
    points: change.points?.map((one) => ({ ...point, ...one })) ?? [point, level],
  }
}

function start(change: Change = {}) {
  const bus = createLink()
  const clock = new FakeClock()
  const readings: Reading[] = []
  const links: string[] = []
  const refused: string[] = []
  const troubles: string[] = []
  const lines: Record<string, unknown>[] = []
  const stop = new AbortController()
  const driver = new MqttDriver(
    { link: bus.link, onRefused: (device, reason) => refused.push(`${device} ${reason}`) },
    {
      devices: [deviceOf('lux-1', change), deviceOf('lux-2', change)],
      clock,
      log: createLogger({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) }),
      report: (some) => readings.push(...some),
      link: (device, state) => links.push(`${device} ${state}`),
      trouble: (device, { kind, place, text }) => troubles.push(`${device}: ${kind} ${place}: ${text}`),
    },
  )
  const running = driver.run(stop.signal)
  const abort = async () => {
    stop.abort()
    await running
  }
  return {
    ...bus,
    driver,
    clock,
    readings,
    links,
    refused,
    troubles,
    lines,
    abort,
    [Symbol.asyncDispose]: abort,
  }
}

test('a message becomes readings with the source’s time, and the device is up', async () => {
  await using site = start()
  const t = site.clock.now() - 5_000
  site.receive('z/lux-1', { illuminance: 300, t })
  expect(site.readings).toEqual([
    { device: 'lux-1', point: 'illuminance', t, value: 300, quality: qualityCodes.good },
  ])
  expect(site.links).toEqual(['lux-1 up'])
})

test('without a time of its own a message has the time at which it came', async () => {
  await using site = start()
  site.receive('z/lux-1', { illuminance: 300 })
  site.receive('z/lux-2', { illuminance: 301, t: site.clock.now() + 999_999 })
  expect(site.readings.map(({ t }) => t)).toEqual([site.clock.now(), site.clock.now()])
})

test('messages of one device that come within a millisecond each have a time, unless the clock was set back', async () => {
  await using site = start()
  const now = site.clock.now()
  for (const illuminance of [300, 301, 302]) site.receive('z/lux-1', { illuminance })
  expect(site.readings.map(({ t }) => t)).toEqual([now, now + 1, now + 2])
  site.clock.step(-3_600_000)
  site.receive('z/lux-1', { illuminance: 303 })
  expect(site.readings.at(-1)?.t).toBe(now - 3_600_000)
})

test('garbage is counted, logged once a minute per topic, and harms no neighbour', async () => {
  await using site = start()
  for (let i = 0; i < 5; i++) site.receive('z/lux-1', '{"illuminance":')
  site.receive('z/lux-2', { illuminance: 200 })
  expect(site.refused).toEqual(Array.from({ length: 5 }, () => 'lux-1 not-json'))
  expect(site.lines).toMatchObject([{ device: 'lux-1', topic: 'z/lux-1', reason: 'not-json' }])
  expect(site.readings).toMatchObject([{ device: 'lux-2', value: 200 }])
  await site.clock.advance(60_000)
  site.receive('z/lux-1', 'x')
  expect(site.lines.at(-1)).toMatchObject({ skipped: 4, reason: 'not-json' })
})

test('each refusal is told of its device with topic, reason and beginning, without what looks like a secret', async () => {
  await using site = start({ topic: { root: '/data' } })
  site.receive('z/lux-1', '{"password":"Not-Shown-42","illuminance":')
  site.receive('z/lux-1', { illuminance: 1 })
  site.receive('z/lux-1/availability', 'perhaps')
  expect(site.troubles).toEqual([
    'lux-1: payload_refused z/lux-1: not-json, 41 bytes: {"password":***,"illuminance":',
    'lux-1: payload_refused z/lux-1: no-root at /data, 17 bytes: {"illuminance":1}',
    'lux-1: payload_refused z/lux-1/availability: availability-word, 7 bytes: perhaps',
  ])
  expect(JSON.stringify(site.lines)).not.toContain('Not-Shown-42')
})

test('another kind of message on the same topic is nobody’s error', async () => {
  await using site = start({
    topic: {
      require: [
        { ptr: '/illuminance', exists: true },
        { ptr: '/k', equals: 1 },
      ],
    },
  })
  site.receive('z/lux-1', { illuminance: 1, k: 2 })
  expect(site.refused).toEqual(['lux-1 not-this-kind'])
  expect(site.troubles).toEqual([])
})

test.each([
  ['[]', 'not-an-object'],
  ['"text"', 'not-an-object'],
  ['3', 'not-an-object'],
  ['null', 'not-an-object'],
  ['', 'not-json'],
])('%s where an object should be is refused and no sign of life', async (payload, reason) => {
  await using site = start()
  site.receive('z/lux-1', payload)
  expect(site.refused).toEqual([`lux-1 ${reason}`])
  expect(site.readings).toEqual([])
  expect(site.links).toEqual([])
})

test('a message that comes twice counts once', async () => {
  await using site = start()
  site.receive('z/lux-1', { illuminance: 300, id: 'a' })
  site.receive('z/lux-1', { illuminance: 300, id: 'a' })
  site.receive('z/lux-1', { illuminance: 300, id: 'b' })
  expect(site.readings).toHaveLength(2)
  expect(site.refused).toEqual(['lux-1 duplicate'])
  expect(site.troubles).toEqual(['lux-1: payload_duplicate z/lux-1: it came before'])
  // What the broker repeats is no fault of the device.
  site.receive('z/lux-1', { illuminance: 300, id: 'a' }, true)
  expect(site.troubles).toHaveLength(1)
})

describe('what the broker kept from earlier', () => {
  test('is state under its own time, marked, and no sign of life', async () => {
    await using site = start()
    const t = site.clock.now() - 3_600_000
    site.receive('z/lux-1', { illuminance: 300, t }, true)
    expect(site.readings).toMatchObject([{ t, value: 300, quality: qualityCodes.good, kept: true }])
    expect(site.links).toEqual([])
  })
  test('is stale where it has no time of its own: nobody knows how old it is', async () => {
    await using site = start()
    site.receive('z/lux-1', { illuminance: 300 }, true)
    expect(site.readings).toMatchObject([{ value: 300, quality: qualityCodes.stale, kept: true }])
    site.receive('z/lux-1', { illuminance: 300 })
    expect(site.readings.at(-1)).toMatchObject({ value: 300, quality: qualityCodes.good })
    expect(site.readings.at(-1)).not.toHaveProperty('kept')
  })
  test('has the time at which our own broker got it', async () => {
    await using site = start()
    const keptSince = site.clock.now() - 5_000
    site.receive('z/lux-1', { illuminance: 300 }, true, keptSince)
    expect(site.readings).toMatchObject([{ t: keptSince, quality: qualityCodes.good, kept: true }])
  })
  test('is not said again when the device itself said the same since', async () => {
    await using site = start()
    site.receive('z/lux-1', { illuminance: 300 })
    site.receive('z/lux-1', { illuminance: 300 }, true)
    expect(site.readings).toHaveLength(1)
    site.receive('z/lux-1', { illuminance: 310 }, true)
    expect(site.readings.at(-1)).toMatchObject({ value: 310, quality: qualityCodes.stale })
  })
  test('does not take the place of the same message from the device', async () => {
    await using site = start()
    site.receive('z/lux-1', { illuminance: 300, id: 'a' }, true)
    site.receive('z/lux-1', { illuminance: 300, id: 'a' })
    expect(site.readings.map(({ kept }) => kept)).toEqual([true, undefined])
  })
  test('shows that the device lives where the profile uses it so and its own time is young', async () => {
    await using site = start({ topic: { retained: 'use' } })
    site.receive('z/lux-1', { illuminance: 300, t: site.clock.now() - 61_000 }, true)
    expect(site.links).toEqual([])
    site.receive('z/lux-1', { illuminance: 300, t: site.clock.now() - 50_000 }, true)
    expect(site.links).toEqual(['lux-1 up'])
    await site.clock.advance(11_000)
    expect(site.links).toEqual(['lux-1 up', 'lux-1 down'])
  })
  test('is nothing where the profile ignores it', async () => {
    await using site = start({ topic: { retained: 'ignore' } })
    site.receive('z/lux-1', { illuminance: 300 }, true)
    expect(site.readings).toEqual([])
    expect(site.refused).toEqual([])
  })
})

describe('several kinds of message on one topic', () => {
  const kind = (id: string, method: string): Partial<MqttTopic> => ({
    ...{ id, retained: 'ignore' },
    require: [{ ptr: '/method', equals: method }],
  })
  const rpc = {
    topics: [kind('status', 'NotifyStatus'), kind('event', 'NotifyEvent')],
    points: [
      { id: 'relay.0', kind: 'bool', from: { topic: 'status', ptr: '/params/on', as: 'bool' } },
      { id: 'panic', kind: 'event', from: { topic: 'event', ptr: '/params/events/0/event', as: 'text' } },
    ],
  } as const satisfies Change

  test('each is read by its own rules, and one that fits none is refused once', async () => {
    await using site = start(rpc)
    site.receive('z/lux-1', { method: 'NotifyStatus', params: { on: true } })
    site.receive('z/lux-1', { method: 'NotifyEvent', params: { events: [{ event: 'single_push' }] } })
    site.receive('z/lux-1', { method: 'Other' })
    expect(site.readings).toMatchObject([
      { point: 'relay.0', value: true },
      { point: 'panic', value: 'single_push' },
    ])
    expect(site.refused).toEqual(['lux-1 not-this-kind'])
  })
  test('one that fits none is still a sign of life', async () => {
    await using site = start(rpc)
    site.receive('z/lux-1', { method: 'Other' })
    expect(site.links).toEqual(['lux-1 up'])
  })
  test('an event is what happens: not what is kept, not what the profile has no word for, not a lost link', async () => {
    const pairs = [['emergency', 'emergency']] as const
    await using site = start({
      points: [
        {
          ...{ id: 'panic', kind: 'event', steps: [{ op: 'map', pairs }] },
          from: { topic: 'state', ptr: '/action', as: 'text' },
        },
      ],
    })
    site.receive('z/lux-1', { action: 'emergency' }, true)
    site.receive('z/lux-1', { action: '' })
    site.receive('z/lux-1', { action: null })
    site.receive('z/lux-1', { action: 'single' })
    site.receive('z/lux-1/availability', 'offline')
    expect(site.readings).toEqual([])
    site.receive('z/lux-1', { action: 'emergency' })
    expect(site.readings).toMatchObject([{ point: 'panic', value: 'emergency' }])
  })
})

describe('history in a message', () => {
  const memory: Change = {
    backfill: [
      {
        ...{ topic: 'state', ptr: '/history', time: { ptr: '/at', format: 'epoch_s' } },
        points: [{ point: 'illuminance', ptr: '/lx' }],
      },
    ],
  }
  test('comes before the news, under its own times, marked late', async () => {
    await using site = start(memory)
    const s = Math.floor(site.clock.now() / 1000)
    const history = [
      { at: s - 1200, lx: 100 },
      { at: s - 600, lx: 200 },
    ]
    site.receive('z/lux-1', { illuminance: 300, history })
    expect(site.readings).toMatchObject([
      { t: (s - 1200) * 1000, value: 100, late: true },
      { t: (s - 600) * 1000, value: 200, late: true },
      { value: 300, t: site.clock.now() },
    ])
  })
  test('entries without a time, from the future or without the value are left out', async () => {
    await using site = start(memory)
    const s = Math.floor(site.clock.now() / 1000)
    site.receive('z/lux-1', {
      history: [{ lx: 1 }, { at: s + 9999, lx: 2 }, { at: s - 5 }, 7, { at: s - 5, lx: 3 }],
    })
    expect(site.readings).toMatchObject([{ value: 3, late: true }])
    site.receive('z/lux-1', { history: 'none' })
    expect(site.readings).toHaveLength(1)
  })
})

test('a device whose clock is an hour slow is taken at the time its messages come', async () => {
  await using site = start()
  for (let i = 0; i < 4; i++) {
    site.receive('z/lux-1', { illuminance: i, t: site.clock.now() - 3_600_000 })
    await site.clock.advance(30_000)
  }
  const now = site.clock.now()
  const own = [0, 30_000].map((at) => now - 120_000 - 3_600_000 + at)
  const seen = site.readings.filter(({ device }) => device === 'lux-1')
  expect(seen.map(({ t }) => t)).toEqual([...own, now - 60_000, now - 30_000])
  expect(site.troubles).toEqual([
    'lux-1: clock_wrong z/lux-1: its clock is 3600 s behind',
    'lux-1: clock_wrong z/lux-1: its clock is 3600 s behind',
  ])
})

test('a time that cannot be is told, and no time at all is as it should be', async () => {
  await using site = start()
  site.receive('z/lux-1', { illuminance: 300, t: 5 })
  site.receive('z/lux-1', { illuminance: 301 })
  site.receive('z/lux-1', { illuminance: 302, t: site.clock.now() })
  expect(site.troubles).toEqual(['lux-1: clock_wrong z/lux-1: its time cannot be: 5'])
})

test('a point that nobody confirmed is told to nobody', async () => {
  await using site = start({
    points: [{ id: 'x.odd', hidden: true, from: { topic: 'state', ptr: '/odd', as: 'number' } }],
  })
  site.receive('z/lux-1', { odd: 1 })
  site.receive('z/lux-1/availability', 'offline')
  expect(site.readings).toEqual([])
})

test('a message that nobody decoded is a sign of life, and the log says what is missing', async () => {
  await using site = start({ topic: { require: [{ ptr: '/object', exists: true }] } })
  site.receive('z/lux-1', { data: 'A2fuAA==' })
  expect(site.links).toEqual(['lux-1 up'])
  expect(site.refused).toEqual(['lux-1 incomplete'])
  expect(site.lines).toMatchObject([
    { device: 'lux-1', topic: 'z/lux-1', reason: 'incomplete', at: '/object' },
  ])
})

describe('a device goes down', () => {
  test('when it says so, with its points bad once, and comes back when every source says so', async () => {
    await using site = start()
    site.receive('z/lux-1', { illuminance: 300 })
    site.receive('z/lux-1/availability', 'offline')
    site.receive('z/lux-1/availability', 'offline')
    expect(site.links).toEqual(['lux-1 up', 'lux-1 down'])
    expect(site.readings.slice(1)).toMatchObject([
      { point: 'illuminance', value: null, quality: qualityCodes['bad:link'] },
      { point: 'light.level', value: null, quality: qualityCodes['bad:link'] },
    ])
    site.receive('z/bridge', 'offline')
    site.receive('z/lux-1/availability', 'online')
    expect(site.links.filter((line) => line.startsWith('lux-1'))).toEqual(['lux-1 up', 'lux-1 down'])
    site.receive('z/bridge', 'online')
    expect(site.links.filter((line) => line.startsWith('lux-1'))).toEqual([
      'lux-1 up',
      'lux-1 down',
      'lux-1 up',
    ])
  })

  test('when nothing is heard for as long as the profile allows', async () => {
    await using site = start()
    site.receive('z/lux-1', { illuminance: 300 })
    await site.clock.advance(30_000)
    site.receive('z/lux-2', { illuminance: 300 })
    await site.clock.advance(31_000)
    expect(site.links).toEqual(['lux-1 up', 'lux-2 up', 'lux-1 down'])
  })

  test('when the broker is away for longer than a moment', async () => {
    await using site = start()
    site.receive('z/lux-1', { illuminance: 300 })
    site.connected(false)
    await site.clock.advance(3_000)
    site.connected(true)
    await site.clock.advance(10_000)
    expect(site.links).toEqual(['lux-1 up'])
    site.connected(false)
    await site.clock.advance(7_000)
    expect(site.links).toEqual(['lux-1 up', 'lux-1 down', 'lux-2 down'])
  })
})

describe('a write', () => {
  const target = { device: 'lux-1', point: 'light.level' }

  test('is verified by the next report that agrees', async () => {
    await using site = start()
    const written = site.driver.write(target, 40, new AbortController().signal)
    site.receive('z/lux-1', { level: 10 })
    site.receive('z/lux-1', { level: 39.5 })
    expect(await written).toEqual({ readBack: 39.5, verified: true })
    expect(site.sent).toEqual([{ topic: 'z/lux-1/set', payload: '{"level":40}' }])
  })

  test('is not verified when the device keeps another value', async () => {
    await using site = start()
    const written = site.driver.write(target, 40, new AbortController().signal)
    site.receive('z/lux-1', { level: 10 })
    await site.clock.advance(2_000)
    expect(await written).toEqual({ readBack: 10, verified: false })
  })

  test('fails when no report comes, and a kept one does not count', async () => {
    await using site = start()
    const written = site.driver.write(target, 40, new AbortController().signal)
    const failure = expect(written).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
    site.receive('z/lux-1', { level: 40, t: site.clock.now() }, true)
    await site.clock.advance(2_000)
    await failure
  })

  test('waits for the answer that has its number, and hears a refusal with its reason', async () => {
    const ack = {
      topic: 'gw/rpc',
      match: { ptr: '/id', equals: '$seq' },
      errorPtr: '/error/message',
      withinMs: 2_000,
    }
    const to = { topic: 'z/lux-1/rpc', qos: 1, payload: { json: { id: '$seq', v: '$value' } }, ack } as const
    await using site = start({ write: { to } })
    const refused = site.driver.write(target, 40, new AbortController().signal)
    const { id } = JSON.parse(site.sent[0]?.payload ?? '')
    site.receive('gw/rpc', { id: id + 1, result: {} })
    site.receive('gw/rpc', { id, error: { code: -103, message: 'too hot' } }, true)
    site.receive('gw/rpc', 'nonsense')
    site.receive('gw/rpc', { id, error: { code: -103, message: 'too hot' } })
    await expect(refused).rejects.toMatchObject({ code: 'DEVICE_REFUSED', message: /too hot/ })

    const done = site.driver.write(target, 50, new AbortController().signal)
    site.receive('gw/rpc', { id: id + 1, result: {} })
    site.receive('z/lux-1', { level: 50 })
    expect(await done).toEqual({ readBack: 50, verified: true })
  })
  test('with an answer alone is confirmed by it, and not without', async () => {
    const ack = { topic: 'gw/rpc', match: { ptr: '/id', equals: '$seq' }, withinMs: 2_000 }
    const to = { topic: 'z/lux-1/rpc', qos: 1, payload: { json: { id: '$seq' } }, ack } as const
    await using site = start({
      points: [{ id: 'light.level', write: { to, minIntervalMs: 0, risk: 'low' } }],
    })
    const done = site.driver.write(target, 40, new AbortController().signal)
    site.receive('gw/rpc', { id: JSON.parse(site.sent[0]?.payload ?? '').id })
    expect(await done).toEqual({})
    const failure = expect(site.driver.write(target, 41, new AbortController().signal)).rejects.toMatchObject(
      {
        ...{ code: 'DEVICE_TIMEOUT', message: /no answer on gw\/rpc within 2000 ms/ },
      },
    )
    await site.clock.advance(2_000)
    await failure
  })
  test('of a value that must not jump goes there in steps', async () => {
    await using site = start({ write: { rampMaxPerS: 40 } })
    site.receive('z/lux-1', { level: 100 })
    const written = site.driver.write(target, 40, new AbortController().signal)
    await site.clock.advance(500)
    await site.clock.advance(500)
    site.receive('z/lux-1', { level: 40 })
    expect(await written).toMatchObject({ verified: true })
    expect(site.sent.map(({ payload }) => JSON.parse(payload).level)).toEqual([80, 60, 40])
  })
  test('that could not be verified is followed by the safe value, where there is one', async () => {
    await using site = start({ write: { onFail: 0 } })
    const written = site.driver.write(target, 40, new AbortController().signal)
    site.receive('z/lux-1', { level: 10 })
    await site.clock.advance(2_000)
    expect(await written).toEqual({ readBack: 10, verified: false })
    expect(site.sent.map(({ payload }) => JSON.parse(payload).level)).toEqual([40, 0])
  })
  test('to a device that is away fails at once', async () => {
    await using site = start()
    site.receive('z/lux-1/availability', 'offline')
    await expect(site.driver.write(target, 40, new AbortController().signal)).rejects.toMatchObject({
      code: 'LINK_DOWN',
    })
    expect(site.sent).toEqual([])
  })
})

test('stopping ends every subscription', async () => {
  const site = start()
  expect(site.listeners()).toBeGreaterThan(6)
  await site.abort()
  expect(site.listeners()).toBe(0)
})
