import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import { startMosquitto } from '../support/mosquitto.ts'
import { describeWith } from '../support/servers.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { TestCloud } from '../support/test-cloud.ts'
import { TestGateway } from '../support/test-gateway.ts'
import { waitFor } from '../support/wait-for.ts'

const id = 'test-campus'
const host = '127.0.0.1'
const title = { zh: '测试', en: 'Test' }

/** A broker with messages of yesterday in it, then a gateway that becomes its client, and a cloud. */
async function start(kept: Readonly<Record<string, unknown>>) {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const broker = parts.use(await startMosquitto())
  const client = await mqtt.connectAsync(broker.url)
  parts.defer(() => client.endAsync(true).then(() => {}))
  const publish = (topic: string, payload: unknown, retain = false) =>
    client.publishAsync(topic, JSON.stringify(payload), { qos: 1, retain })
  for (const [topic, payload] of Object.entries(kept)) await publish(topic, payload, true)

  const token = randomBytes(24).toString('base64url')
  const [httpPort, mqttPort, brokerPort, healthPort] = await Promise.all([
    freePort(host),
    freePort(host),
    freePort(host),
    freePort(host),
  ])
  const cloud = parts.use(
    await TestCloud.start({
      folder: join(folder.path, 'cloud'),
      host,
      httpPort,
      mqttPort,
      gateways: [{ id, token }],
    }),
  )
  const gateway = parts.use(
    await TestGateway.start({
      ...{ id, folder: join(folder.path, 'gateway'), host, brokerPort, healthPort, credentials: [] },
      cloud: { port: mqttPort, caFile: cloud.caFile, token },
      existingBroker: broker,
      devices: [
        { id: 'lux-1', profile: 'zigbee2mqtt.illuminance', params: { name: 'lux-1' } },
        { id: 'smoke-1', profile: 'zigbee2mqtt.smoke', params: { name: 'smoke-1' } },
        { id: 'air-1', profile: 'json.sensor', params: { topic: 'school/air-1' } },
      ],
      rules: [
        { id: 'too-dark', point: 'lux-1/illuminance', below: 300, priority: 3, title },
        { id: 'too-cold', point: 'air-1/temperature', below: 10, priority: 3, title },
      ],
    }),
  )
  const samples = (point: string) =>
    cloud.api.samples(`${id}/${point}`, { from: Date.now() - 86_400_000, to: Date.now() + 60_000 })
  const raised = async () => (await cloud.api.alarms()).map(({ rule }) => rule)
  const running = parts.move()
  return { publish, samples, raised, cloud, gateway, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

describeWith(['mosquitto'], 'devices on a broker that was there before the gateway', () => {
  test('an alarm state that was kept is shown and raises no alarm; the same from the device does', async () => {
    const hourAgo = Date.now() - 3_600_000
    await using site = await start({
      'zigbee2mqtt/lux-1': { illuminance: 100, last_seen: hourAgo },
      'zigbee2mqtt/smoke-1': { smoke: true },
    })
    await waitFor(async () => {
      // With its own time it is good and an hour old; of unknown age it is stale.
      expect(await site.samples('lux-1/illuminance')).toEqual([[hourAgo, 100, 'good']])
      expect(await site.samples('smoke-1/smoke')).toEqual([[expect.any(Number), true, 'stale']])
    })
    // What comes after has been judged after it.
    await site.publish('zigbee2mqtt/lux-1', { battery: 90 })
    await waitFor(async () => expect(await site.samples('lux-1/battery')).toHaveLength(1))
    expect(await site.raised()).toEqual([])

    await site.publish('zigbee2mqtt/lux-1', { illuminance: 100 })
    await waitFor(async () => expect(await site.raised()).toContain('too-dark'))
  })

  test('history keeps its own time and raises no alarm, a message that comes twice is stored once', async () => {
    await using site = await start({})
    const now = Date.now()
    const message = {
      ...{ id: 7, time: now, temperature: 22 },
      history: [
        { time: now - 7_200_000, temperature: 4 },
        { time: now - 3_600_000, temperature: 5 },
      ],
    }
    const expected = [
      [now - 7_200_000, 4, 'good'],
      [now - 3_600_000, 5, 'good'],
      [now, 22, 'good'],
    ]
    // The gateway may still be on its way to the broker: only what it hears can be a duplicate.
    await waitFor(async () => {
      await site.publish('school/air-1', message)
      expect(await site.samples('air-1/temperature')).toEqual(expected)
    })
    await site.publish('school/air-1', message)
    await site.publish('school/air-1', { id: 8, time: now + 1000, temperature: 9 })
    await waitFor(async () => expect(await site.raised()).toEqual(['too-cold']))
    await waitFor(async () =>
      expect(await site.samples('air-1/temperature')).toEqual([...expected, [now + 1000, 9, 'good']]),
    )
    const [alarm] = await site.cloud.api.alarms()
    expect(alarm).toMatchObject({ rule: 'too-cold', raisedAt: new Date(now + 1000).toISOString() })
    expect(await site.gateway.metrics()).toMatch(
      /payloads_refused_total\{device="air-1",reason="duplicate"\} [1-9]/,
    )
  })
})
