import { connect as connectTcp } from 'node:net'
import mqtt, { type MqttClient } from 'mqtt'
import { describe, expect, test } from 'vitest'
import { hostPort } from '#lib/host-port.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { connectExistingBroker } from './existing-broker.ts'
import { type Address, openLocalBroker, type RefusalReason } from './local-broker.ts'
import type { LocalMessage } from './local-bus.ts'

const credentials = [
  { username: 'lux-1', password: 'right', publish: ['z/#'], subscribe: ['z/+/set'] },
  { username: 'flows', password: 'flows', publish: ['commands/#', 'z/#'], subscribe: ['#'] },
]

async function startBroker(host = '127.0.0.1', onUnclaimed = () => {}) {
  const lines: Record<string, unknown>[] = []
  const refused: RefusalReason[] = []
  const broker = await openLocalBroker({
    host,
    port: 0,
    credentials,
    maxPacketBytes: 10_000,
    maxConnections: 50,
    maxRetained: 3,
    log: createLogger({ level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line)) }),
    onRefused: (reason) => refused.push(reason),
    onUnclaimed,
  })
  const address = await broker.listen()
  return { broker, address, lines, refused, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() }
}

async function client({ host, port }: Address, username: string, password = 'right', clientId = 'one') {
  const it = await mqtt.connectAsync(
    `mqtt://${hostPort(host, port)}`,
    { username, password, clientId, protocolVersion: 4, reconnectPeriod: 0 },
    false,
  )
  it.on('error', () => {})
  return Object.assign(it, { [Symbol.asyncDispose]: () => it.endAsync(true) })
}

function closed(it: MqttClient): Promise<void> {
  return new Promise((resolve) => it.once('close', () => resolve()))
}

describe.each(['127.0.0.1', '::1'])('on %s', (host) => {
  test('a device publishes, the gateway hears it and answers', async () => {
    await using site = await startBroker(host)
    const heard: LocalMessage[] = []
    site.broker.subscribe('z/+', (message) => heard.push(message))
    await using device = await client(site.address, 'lux-1')
    const answers: string[] = []
    device.on('message', (_topic, payload) => answers.push(payload.toString()))
    await device.subscribeAsync('z/lux-1/set')

    await device.publishAsync('z/lux-1', '{"illuminance":300}', { qos: 1 })
    await waitFor(() => expect(heard).toHaveLength(1))
    expect(heard[0]).toMatchObject({ topic: 'z/lux-1', retained: false })
    expect(Buffer.from(heard[0]?.payload ?? []).toString()).toBe('{"illuminance":300}')

    await site.broker.publish('z/lux-1/set', 'on', { qos: 1 })
    await waitFor(() => expect(answers).toEqual(['on']))
  })
})

test('a wrong password is refused with a reason, counted, and logged once a minute per source', async () => {
  await using site = await startBroker()
  for (let i = 0; i < 3; i++) {
    await expect(client(site.address, 'lux-1', 'wrong')).rejects.toMatchObject({ code: 4 })
  }
  expect(site.refused).toEqual(['login', 'login', 'login'])
  const logged = site.lines.filter((line) => line.reason === 'login')
  expect(logged).toHaveLength(1)
  expect(JSON.stringify(site.lines)).not.toContain('wrong')
})

test('a topic that is not allowed closes that client and nobody else', async () => {
  await using site = await startBroker()
  const heard: string[] = []
  site.broker.subscribe('#', (message) => heard.push(message.topic))
  await using neighbour = await client(site.address, 'flows', 'flows')
  await using device = await client(site.address, 'lux-1')
  const gone = closed(device)
  device.publish('points/meter-1/power', '1', { qos: 1 })
  await gone
  expect(site.refused).toEqual(['publish'])
  await neighbour.publishAsync('z/x', '1', { qos: 1 })
  await waitFor(() => expect(heard).toContain('z/x'))
  expect(heard).not.toContain('points/meter-1/power')
})

test('who listens later in the gateway is told what was kept, marked, and then what happens', async () => {
  await using site = await startBroker()
  await using device = await client(site.address, 'lux-1')
  await device.publishAsync('z/a', 'kept', { qos: 1, retain: true })
  await device.publishAsync('z/b', 'kept', { qos: 1, retain: true })
  await device.publishAsync('z/b', '', { qos: 1, retain: true })
  await device.publishAsync('z/c', 'passed by', { qos: 1 })
  const heard: string[] = []
  const since: (number | undefined)[] = []
  const published = Date.now()
  const end = site.broker.subscribe('z/+', ({ topic, payload, retained, keptSince }) => {
    heard.push(`${topic} ${Buffer.from(payload).toString()} ${retained}`)
    since.push(keptSince)
  })
  await waitFor(() => expect(heard).toEqual(['z/a kept true']))
  await device.publishAsync('z/a', 'news', { qos: 1, retain: true })
  await waitFor(() => expect(heard).toEqual(['z/a kept true', 'z/a news false']))
  expect(since).toEqual([expect.any(Number), undefined])
  expect(since[0]).toBeLessThanOrEqual(published)
  end()
  const never: LocalMessage[] = []
  site.broker.subscribe('z/#', (message) => never.push(message))()
  await device.publishAsync('z/a', 'again', { qos: 1 })
  expect(never).toEqual([])
  expect(heard).toHaveLength(2)
})

test.each([
  'shellies/announce',
  'tasmota/discovery/A4CF12FFFFFF/config',
  'homeassistant/sensor/a/temperature/config',
])('%s is heard from a device that may not publish there, by the gateway alone', async (topic) => {
  await using site = await startBroker()
  const heard: LocalMessage[] = []
  site.broker.subscribe(topic, (message) => heard.push(message))
  await using neighbour = await client(site.address, 'flows', 'flows')
  const overheard: string[] = []
  neighbour.on('message', (to) => overheard.push(to))
  await neighbour.subscribeAsync('#')
  await using device = await client(site.address, 'lux-1')
  await device.publishAsync(topic, '{"id":"x"}', { qos: 1, retain: true })
  await device.publishAsync('z/lux-1', 'still here', { qos: 1 })
  await waitFor(() => expect(overheard).toContain('z/lux-1'))
  expect(overheard).toEqual(['z/lux-1'])
  expect(heard).toMatchObject([{ topic, retained: false }])
  expect(site.refused).toEqual([])
})

test('a subscription wider than allowed is refused', async () => {
  await using site = await startBroker()
  await using device = await client(site.address, 'lux-1')
  const granted = await device.subscribeAsync('#').catch((error: unknown) => error)
  expect(JSON.stringify(granted)).toContain('128')
  expect(site.refused).toEqual(['subscribe'])
})

test('garbage and oversized packets cost only their own connection', async () => {
  await using site = await startBroker()
  await using neighbour = await client(site.address, 'flows', 'flows')
  const garbage = connectTcp(site.address)
  garbage.on('error', () => {})
  garbage.write(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20)))
  await new Promise((resolve) => garbage.once('close', resolve))

  await using device = await client(site.address, 'lux-1')
  const gone = closed(device)
  device.publish('z/lux-1', Buffer.alloc(20_000), { qos: 0 })
  await gone
  await neighbour.publishAsync('z/x', '1', { qos: 1 })
  expect(neighbour.connected).toBe(true)
  expect(site.refused).toContain('protocol')
})

test('two credentials with the same client id do not throw each other out', async () => {
  await using site = await startBroker()
  await using one = await client(site.address, 'lux-1', 'right', 'same')
  await using two = await client(site.address, 'flows', 'flows', 'same')
  await two.publishAsync('z/x', '1', { qos: 1 })
  await one.publishAsync('z/x', '1', { qos: 1 })
  expect([one.connected, two.connected]).toEqual([true, true])
})

test('retained topics are bounded', async () => {
  await using site = await startBroker()
  await using device = await client(site.address, 'lux-1')
  for (let i = 0; i < 5; i++) await device.publishAsync(`z/${i}`, 'x', { qos: 1, retain: true })
  await using flows = await client(site.address, 'flows', 'flows')
  const kept: string[] = []
  flows.on('message', (topic) => kept.push(topic))
  await flows.subscribeAsync('z/#')
  await waitFor(() => expect(kept.sort()).toEqual(['z/0', 'z/1', 'z/2']))
  expect(site.refused).toEqual(['retained-limit', 'retained-limit'])
})

test('stopping closes every connection, also one that never said a word', async () => {
  const { broker, address } = await startBroker()
  const mute = connectTcp(address)
  const gone = new Promise((resolve) => mute.once('close', resolve))
  await new Promise((resolve) => mute.once('connect', resolve))
  await broker[Symbol.asyncDispose]()
  await gone
})

test.each([0, 1, 2, 3, 4])(
  'what a device was told has arrived was heard, also when the broker stops (%i)',
  async (n) => {
    await using site = await startBroker()
    const heard = new Set<string>()
    site.broker.subscribe('z/+', ({ payload }) => heard.add(Buffer.from(payload).toString()))
    await using device = await client(site.address, 'lux-1')
    const acknowledged = new Set<string>()
    let stopped: Promise<void> | undefined
    for (let i = 0; i < 200; i++) {
      device.publish('z/lux-1', `${i}`, { qos: 1 }, (error) => {
        if (!error) acknowledged.add(`${i}`)
      })
    }
    device.on('packetreceive', ({ cmd }) => {
      if (cmd === 'puback' && acknowledged.size >= n * 10) stopped ??= site.broker.close()
    })
    await closed(device)
    await stopped
    expect(acknowledged.size).toBeGreaterThan(0)
    expect([...acknowledged].filter((one) => !heard.has(one))).toEqual([])
  },
)

test('a broker that stops says nothing in the name of its devices', async () => {
  await using site = await startBroker()
  const heard: LocalMessage[] = []
  site.broker.subscribe('z/+', (message) => heard.push(message))
  const will = { topic: 'z/lux-1', payload: Buffer.from('offline'), qos: 1, retain: false } as const
  const options = { username: 'lux-1', password: 'right', clientId: 'one', protocolVersion: 4, will } as const
  const { host, port } = site.address
  const device = await mqtt.connectAsync(`mqtt://${hostPort(host, port)}`, { ...options, reconnectPeriod: 0 })
  const gone = closed(device)
  await site.broker.close()
  await gone
  expect(heard).toEqual([])
})

test('the gateway as client of an existing broker: retained is marked, a lost broker is found again', async () => {
  const first = await startBroker()
  const { host, port } = first.address
  await using device = await client(first.address, 'lux-1')
  await device.publishAsync('z/lux-1', 'old', { qos: 1, retain: true })

  await using bus = await connectExistingBroker({
    url: `mqtt://${hostPort(host, port)}`,
    clientId: 'gateway',
    username: 'flows',
    password: 'flows',
    log: createLogger({ level: 'silent' }),
  })
  const states: boolean[] = []
  const heard: string[] = []
  bus.watch((up) => states.push(up))
  bus.subscribe('z/+', (message) => heard.push(`${Buffer.from(message.payload)} ${message.retained}`))
  await waitFor(() => expect(heard).toEqual(['old true']))
  await device.publishAsync('z/lux-1', 'new', { qos: 1 })
  await waitFor(() => expect(heard).toEqual(['old true', 'new false']))

  await first[Symbol.asyncDispose]()
  await waitFor(() => expect(states.at(-1)).toBe(false))
  await expect(bus.publish('z/lux-1/set', 'x')).rejects.toMatchObject({ code: 'LINK_DOWN' })

  await using second = await openLocalBroker({
    host,
    port,
    credentials,
    maxPacketBytes: 10_000,
    maxConnections: 50,
    maxRetained: 3,
    log: createLogger({ level: 'silent' }),
  })
  await second.listen()
  await waitFor(() => expect(states.at(-1)).toBe(true))
  await using again = await client({ host, port }, 'lux-1')
  await waitFor(async () => {
    await again.publishAsync('z/lux-1', 'back', { qos: 1 })
    expect(heard.at(-1)).toBe('back false')
  })
})

test('a message that nothing listens to is counted and logged: most often a device nobody configured', async () => {
  let unclaimed = 0
  await using site = await startBroker(undefined, () => unclaimed++)
  site.broker.subscribe('z/lux-1', () => {})
  await using device = await client(site.address, 'lux-1')
  await device.publishAsync('z/lux-1', '1', { qos: 1 })
  await device.publishAsync('z/lux-9', '1', { qos: 1 })
  await device.publishAsync('z/lux-9', '1', { qos: 1 })
  await waitFor(() => expect(unclaimed).toBe(2))
  expect(site.lines.filter(({ topic }) => topic === 'z/lux-9')).toHaveLength(1)
})

test('a port that is taken is an error to the caller', async () => {
  await using site = await startBroker()
  await using second = await openLocalBroker({
    ...{ ...site.address, credentials, maxPacketBytes: 1, maxConnections: 1, maxRetained: 1 },
    log: createLogger({ level: 'silent' }),
  })
  await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
