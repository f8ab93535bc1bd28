import { once } from 'node:events'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { Aedes } from 'aedes'
import { expect, test, vi } from 'vitest'
import type { MqttDevice, MqttPoint } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { Faults } from './faults.ts'
import type { JournalEntry, Takeover } from './journal.ts'
import { SimulatedMqttDevice } from './mqtt-device.ts'
import { SimulatedPoints } from './simulated-points.ts'

async function startBench(
  change: (device: MqttDevice) => MqttDevice = (same) => same,
  intervalMs = 3_600_000,
) {
  const broker = await Aedes.createBroker()
  const received: { topic: string; text: string }[] = []
  broker.on('publish', ({ topic, payload }) => {
    // A last will comes from nobody.
    if (!topic.startsWith('$')) received.push({ topic, text: payload.toString() })
  })
  const server = createServer(broker.handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  const profile = loadProfiles(resolve('device-profiles')).profiles.get('zigbee2mqtt.illuminance')
  if (profile === undefined) throw new Error('no such profile')
  const resolved = resolveDevice(profile, { id: 'lux-1', profile: profile.id, params: { name: 'lux-1' } })
  if (!resolved.ok || resolved.device.protocol !== 'mqtt') throw new Error('not an MQTT device')
  const device = change(resolved.device)
  const points = new SimulatedPoints({
    device: 'lux-1',
    utcOffsetMin: 0,
    points: device.points.map(({ id }) => ({
      id,
      generator: id.startsWith('x.')
        ? { gen: 'follow', start: 0, delayMs: 100 }
        : { gen: 'count', start: 10, step: 5, wrap: 10_000 },
    })),
  })
  const faults = new Faults('lux-1')
  const lines: (JournalEntry | Takeover)[] = []
  const journal = {
    add: (line: JournalEntry | Takeover) => lines.push(line),
    [Symbol.asyncDispose]: async () => {},
  }
  const running = SimulatedMqttDevice.start({
    ...{ device, points, faults, journal, clock: systemClock, log: createLogger({ level: 'silent' }) },
    broker: { url: `mqtt://127.0.0.1:${port}` },
    intervalMs,
  })
  await vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(2))
  const written = () =>
    lines.filter((line): line is JournalEntry => 'value' in line && line.point.endsWith('/illuminance'))
  return {
    ...{ running, points, faults, received, lines, written },
    say: (topic: string, payload: string) =>
      broker.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }, () => undefined),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]()
      await new Promise<void>((done) => broker.close(done))
      server.close()
    },
  }
}

const states = (received: readonly { topic: string; text: string }[]) =>
  received.filter(({ topic }) => topic === 'zigbee2mqtt/lux-1').map(({ text }) => text)

test('says that it is there, then what it measures, and writes down what it said', async () => {
  await using bench = await startBench()
  expect(bench.received[0]).toEqual({ topic: 'zigbee2mqtt/lux-1/availability', text: '{"state":"online"}' })
  const [text = '{}'] = states(bench.received)
  const [entry] = bench.written()
  expect(JSON.parse(text)).toMatchObject({
    illuminance: entry?.value,
    last_seen: new Date(entry?.t ?? 0).toISOString(),
  })
  await vi.waitFor(() =>
    expect(bench.lines.some((line) => 'takenAt' in line && line.t === entry?.t)).toBe(true),
  )
})

test('what the profile rounds is sent rounded', async () => {
  await using bench = await startBench()
  bench.points.hold('link_quality', 110.4)
  bench.points.hold('battery.voltage', 3.0147)
  bench.running.publishNow()
  await vi.waitFor(() => {
    const sent: unknown = JSON.parse(states(bench.received).at(-1) ?? '{}')
    expect(sent).toMatchObject({ linkquality: 110, voltage: 3015 })
  })
})

test('two messages in one millisecond are two measurements', async () => {
  await using bench = await startBench()
  for (let i = 0; i < 20; i++) bench.running.publishNow()
  const written = bench.written()
  expect(new Set(written.map(({ t }) => t)).size).toBe(written.length)
  expect(new Set(written.map(({ value }) => value)).size).toBe(written.length)
  await vi.waitFor(() => expect(states(bench.received)).toHaveLength(written.length))
})

test('what is ruined on its way is not in the journal', async () => {
  await using bench = await startBench()
  const before = bench.written().length
  bench.faults.set({ kind: 'garbage', rate: 1, ms: 0, code: 4 })
  bench.running.publishNow()
  await vi.waitFor(() => expect(states(bench.received).at(-1)).toContain('not'))
  expect(() => JSON.parse(states(bench.received).at(-1) ?? '')).toThrow()
  bench.faults.clear()
  bench.faults.set({ kind: 'silent', rate: 1, ms: 0, code: 4 })
  bench.running.publishNow()
  expect(bench.written()).toHaveLength(before)
})

test('a skewed clock shows in the time of the message, a duplicate twice', async () => {
  await using bench = await startBench()
  bench.faults.set({ kind: 'clock-skew', rate: 1, ms: 3_600_000, code: 4 })
  bench.faults.set({ kind: 'duplicate', rate: 1, ms: 0, code: 4 })
  bench.running.publishNow()
  const last = bench.written().at(-1)
  expect(last?.t).toBeGreaterThan(Date.now() + 3_000_000)
  await vi.waitFor(() => {
    const [first, second] = states(bench.received).slice(-2)
    expect(first).toBe(second)
    expect(first).toContain(new Date(last?.t ?? 0).toISOString())
  })
})

function extra(id: string, more: Partial<MqttPoint>): MqttPoint {
  return {
    ...{ id, kind: 'num', unit: '1', title: { en: id }, confidence: 'high', steps: [] },
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 1000, onChange: true },
    ...more,
  }
}

test('an event is told once, with the state that goes along', async () => {
  const steps = [{ op: 'map', pairs: [['single', 'pressed']] }] as const
  const from = { topic: 'state', ptr: '/action', as: 'text' } as const
  await using bench = await startBench((device) => ({
    ...device,
    points: [...device.points, extra('panic', { kind: 'event', steps, from })],
  }))
  const before = states(bench.received).length
  expect(bench.running.happen('panic', true)).toBe(true)
  bench.running.publishNow()
  await vi.waitFor(() => expect(states(bench.received)).toHaveLength(before + 2))
  const [first, second] = states(bench.received).slice(-2)
  expect(JSON.parse(first ?? '')).toMatchObject({ action: 'single', battery: expect.anything() })
  expect(JSON.parse(second ?? '')).not.toHaveProperty('action')
  expect(bench.running.happen('illuminance', 1)).toBe(false)
})

test('a command is answered, carried out after its delay, and told', async () => {
  const to = {
    ...{
      topic: 'zigbee2mqtt/lux-1/set',
      qos: 0 as const,
      payload: { json: { level: '$value', id: '$seq' } },
    },
    ack: { topic: 'ack', match: { ptr: '/id', equals: '$seq' }, errorPtr: '/error', withinMs: 1000 },
  }
  const from = { topic: 'state', ptr: '/level', as: 'number' } as const
  await using bench = await startBench((device) => ({
    ...device,
    points: [...device.points, extra('x.level', { from, write: { to, minIntervalMs: 0, risk: 'low' } })],
  }))
  bench.say('zigbee2mqtt/lux-1/set', '{"level":42,"id":9}')
  await vi.waitFor(() => expect(states(bench.received).at(-1)).toContain('"level":42'))
  expect(bench.received.find(({ topic }) => topic === 'ack')?.text).toBe('{"id":9}')
  bench.faults.set({ kind: 'exception', rate: 1, ms: 0, code: 4 })
  bench.say('zigbee2mqtt/lux-1/set', '{"level":43,"id":10}')
  await vi.waitFor(() => expect(bench.received.at(-1)?.text).toBe('{"id":10,"error":"not now"}'))
  expect(bench.points.value('x.level')).toBe(42)
})

test('switched off, its last will says so; back again, it tells what it measured meanwhile', async () => {
  const backfill = {
    ...{ topic: 'state', ptr: '/past', time: { ptr: '/at', format: 'epoch_s' as const } },
    points: [{ point: 'illuminance', ptr: '/lux' }],
  }
  await using bench = await startBench(
    (device) => ({ ...device, address: { ...device.address, backfill: [backfill] } }),
    100,
  )
  bench.faults.set({ kind: 'offline', rate: 1, ms: 0, code: 4 })
  const isOffline = ({ text }: { text: string }) => text === '{"state":"offline"}'
  await vi.waitFor(() => expect(bench.received.some(isOffline)).toBe(true), 3000)
  await new Promise((resolve) => setTimeout(resolve, 300))
  bench.faults.clear()
  const withPast = () => states(bench.received).find((text) => text.includes('past')) ?? '{}'
  await vi.waitFor(() => expect(withPast()).not.toBe('{}'), 5000)
  const { past } = JSON.parse(withPast()) as { past: { at: number; lux: number }[] }
  expect(past.length).toBeGreaterThanOrEqual(2)
  const remembered = bench.written().filter(({ t }) => t === (past[0]?.at ?? 0) * 1000)
  expect(remembered.map(({ value }) => value)).toContain(past[0]?.lux)
})
