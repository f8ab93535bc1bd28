import { expect, test } from 'vitest'
import { good, qualityCodes } from '#contract/quality.ts'
import { openLocalBroker } from '#gateway/broker/local-broker.ts'
import { shippedProfile } from '#gateway/profiles/fixtures/shipped-profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { Reading } from '#gateway/southbound/driver.ts'
import { MqttDriver } from '#gateway/southbound/mqtt/mqtt-driver.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { pointsOf } from '#simulators/build-devices.ts'
import { Faults } from '#simulators/faults.ts'
import { noJournal } from '#simulators/journal.ts'
import { SimulatedMqttDevice } from '#simulators/mqtt-device.ts'
import { waitFor } from '../support/wait-for.ts'

const log = createLogger({ level: 'silent' })
const login = { username: 'edge-1', password: 'secret' }
const patient = { timeoutMs: 20_000, everyMs: 20 }

/** The rights that docs/mqtt-devices.md gives a node. */
const credentials = [
  {
    ...login,
    publish: ['spBv1.0/school/+/edge-1/#', 'spBv1.0/school/+/edge-1'],
    subscribe: ['spBv1.0/school/NCMD/edge-1'],
  },
]

test('a gateway that comes later than the node asks for its birth; a death and a birth are seen', async () => {
  await using parts = new AsyncDisposableStack()
  const broker = await openLocalBroker({
    ...{ host: '127.0.0.1', port: 0, credentials, log },
    ...{ maxPacketBytes: 65_536, maxConnections: 10, maxRetained: 10 },
  })
  parts.defer(() => broker.close())
  const { port } = await broker.listen()
  const profile = shippedProfile('mqtt/sparkplugb.sensor.yaml')
  const params = { group: 'school', node: 'edge-1', device: 'air-1' }
  const resolved = resolveDevice(profile, { id: 'air-1', profile: profile.id, params })
  if (!resolved.ok || resolved.device.protocol !== 'mqtt') throw new Error(JSON.stringify(resolved))
  const { device } = resolved

  const faults = new Faults(device.id)
  const points = pointsOf(device, {}, { utcOffset: '+08:00' })
  points.hold('temperature', -3.5)
  let births = 0
  const count = broker.subscribe('spBv1.0/school/DBIRTH/edge-1/air-1', () => births++)
  const simulated = parts.use(
    SimulatedMqttDevice.start({
      ...{ device, points, clock: systemClock, log, journal: noJournal, faults, intervalMs: 200 },
      broker: { url: `mqtt://127.0.0.1:${port}`, ...login },
    }),
  )
  await waitFor(() => expect([simulated.sent > 3, births]).toEqual([true, 1]), patient)

  const readings: Reading[] = []
  const links: string[] = []
  const driver = new MqttDriver(
    { link: broker },
    {
      ...{ devices: [device], clock: systemClock, log, trouble: () => undefined },
      report: (some) => readings.push(...some),
      link: (id, state, reason = '') => links.push(`${id} ${state} ${reason}`.trim()),
    },
  )
  const stop = new AbortController()
  const running = driver.run(stop.signal)
  parts.defer(async () => {
    stop.abort()
    await running
  })
  const temperature = () => readings.findLast(({ point }) => point === 'temperature')
  await waitFor(() => expect(temperature()).toMatchObject({ value: -3.5, quality: good }), patient)
  expect(births).toBe(2)
  // From here on in data, by its alias.
  points.hold('temperature', 21)
  await waitFor(() => expect(temperature()?.value).toBe(21), patient)
  expect(births).toBe(2)

  faults.set({ kind: 'offline', rate: 1, ms: 0, code: 0 })
  await waitFor(() => {
    expect(links).toEqual(['air-1 up', 'air-1 down spBv1.0/school/NDEATH/edge-1 says offline'])
    expect(temperature()).toMatchObject({ value: null, quality: qualityCodes['bad:link'] })
  }, patient)
  faults.clear()
  await waitFor(() => expect(links.at(-1)).toBe('air-1 up'), patient)
  await waitFor(() => expect(temperature()).toMatchObject({ value: 21, quality: good }), patient)
  count()
}, 90_000)
