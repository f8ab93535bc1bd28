import { describe, expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { MqttDevice, MqttPoint } from '#gateway/profiles/device.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { Reading } from '../driver.ts'
import { MqttDriver, type MqttLink, type MqttMessage } from './mqtt-driver.ts'

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
      sent.push({ topic, payload })
    },
    watch(handler) {
      watcher = handler
      handler(true)
      return () => {}
    },
  }
  function receive(topic: string, payload: unknown, retained = false) {
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
    for (const handler of handlers.get(topic) ?? []) handler({ topic, payload: bytes, retained })
  }
  const listeners = () => [...handlers.values()].reduce((sum, set) => sum + set.size, 0)
  return { link, sent, receive, listeners, connected: (up: boolean) => watcher(up) }
}

function deviceOf(id: string): MqttDevice {
  const point: MqttPoint = {
    ...{ id: 'illuminance', kind: 'num', unit: 'lx', title: {}, confidence: 'high', steps: [] },
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 60_000, onChange: true },
    from: { topic: 'state', ptr: '/illuminance', as: 'number' },
  }
  const level: MqttPoint = {
    ...{ ...point, id: 'light.level', unit: '%', from: { topic: 'state', ptr: '/level', as: 'number' } },
    write: {
      to: { topic: `z/${id}/set`, qos: 1, payload: { json: { level: '$value' } } },
      readback: { withinMs: 2_000, tolerance: 1, point: 'light.level' },
      minIntervalMs: 0,
      risk: 'low',
    },
  }
  return {
    ...{ id, protocol: 'mqtt', title: {}, vendor: '', model: '', category: 'sensor.env' },
    profile: {} as MqttDevice['profile'],
    ...{ failAfter: 1, recoverAfter: 1, silenceMs: 60_000 },
    address: {
      topics: [
        {
          ...{ id: 'state', filter: `z/${id}`, codec: 'json', root: '', require: [], retained: 'state_only' },
          ...{ partial: true, maxBytes: 1000, qos: 1 },
        },
      ],
      time: { ptr: '/t', format: 'epoch_ms', maxSkewMs: 60_000 },
      dedupe: { ptr: ['/id'], windowMs: 10_000 },
      availability: [
        { topic: `z/${id}/availability`, online: ['online'], offline: ['offline'] },
        { topic: 'z/bridge', online: ['online'], offline: ['offline'] },
      ],
    },
    points: [point, level],
  }
}

function start() {
  const bus = createLink()
  const clock = new FakeClock()
  const readings: Reading[] = []
  const links: string[] = []
  const refused: string[] = []
  const lines: Record<string, unknown>[] = []
  const stop = new AbortController()
  const driver = new MqttDriver(
    { link: bus.link, onRefused: (device, reason) => refused.push(`${device} ${reason}`) },
    {
      devices: [deviceOf('lux-1'), deviceOf('lux-2')],
      clock,
      log: createLogger({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) }),
      report: (some) => readings.push(...some),
      link: (device, state) => links.push(`${device} ${state}`),
    },
  )
  const running = driver.run(stop.signal)
  const abort = async () => {
    stop.abort()
    await running
  }
  return { ...bus, driver, clock, readings, links, refused, lines, abort, [Symbol.asyncDispose]: abort }
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
  site.receive('z/lux-1', { illuminance: 301, t: site.clock.now() + 999_999 })
  expect(site.readings.map(({ t }) => t)).toEqual([site.clock.now(), site.clock.now()])
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
})

describe('what the broker kept from earlier', () => {
  test('is history under its own time, and no sign of life', async () => {
    await using site = start()
    const t = site.clock.now() - 3_600_000
    site.receive('z/lux-1', { illuminance: 300, t }, true)
    expect(site.readings).toMatchObject([{ t, late: true }])
    expect(site.links).toEqual([])
  })
  test('is nothing without a time of its own', async () => {
    await using site = start()
    site.receive('z/lux-1', { illuminance: 300 }, true)
    expect(site.readings).toEqual([])
    expect(site.refused).toEqual(['lux-1 retained-without-time'])
  })
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
  expect(site.listeners()).toBe(6)
  await site.abort()
  expect(site.listeners()).toBe(0)
})
