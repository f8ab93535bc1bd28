/**
 * thingsboard/thingsboard-gateway#2119: what is sent again after a period carries the time of sending, so that a sensor
 * which has been silent for hours looks alive.
 */
import { expect, test } from 'vitest'
import { good, stale } from '#contract/quality.ts'
import type { Sample } from '#contract/sample.ts'
import { createPipeline } from '#gateway/pipeline/pipeline.ts'
import { shippedProfile } from '#gateway/profiles/fixtures/shipped-profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { readingsOf } from '#gateway/southbound/mqtt/decode.ts'
import { decodePayload } from '#gateway/southbound/mqtt/decode-payload.ts'
import { sourceTime } from '#gateway/southbound/mqtt/source-time.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'

const hour = 3_600_000
/** The profile's limit: the sensor speaks at least once an hour, and three hours of silence are too many. */
const silence = 3 * hour

/** A light sensor behind zigbee2mqtt, its messages decoded and judged as in operation; the clock is moved by hand. */
function lightSensor() {
  const profile = shippedProfile('mqtt/zigbee2mqtt.illuminance.yaml')
  const resolved = resolveDevice(profile, { id: 'lux-1', profile: profile.id, params: { name: 'lux-1' } })
  if (!resolved.ok || resolved.device.protocol !== 'mqtt') throw new Error('no device')
  const { device } = resolved
  const clock = new FakeClock(Date.UTC(2026, 0, 5, 8))
  const pipeline = createPipeline({ devices: [device], clock, log: createLogger({ level: 'silent' }) })
  const told: Sample[] = []
  pipeline.subscribe((samples) => told.push(...samples.filter(({ point }) => point === 'lux-1/illuminance')))
  return {
    clock,
    told,
    latest: () => pipeline.latest('lux-1/illuminance'),
    receive(payload: object) {
      const topic = device.address.topics.find(({ id }) => id === 'state')
      const decoded = topic && decodePayload(topic, Buffer.from(JSON.stringify(payload)))
      if (topic === undefined || !decoded?.ok) throw new Error('not decoded')
      const t = sourceTime(decoded.whole, device.address.time, clock.now()) ?? clock.now()
      pipeline.accept(readingsOf(device, topic, decoded, { t, late: false }))
    },
    /** As the gateway does: a look every so often. */
    async pass(ms: number) {
      const end = clock.now() + ms
      while (clock.now() < end) {
        await clock.advance(Math.min(60_000, end - clock.now()))
        pipeline.tick()
      }
    },
  }
}

test('a silent sensor is not made to look alive: its last value keeps its time', async () => {
  const sensor = lightSensor()
  const measuredAt = sensor.clock.now()
  sensor.receive({ illuminance: 312, last_seen: measuredAt })
  await sensor.pass(silence - 60_000)
  expect(sensor.told).toEqual([{ point: 'lux-1/illuminance', t: measuredAt, value: 312, quality: good }])
  expect(sensor.latest()?.t).toBe(measuredAt)
})

test('that it is silent is said once, as its quality, from the moment at which it was too long', async () => {
  const sensor = lightSensor()
  const measuredAt = sensor.clock.now()
  sensor.receive({ illuminance: 312, last_seen: measuredAt })
  await sensor.pass(24 * hour)
  const [first, ...rest] = sensor.told
  expect(first).toMatchObject({ t: measuredAt, quality: good })
  expect(rest).toEqual([{ point: 'lux-1/illuminance', t: measuredAt + silence, value: 312, quality: stale }])
})

test('what is repeated with the time of its measurement is not a measurement of now', async () => {
  const sensor = lightSensor()
  const measuredAt = sensor.clock.now()
  sensor.receive({ illuminance: 312, last_seen: measuredAt })
  for (let i = 0; i < 5; i++) {
    await sensor.pass(hour)
    sensor.receive({ illuminance: 312, last_seen: measuredAt })
  }
  expect(sensor.told.filter(({ quality }) => quality === good).map(({ t }) => t)).toEqual([measuredAt])
  expect(sensor.latest()?.quality).toBe(stale)
})

test('an unchanged value that was measured anew is told with the time of the new measurement', async () => {
  const sensor = lightSensor()
  sensor.receive({ illuminance: 312, last_seen: sensor.clock.now() })
  await sensor.pass(hour)
  const measuredAt = sensor.clock.now() - 2_000
  sensor.receive({ illuminance: 312, last_seen: measuredAt })
  expect(sensor.told.at(-1)).toMatchObject({ t: measuredAt, value: 312, quality: good })
})
