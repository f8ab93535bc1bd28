import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { expect, test } from 'vitest'
import type { EventsMessage } from '#contract/events.ts'
import { encodeJson } from '#contract/messages.ts'
import { upTopic } from '#contract/topics.ts'
import { ApiClient } from '../support/api-client.ts'
import { mosquittoPub } from '../support/mosquitto.ts'
import { run } from '../support/program.ts'
import { describeWith } from '../support/servers.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

/** A neighbour's values go on arriving: nothing that happened before this call has stopped them. */
async function expectLive(campus: Campus): Promise<void> {
  const from = Date.now()
  await waitFor(async () => {
    const samples = await campus.cloud.api.samples(campus.pointId('lux-1/illuminance'), {
      from,
      to: Date.now(),
    })
    expect(samples.length).toBeGreaterThan(0)
  })
}

/** Sum of a counter over all its labels that fit. */
function counted(metrics: string, name: string, label = ''): number {
  const lines = metrics.split('\n').filter((line) => line.startsWith(name) && line.includes(label))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

const neighbour = lux('lux-1', {
  interval: '200ms',
  signals: { illuminance: { gen: 'count', start: 1, step: 1, wrap: 100_000 } },
})
const victim = lux('lux-2', { isForeign: true })

describeWith(['mosquitto_pub'], 'bad input on the broker of the gateway', () => {
  test('garbage, an unknown device and a wrong password are refused, counted and harm nobody', async () => {
    await using campus = await startCampus({ devices: [neighbour, victim] })
    const publish = (topic: string, payload: unknown, login = campus.mqttLogin) =>
      mosquittoPub({ broker: campus.gateway.brokerUrl, login, topic, payload })

    const garbage = [Buffer.from([0, 255, 254]), '{"illuminance":', 'x'.repeat(20_000), '[]', '"text"', '']
    for (const payload of garbage)
      expect(await publish('zigbee2mqtt/lux-2', payload)).toMatchObject({ status: 0 })
    await publish('zigbee2mqtt/lux-2', { illuminance: 'bright' })
    await publish('zigbee2mqtt/nobody', { illuminance: 5 })
    const wrong = await publish(
      'zigbee2mqtt/lux-2',
      { illuminance: 5 },
      { username: 'devices', password: 'wrong' },
    )
    expect(wrong.status).not.toBe(0)
    expect(wrong.errors).toMatch(/[Nn]ot authorised|bad user name or password/i)
    const forbidden = await publish('points/lux-1/illuminance', { value: 1 })
    expect(forbidden.status).not.toBe(0)

    await expectLive(campus)
    const metrics = await campus.gateway.metrics()
    // `bright` is the right message with a wrong value, and so a bad reading instead.
    expect(counted(metrics, 'gateway_payloads_refused_total', 'device="lux-2"')).toBe(garbage.length)
    expect(counted(metrics, 'gateway_payloads_refused_total', 'reason="not-an-object"')).toBe(2)
    expect(counted(metrics, 'gateway_mqtt_refused_total', 'reason="login"')).toBe(1)
    expect(counted(metrics, 'gateway_mqtt_refused_total', 'reason="publish"')).toBe(1)
    // Said, but not over and over.
    const lines = campus.gateway.program.output.split('\n').filter((line) => line.includes('payload refused'))
    expect(lines.length).toBeGreaterThanOrEqual(1)
    expect(lines.length).toBeLessThan(garbage.length)
    const from = Date.now() - 60_000
    const stored = await campus.cloud.api.samples(campus.pointId('lux-2/illuminance'), {
      from,
      to: Date.now(),
    })
    expect(stored.filter(([, , quality]) => quality === 'good')).toEqual([])
  })
})

async function connectAs(campus: Campus, gateway: string, token: string): Promise<MqttClient> {
  return connectAsync(`mqtts://127.0.0.1:${campus.cloud.mqttPort}`, {
    protocolVersion: 4,
    clientId: `${gateway}-intruder`,
    username: gateway,
    password: token,
    ca: await readFile(campus.cloud.caFile),
    reconnectPeriod: 0,
  })
}

test('at the cloud a wrong token and a forged topic of another gateway are refused and harm nobody', async () => {
  const intruder = { id: 'intruder', token: 'the-intruder-has-a-token-of-its-own' }
  await using campus = await startCampus({ devices: [neighbour], otherGateways: [intruder] })

  await expect(connectAs(campus, campus.gatewayId, 'wrong-token-of-the-right-length')).rejects.toThrow(
    /[Nn]ot authorized|Bad username/i,
  )

  const client = await connectAs(campus, intruder.id, intruder.token)
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  const forged: EventsMessage = {
    v: 1,
    epoch: 1,
    firstSeq: 1,
    events: [{ kind: 'link', device: 'lux-1', state: 'down', at: Date.now() }],
  }
  client.publish(upTopic(campus.gatewayId, 'events'), encodeJson(forged) as Buffer, { qos: 1 })
  await closed
  client.end(true)

  const listener = await connectAs(campus, intruder.id, intruder.token)
  const grants = await listener.subscribeAsync(`campus/v1/${campus.gatewayId}/down/#`).catch(() => [])
  expect(grants.filter(({ qos }) => qos !== 128)).toEqual([])
  // Its own topic with bytes that mean nothing: refused, and the session of the other one stands.
  for (const channel of ['events', 'live', 'backfill', 'state'] as const) {
    listener.publish(upTopic(intruder.id, channel), Buffer.from([1, 2, 3, 255]), { qos: 1 })
  }
  await waitFor(async () => {
    const metrics = await campus.cloud.metrics()
    expect(counted(metrics, 'campus_gateway_refused_total', 'what="login"')).toBe(1)
    expect(counted(metrics, 'campus_gateway_refused_total', 'what="publish"')).toBe(1)
    expect(counted(metrics, 'campus_ingest_messages_total', 'outcome="invalid"')).toBeGreaterThanOrEqual(3)
  })
  listener.end(true)
  const { streams } = await campus.cloud.api.ledger(campus.gatewayId)
  expect(streams.filter(({ epoch }) => epoch === 1)).toEqual([])
  await expectLive(campus)
})

test('a wrong password of a person is refused with a clear error', async () => {
  await using campus = await startCampus({ devices: [neighbour] })
  const stranger = new ApiClient(campus.cloud.origin)
  await expect(stranger.login('admin', 'wrong')).rejects.toThrow(/401.*LOGIN_FAILED/)
  await expect(stranger.devices()).rejects.toThrow(/401.*UNAUTHENTICATED/)
  await expectLive(campus)
})

test('a configuration with five mistakes lists all five with their place and starts nothing', async () => {
  await using folder = await tempFolder()
  await mkdir(folder.file('profiles'))
  const file = folder.file('gateway.yaml')
  await writeFile(
    file,
    `gateway: { id: School A }
data: ./data
broker: { port: 99999 }
buses:
  - { id: plant, protocol: modbus-udp, host: 127.0.0.1 }
devices:
  - { id: meter-1, profile: eastron.sdm630, bus: plant, unti: 1 }
outbox: { diskBudget: lots }
`,
  )
  const result = await run({ name: 'gateway', args: ['gateway/main.ts', '--config', file] })
  expect(result.code).toBe(2)
  for (const [line, path] of [
    [1, 'gateway.id'],
    [3, 'broker.port'],
    [5, 'buses[0].protocol'],
    [7, 'devices[0].unti'],
    [8, 'outbox.diskBudget'],
  ] as const) {
    expect(result.output).toContain(`gateway.yaml:${line}: ${path}`)
  }
  expect(result.output).toMatch(/\b5 problems\b/)
})

test('a profile with an unknown key is named with file, line and key', async () => {
  await using folder = await tempFolder()
  const profiles = folder.file('profiles/mqtt')
  await mkdir(profiles, { recursive: true })
  const good = await readFile('device-profiles/mqtt/zigbee2mqtt.illuminance.yaml', 'utf8')
  await writeFile(
    join(profiles, 'zigbee2mqtt.illuminance.yaml'),
    good.replace(/^category:/m, 'colour: red\ncategory:'),
  )
  const file = folder.file('gateway.yaml')
  await writeFile(
    file,
    `gateway: { id: school-a }
profiles: ./profiles
devices: [{ id: lux-1, profile: zigbee2mqtt.illuminance, params: { name: lux-1 } }]
`,
  )
  const result = await run({ name: 'gateway', args: ['gateway/main.ts', '--config', file, '--check'] })
  expect(result.code).toBe(2)
  const line = good.split('\n').findIndex((one) => one.startsWith('category:')) + 1
  expect(result.output).toMatch(new RegExp(`zigbee2mqtt\\.illuminance\\.yaml:${line}.*colour.*unknown key`))
})
