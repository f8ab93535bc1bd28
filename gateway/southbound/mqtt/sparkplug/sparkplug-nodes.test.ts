import sparkplug from 'sparkplug-payload'
import { expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { MqttDevice } from '#gateway/profiles/device.ts'
import { shippedProfile } from '#gateway/profiles/fixtures/shipped-profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { Reading } from '../../driver.ts'
import { MqttDriver } from '../mqtt-driver.ts'
import type { MqttMessage } from '../mqtt-link.ts'

const reference = sparkplug.get('spBv1.0')
if (reference === null) throw new Error('sparkplug-payload has no spBv1.0')
type Metrics = NonNullable<Parameters<typeof reference.encodePayload>[0]['metrics']>

const profile = shippedProfile('mqtt/sparkplugb.sensor.yaml')

function deviceOf(id: string): MqttDevice {
  const params = { group: 'g', node: 'n', device: id, temperature: 'Air/Temperature' }
  const resolved = resolveDevice(profile, { id, profile: profile.id, params })
  if (!resolved.ok || resolved.device.protocol !== 'mqtt') throw new Error(JSON.stringify(resolved))
  return resolved.device
}

function start() {
  const clock = new FakeClock()
  const handlers = new Map<string, (message: MqttMessage) => void>()
  const readings: Reading[] = []
  const links: string[] = []
  const troubles: string[] = []
  const asked: string[] = []
  const stop = new AbortController()
  const link = {
    subscribe(filter: string, handler: (message: MqttMessage) => void) {
      handlers.set(filter, handler)
      return () => handlers.delete(filter)
    },
    async publish(topic: string) {
      if (topic.startsWith('spBv1.0/')) asked.push(topic)
    },
    watch(handler: (connected: boolean) => void) {
      handler(true)
      return () => {}
    },
  }
  const driver = new MqttDriver(
    { link },
    {
      devices: [deviceOf('d-1')],
      clock,
      log: createLogger({ level: 'silent' }),
      report: (some) => readings.push(...some),
      link: (device, state, reason) =>
        links.push(`${device} ${state}${reason === undefined ? '' : `: ${reason}`}`),
      trouble: (device, { kind, text }) => troubles.push(`${device}: ${kind} ${text}`),
    },
  )
  const running = driver.run(stop.signal)
  const say = (kind: string, payload: Uint8Array) =>
    handlers.get(`spBv1.0/g/${kind}/n/d-1`)?.({ topic: `spBv1.0/g/${kind}/n/d-1`, payload, retained: false })
  const send = (kind: string, metrics: Metrics) =>
    say(kind, reference?.encodePayload({ timestamp: clock.now(), seq: 1, metrics }) ?? new Uint8Array())
  const nodeDies = () =>
    handlers.get('spBv1.0/g/NDEATH/n')?.({
      topic: 'spBv1.0/g/NDEATH/n',
      payload: Buffer.of(),
      retained: false,
    })
  return {
    ...{ clock, readings, links, troubles, asked, say, send, nodeDies },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

const birth: Metrics = [
  { name: 'Air/Temperature', alias: 1, type: 'Int16', value: -3 },
  { name: 'co2', alias: 2, type: 'UInt32', value: 700 },
]

test('a birth teaches the names: from then on aliases are enough, with the sign of their data type', async () => {
  await using site = start()
  site.send('DBIRTH', birth)
  site.send('DDATA', [{ alias: 1, type: 'Int16', value: -4 }])
  expect(site.readings.map(({ point, value }) => [point, value])).toEqual([
    ['temperature', -3],
    ['co2', 700],
    ['temperature', -4],
  ])
  expect(site.links).toEqual(['d-1 up'])
})

test('births are asked for at the start, and when data came that nobody can name, once a minute', async () => {
  await using site = start()
  expect(site.asked).toEqual(['spBv1.0/g/NCMD/n'])
  await site.clock.advance(60_000)
  site.send('DDATA', [{ alias: 1, type: 'Int16', value: -4 }])
  site.send('DDATA', [{ alias: 1, type: 'Int16', value: -5 }])
  expect(site.asked).toHaveLength(2)
  expect(site.readings).toEqual([])
  site.send('DBIRTH', birth)
  await site.clock.advance(60_000)
  site.send('DDATA', [{ alias: 1, type: 'Int16', value: -5 }])
  expect(site.asked).toHaveLength(2)
})

test('a death of the device or of its node takes it down with its points, and a birth brings it back', async () => {
  await using site = start()
  site.send('DBIRTH', birth)
  site.nodeDies()
  site.say('DDEATH', Buffer.of())
  expect(site.links).toEqual(['d-1 up', 'd-1 down: spBv1.0/g/NDEATH/n says offline'])
  expect(site.readings.at(-1)).toMatchObject({ value: null, quality: qualityCodes['bad:link'] })
  // What the aliases meant is over with it.
  const before = site.readings.length
  site.send('DDATA', [{ alias: 1, type: 'Int16', value: 9 }])
  expect(site.readings).toHaveLength(before)
  site.send('DBIRTH', birth)
  expect(site.links.at(-1)).toBe('d-1 up')
})

test('each value has its own time; history is no news, and a doubt of the device stays a doubt', async () => {
  await using site = start()
  const now = site.clock.now()
  site.send('DBIRTH', birth)
  site.readings.length = 0
  site.send('DDATA', [
    { name: 'co2', type: 'UInt32', timestamp: now - 3_600_000, isHistorical: true, value: 500 },
    { name: 'co2', type: 'UInt32', timestamp: now - 2_000, value: 600 },
    {
      ...{ name: 'humidity', type: 'Float', timestamp: now - 1_000, value: 40 },
      properties: { Quality: { type: 'Int32', value: 500 } },
    },
    {
      ...{ name: 'noise', type: 'Float', timestamp: now, value: 40 },
      properties: { Quality: { type: 'Int32', value: 0 } },
    },
  ])
  expect(
    site.readings.map(({ point, t, value, quality, late }) => [point, now - t, value, quality, late]),
  ).toEqual([
    ['co2', 3_600_000, 500, qualityCodes.good, true],
    ['co2', 2_000, 600, qualityCodes.good, undefined],
    ['humidity', 1_000, 40, qualityCodes.stale, undefined],
    ['noise', 0, null, qualityCodes['bad:missing'], undefined],
  ])
})

test('bytes that are no payload are refused and told', async () => {
  await using site = start()
  site.say('DDATA', Buffer.from('{"temperature":1}'))
  expect(site.troubles).toEqual(['d-1: payload_refused not-sparkplug, 17 bytes: {"temperature":1}'])
  expect(site.links).toEqual([])
})
