import { fileURLToPath } from 'node:url'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { describe, expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import { connectExistingBroker } from '#gateway/broker/existing-broker.ts'
import { openLocalBroker } from '#gateway/broker/local-broker.ts'
import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { Reading } from '#gateway/southbound/driver.ts'
import { discoverable } from '#gateway/southbound/mqtt/discovery/fit-profile.ts'
import { MqttDriver } from '#gateway/southbound/mqtt/mqtt-driver.ts'
import type { MqttLink } from '#gateway/southbound/mqtt/mqtt-link.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { startMosquitto } from '../support/mosquitto.ts'
import { describeWith } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'

const log = createLogger({ level: 'silent' })
const login = { username: 'device', password: 'p' }
const { profiles } = loadProfiles(fileURLToPath(new URL('../../device-profiles', import.meta.url)))

function deviceOf(instance: DeviceInstance) {
  const profile = profiles.get(instance.profile)
  if (profile === undefined) throw new Error(`no profile ${instance.profile}`)
  const resolved = resolveDevice(profile, instance)
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device
}

/** A broker, and the gateway's way to it. */
type Place = AsyncDisposable & { readonly url: string; readonly link: () => Promise<MqttLink> }

async function ownBroker(): Promise<Place> {
  const broker = await openLocalBroker({
    ...{ host: '127.0.0.1', port: 0, maxPacketBytes: 100_000, maxConnections: 20, maxRetained: 100, log },
    credentials: [{ ...login, publish: ['#'], subscribe: ['#'] }],
  })
  const { port } = await broker.listen()
  return {
    url: `mqtt://127.0.0.1:${port}`,
    link: () => Promise.resolve(broker),
    [Symbol.asyncDispose]: () => broker.close(),
  }
}

async function theirBroker(): Promise<Place> {
  await using parts = new AsyncDisposableStack()
  const { url } = parts.use(await startMosquitto())
  const running = parts.move()
  return {
    url,
    link: async () => running.use(await connectExistingBroker({ url, clientId: 'gateway', log })),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function start(open: () => Promise<Place>) {
  await using parts = new AsyncDisposableStack()
  const place = parts.use(await open())
  const readings: Reading[] = []
  const links: string[] = []
  const connect = async (options: IClientOptions = {}) => {
    const client = await mqtt.connectAsync(place.url, { ...login, reconnectPeriod: 0, ...options })
    stack.defer(() => client.endAsync(true).then(() => {}))
    return client
  }
  /** The driver with these devices, listening. */
  const drive = async (...instances: DeviceInstance[]): Promise<MqttDriver> => {
    const stop = new AbortController()
    const link = await place.link()
    const driver = new MqttDriver(
      { link },
      {
        ...{ devices: instances.map(deviceOf), clock: systemClock, log },
        report: (some) => readings.push(...some),
        link: (device, state) => links.push(`${device} ${state}`),
        trouble: () => {},
      },
    )
    const running = driver.run(stop.signal)
    stack.defer(() => {
      stop.abort()
      return running
    })
    await isListening(link, await connect())
    return driver
  }
  const seen = () => readings.map(({ point, value }) => `${point} ${value}`)
  const stack = parts.move()
  return { connect, drive, readings, links, seen, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** A broker takes subscriptions one after the other: once the last one holds, those before it do. */
async function isListening(link: MqttLink, anybody: MqttClient): Promise<void> {
  let isHeard = false
  link.subscribe('test/ready', () => {
    isHeard = true
  })
  await waitFor(async () => {
    await anybody.publishAsync('test/ready', '', once)
    expect(isHeard).toBe(true)
  })
}

const json = (value: unknown): string => JSON.stringify(value)
const kept = { qos: 1, retain: true } as const
const once = { qos: 1 } as const
const signal = new AbortController().signal

describe('on the broker of the gateway', () => behaviours(ownBroker))
describeWith(['mosquitto'], 'on a mosquitto that was there', () => behaviours(theirBroker))

function behaviours(open: () => Promise<Place>): void {
  const smoke: DeviceInstance = { id: 'smoke-1', profile: 'zigbee2mqtt.smoke', params: { name: 'hall' } }

  test('what was kept is state, and the same from the device is news', async () => {
    await using site = await start(open)
    const bridge = await site.connect()
    await bridge.publishAsync('zigbee2mqtt/hall', json({ smoke: true }), kept)
    await site.drive(smoke)
    await waitFor(() => expect(site.readings).toHaveLength(1))
    const quality = open === ownBroker ? qualityCodes.good : qualityCodes.stale
    expect(site.readings).toMatchObject([{ value: true, kept: true, quality }])
    // Our own broker knows that it came just now, so the device lives.
    expect(site.links).toEqual(open === ownBroker ? ['smoke-1 up'] : [])
    await bridge.publishAsync('zigbee2mqtt/hall', json({ smoke: true }), kept)
    await waitFor(() => expect(site.readings).toHaveLength(2))
    expect(site.readings[1]).toMatchObject({ value: true, quality: qualityCodes.good })
    expect(site.readings[1]).not.toHaveProperty('kept')
    expect(site.links).toEqual(['smoke-1 up'])
  })

  test('a press that was kept did not happen; each that comes did', async () => {
    await using site = await start(open)
    const bridge = await site.connect()
    await bridge.publishAsync('gate/sos', json({ event: 'alarm', id: 1, battery: 90 }), kept)
    await site.drive({ id: 'sos-1', profile: 'json.panic-button', params: { topic: 'gate/sos' } })
    // What was kept comes before anything that is published now.
    await bridge.publishAsync('gate/sos', json({ event: 'heartbeat', battery: 89 }), once)
    await waitFor(() => expect(site.seen()).toEqual(['battery 89']))
    for (const id of [2, 2, 2, 3]) await bridge.publishAsync('gate/sos', json({ event: 'alarm', id }), once)
    await waitFor(() => expect(site.seen()).toEqual(['battery 89', 'panic true', 'panic true']))
  })

  test('the last will of a device puts it down, its return puts it up', async () => {
    await using site = await start(open)
    await site.drive({ id: 'plug-1', profile: 'tasmota.plug', params: { topic: 'tasmota_A' } })
    const will = { topic: 'tele/tasmota_A/LWT', payload: Buffer.from('Offline'), ...kept }
    const plug = await site.connect({ will })
    await plug.publishAsync('tele/tasmota_A/LWT', 'Online', kept)
    await plug.publishAsync('tele/tasmota_A/STATE', json({ POWER: 'ON' }), once)
    await plug.publishAsync('tele/tasmota_A/SENSOR', json({ ENERGY: { Power: 42 } }), once)
    await waitFor(() => expect(site.seen()).toEqual(['relay.1 true', 'power.active 42']))
    expect(site.links).toEqual(['plug-1 up'])
    plug.stream.destroy()
    await waitFor(() => expect(site.links).toEqual(['plug-1 up', 'plug-1 down']))
    const again = await site.connect()
    await again.publishAsync('tele/tasmota_A/LWT', 'Online', kept)
    await waitFor(() => expect(site.links).toEqual(['plug-1 up', 'plug-1 down', 'plug-1 up']))
  })

  test('a remote call is answered, shown and verified; a refusal says why', async () => {
    await using site = await start(open)
    const prefix = 'shellyplus1pm-a8032ab12345'
    const driver = await site.drive({ id: 'relay-1', profile: 'shelly.plus-1pm', params: { prefix } })
    const shelly = await site.connect()
    let isLocked = false
    shelly.on('message', (_topic, payload) => {
      const { id, src, params } = JSON.parse(payload.toString())
      const answer = isLocked
        ? { error: { code: -109, message: 'overtemperature' } }
        : { result: { was_on: false } }
      shelly.publish(`${src}/rpc`, json({ id, src: prefix, dst: src, ...answer }))
      const status = { 'switch:0': { id: 0, output: params.on } }
      const notify = { src: prefix, method: 'NotifyStatus', params: { ts: Date.now() / 1000, ...status } }
      if (!isLocked) shelly.publish(`${prefix}/events/rpc`, json(notify))
    })
    await shelly.subscribeAsync(`${prefix}/rpc`)
    const target = { device: 'relay-1', point: 'relay.1' }
    expect(await driver.write(target, true, signal)).toEqual({ readBack: true, verified: true })
    isLocked = true
    await expect(driver.write(target, false, signal)).rejects.toMatchObject({
      ...{ code: 'DEVICE_REFUSED', message: /overtemperature/ },
    })
  })

  test('a test read of a device that nobody added shows what came beside what it means', async () => {
    await using site = await start(open)
    const driver = await site.drive()
    const bridge = await site.connect()
    await bridge.publishAsync('zigbee2mqtt/lab', json({ contact: false, battery: 'full' }), kept)
    const contact = deviceOf({ id: 'new-1', profile: 'zigbee2mqtt.contact', params: { name: 'lab' } })
    const probing = driver.probe(contact, AbortSignal.timeout(1_500))
    const { points } = await probing
    expect(points.find(({ point }) => point === 'door.open')).toMatchObject({ raw: 'false', value: true })
    expect(points.find(({ point }) => point === 'battery')).toMatchObject({
      ...{ raw: '"full"', value: null, reason: '/battery: decode' },
    })
    expect(points.find(({ point }) => point === 'tamper')).toMatchObject({
      reason: 'no message had /tamper in the time of the test',
    })
    expect(site.readings).toEqual([])
    const absent = deviceOf({ id: 'new-2', profile: 'zigbee2mqtt.contact', params: { name: 'nowhere' } })
    await expect(driver.probe(absent, AbortSignal.timeout(300))).rejects.toMatchObject({
      ...{ code: 'DEVICE_TIMEOUT', message: /nothing came on zigbee2mqtt\/nowhere/ },
    })
  })

  test('devices that make themselves known are proposed with the profile that fits, those that are there are not', async () => {
    await using site = await start(open)
    const bridge = await site.connect()
    const switched = { type: 'switch', features: [{ property: 'state' }] }
    await bridge.publishAsync(
      'zigbee2mqtt/bridge/devices',
      json([
        { ieee_address: '0x1', friendly_name: 'hall', definition: { exposes: [{ property: 'smoke' }] } },
        {
          ieee_address: '0x2',
          friendly_name: 'kettle',
          definition: { exposes: [switched, { property: 'power' }] },
        },
        { ieee_address: '0x3', friendly_name: 'cover', definition: { exposes: [{ property: 'position' }] } },
      ]),
      kept,
    )
    const said = { t: 'tasmota_B', mac: 'A4CF12B', md: 'Sonoff S31', rl: [1] }
    await bridge.publishAsync('tasmota/discovery/A4CF12B/config', json(said), kept)
    const config = { stat_t: 'hall/t', dev_cla: 'temperature', unit_of_meas: '°C', name: 'Hall' }
    await bridge.publishAsync('homeassistant/sensor/hall/config', json(config), kept)
    const driver = await site.drive(smoke)
    await bridge.publishAsync('shellyplus1pm-a8032ab12345/online', 'true', kept)
    const proposed = () =>
      driver
        .proposals(discoverable(profiles.values()))
        .map(({ name, profile, instance }) => [name, profile, instance.params])
    await waitFor(() =>
      expect(proposed().toSorted()).toEqual([
        ['Hall', 'homeassistant.sensor', { topic: 'hall/t', quantity: 'temperature' }],
        ['cover', undefined, { base: 'zigbee2mqtt', name: 'cover' }],
        ['kettle', 'zigbee2mqtt.plug', { base: 'zigbee2mqtt', name: 'kettle' }],
        ['shellyplus1pm-a8032ab12345', 'shelly.plus-1pm', { prefix: 'shellyplus1pm-a8032ab12345' }],
        ['tasmota_B', 'tasmota.plug', { topic: 'tasmota_B' }],
      ]),
    )
  })
}
