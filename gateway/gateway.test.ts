import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createLogger } from '#lib/logger.ts'
import { startAckingCloud } from '../tests/support/acking-cloud.ts'
import { repository } from '../tests/support/program.ts'
import { describeWith } from '../tests/support/servers.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'
import { TestSite } from '../tests/support/test-site.ts'
import { waitFor } from '../tests/support/wait-for.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { loadGateway } from './load-gateway.ts'

const lux = {
  gateway: { id: 'school-a' },
  broker: {
    port: 0,
    credentials: [
      { username: 'lux-1', password: 'secret', publish: ['zigbee2mqtt/#'] },
      { username: 'panel', password: 'secret', publish: ['commands/#'], subscribe: ['#'] },
    ],
  },
  profiles: join(repository, 'device-profiles'),
  devices: [{ id: 'lux-1', profile: 'zigbee2mqtt.illuminance', params: { name: 'lux-1' } }],
  rules: [
    {
      ...{ id: 'lux-low', point: 'lux-1/illuminance', below: 300, hysteresis: 20, priority: 3 },
      title: { en: 'Too dark' },
    },
  ],
  health: { port: 0 },
}

async function start(folder: string, config: object = lux) {
  const file = join(folder, 'gateway.yaml')
  await writeFile(file, stringify(config))
  const { setup, problems } = await loadGateway(file, {})
  if (setup === undefined) throw new Error(JSON.stringify(problems))
  return await startGateway(setup, { log: createLogger({ level: 'silent' }) })
}

async function client(gateway: Gateway, username: string) {
  const it = await mqtt.connectAsync(`mqtt://${gateway.broker}`, {
    username,
    password: 'secret',
    protocolVersion: 4,
  })
  const heard = new Map<string, unknown>()
  it.on('message', (topic, payload) => heard.set(topic, JSON.parse(payload.toString())))
  return Object.assign(it, { heard, [Symbol.asyncDispose]: () => it.endAsync(true) })
}

async function metric(gateway: Gateway, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.healthUrl}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1))
}

test('a sensor’s message becomes a sample, an alarm and a row of the outbox', async () => {
  await using folder = await tempFolder()
  await using gateway = await start(folder.path)
  await using panel = await client(gateway, 'panel')
  await panel.subscribeAsync(['points/#', 'alarms/#'])
  await using sensor = await client(gateway, 'lux-1')
  const t = Date.now() - 5_000
  await sensor.publishAsync('zigbee2mqtt/lux-1', JSON.stringify({ illuminance: 250, last_seen: t }), {
    qos: 1,
  })

  await waitFor(() =>
    expect(panel.heard.get('points/lux-1/illuminance')).toEqual({ t, value: 250, quality: 'good' }),
  )
  expect(panel.heard.get('alarms/lux-low')).toMatchObject({ state: 'raised', value: 250, at: t })
  await gateway.flush()
  expect(await metric(gateway, 'gateway_backlog_samples{lane="backfill"}')).toBe(1)
  // The link that came up, and the alarm.
  expect(await metric(gateway, 'gateway_backlog_samples{lane="events"}')).toBe(2)
  expect(await (await fetch(`${gateway.healthUrl}/health`)).json()).toMatchObject({
    status: 'degraded',
    problems: ['uplink: no cloud is configured'],
    devices: { total: 1, up: 1, down: 0, notUp: [] },
    alarms: { active: 1 },
  })
})

test('garbage and an unknown device are counted and cost nobody anything', async () => {
  await using folder = await tempFolder()
  await using gateway = await start(folder.path)
  await using sensor = await client(gateway, 'lux-1')
  await sensor.publishAsync('zigbee2mqtt/lux-1', '{"illuminance":', { qos: 1 })
  await sensor.publishAsync('zigbee2mqtt/lux-9', '{"illuminance":1}', { qos: 1 })
  await sensor.publishAsync('zigbee2mqtt/lux-1', '{"illuminance":400}', { qos: 1 })
  await waitFor(async () => expect(await metric(gateway, 'gateway_samples_total')).toBe(1))
  expect(await metric(gateway, 'gateway_payloads_refused_total{device="lux-1",reason="not-json"}')).toBe(1)
  expect(await metric(gateway, 'gateway_mqtt_unclaimed_total')).toBe(1)
})

test('what was measured and what was raised survives a restart', async () => {
  await using folder = await tempFolder()
  {
    await using gateway = await start(folder.path)
    await using sensor = await client(gateway, 'lux-1')
    await sensor.publishAsync('zigbee2mqtt/lux-1', '{"illuminance":250}', { qos: 1 })
    await waitFor(async () => expect(await metric(gateway, 'gateway_alarms_active')).toBe(1))
  }
  await using again = await start(folder.path)
  expect(await metric(again, 'gateway_alarms_active')).toBe(1)
  expect(await metric(again, 'gateway_backlog_samples{lane="backfill"}')).toBe(1)
})

test('a command from the campus to an unknown point is answered', async () => {
  await using folder = await tempFolder()
  await using gateway = await start(folder.path)
  await using panel = await client(gateway, 'panel')
  await panel.subscribeAsync('commands/+/+/result')
  await panel.publishAsync('commands/lux-1/illuminance', '{"value":1,"id":"a"}')
  await waitFor(() =>
    expect(panel.heard.get('commands/lux-1/illuminance/result')).toMatchObject({
      id: 'a',
      state: 'rejected',
      code: 'POINT_NOT_WRITABLE',
    }),
  )
})

test('a command from the campus switches a relay on the Modbus line and is read back', async () => {
  await using folder = await tempFolder()
  const relay = { id: 'relay-1', profile: 'waveshare.relay8', bus: 'plant', unit: 1 }
  await using site = await TestSite.start({ folder: folder.path, devices: [relay] })
  const buses = [{ id: 'plant', protocol: 'modbus-tcp', host: '127.0.0.1', port: site.modbusPort }]
  await using gateway = await start(folder.path, { ...lux, buses, devices: [relay], rules: [] })
  await using panel = await client(gateway, 'panel')
  await panel.subscribeAsync(['points/#', 'commands/+/+/result'])
  await waitFor(() => expect(panel.heard.get('points/relay-1/relay.3')).toMatchObject({ quality: 'good' }))

  await panel.publishAsync('commands/relay-1/relay.3', '{"value":true,"id":"on"}')
  await waitFor(() =>
    expect(panel.heard.get('commands/relay-1/relay.3/result')).toMatchObject({
      ...{ id: 'on', state: 'done', verified: true, readBack: true },
    }),
  )
  expect(panel.heard.get('points/relay-1/relay.3')).toMatchObject({ value: true })
})

test('a question that comes before the devices are there is answered when they are', async () => {
  await using folder = await tempFolder()
  await using cloud = await startAckingCloud()
  const inFolder = (name: string) => join(folder.path, name)
  await writeFile(inFolder('ca.pem'), cloud.ca)
  await writeFile(inFolder('token'), 'secret')
  // Reading the state of the alarms, which starting the devices begins with, waits until somebody writes into this pipe.
  await mkdir(inFolder('data'))
  const alarms = join(inFolder('data'), 'alarms.json')
  await promisify(execFile)('mkfifo', [alarms])
  const url = `mqtts://127.0.0.1:${cloud.port}`
  const starting = start(folder.path, { ...lux, cloud: { url, caFile: './ca.pem', tokenFile: './token' } })
  await waitFor(() => expect(cloud.states.length).toBeGreaterThan(0))
  cloud.request('school-a', { v: 1, id: randomUUID(), expiresAt: Date.now() + 30_000, kind: 'buses' })
  await writeFile(alarms, JSON.stringify({ v: 1, active: [] }))
  await using _gateway = await starting
  await waitFor(() =>
    expect(cloud.replies).toMatchObject([{ ok: true, last: true, body: { kind: 'buses' } }]),
  )
})

test('on IPv6 it works the same', async () => {
  await using folder = await tempFolder()
  const config = { ...lux, broker: { ...lux.broker, host: '::1' }, health: { host: '::1', port: 0 } }
  await using gateway = await start(folder.path, config)
  expect(gateway.broker).toMatch(/^\[::1\]:\d+$/)
  await using sensor = await client(gateway, 'lux-1')
  await sensor.publishAsync('zigbee2mqtt/lux-1', '{"illuminance":400}', { qos: 1 })
  await waitFor(async () => expect(await metric(gateway, 'gateway_samples_total')).toBe(1))
})

test('a port that is taken stops the start and leaves nothing open', async () => {
  await using folder = await tempFolder()
  await using first = await start(folder.path)
  await using other = await tempFolder()
  const port = Number(first.broker.split(':').at(-1))
  const taken = { ...lux, broker: { ...lux.broker, port } }
  await expect(start(other.path, taken)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  // The outbox of the failed start is closed: the same folder can be opened at once.
  await using second = await start(other.path)
  expect(second.broker).not.toBe(first.broker)
})

describeWith(['mosquitto_pub'], 'a client nobody here wrote', () => {
  test('mosquitto_pub is heard, and told when its password is wrong', async () => {
    await using folder = await tempFolder()
    await using gateway = await start(folder.path)
    const [host = '', port = ''] = gateway.broker.split(':')
    const publish = (password: string) => {
      const args = [
        '-h',
        host,
        '-p',
        port,
        '-u',
        'lux-1',
        '-P',
        password,
        '-q',
        '1',
        '-t',
        'zigbee2mqtt/lux-1',
      ]
      return new Promise<{ code: number | null; stderr: string }>((resolve) => {
        const child = spawn('mosquitto_pub', [...args, '-m', '{"illuminance":400}'])
        let stderr = ''
        child.stderr.on('data', (data: Buffer) => {
          stderr += data.toString()
        })
        child.on('close', (code) => resolve({ code, stderr }))
      })
    }
    expect(await publish('secret')).toEqual({ code: 0, stderr: '' })
    await waitFor(async () => expect(await metric(gateway, 'gateway_samples_total')).toBe(1))
    const refused = await publish('wrong')
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/bad user name or password/i)
    expect(await metric(gateway, 'gateway_mqtt_refused_total{reason="login"}')).toBe(1)
  })
})
