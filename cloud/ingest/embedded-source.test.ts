import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import mqtt from 'mqtt'
import { expect, test, vi } from 'vitest'
import { encodeJson } from '#contract/messages.ts'
import { allDownTopics, upTopic } from '#contract/topics.ts'
import { batchOf, startTestIngest, storedSeqs, tokenOf } from '../../tests/support/test-ingest.ts'
import { waitFor } from '../../tests/support/wait-for.ts'

// Real sockets and fsyncs, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const epoch = 1_700_000_000 * 65_536
const range = (firstSeq: number, lastSeq = firstSeq) => ({
  stream: 'telemetry' as const,
  epoch,
  firstSeq,
  lastSeq,
})

test.each([
  ['a wrong token', { password: 'wrong' }],
  ['no password', { password: undefined }],
  ['the token of another gateway', { password: tokenOf('school-b') }],
  ['a name that is no gateway id', { username: '../school-a' }],
  ['nothing', { username: undefined, password: undefined }],
])('%s is refused, counted and logged without the token', async (_what, change) => {
  await using ingest = await startTestIngest()
  await expect(ingest.connect('school-a', change as object)).rejects.toMatchObject({ code: 4 })
  expect(await ingest.count('campus_gateway_refused_total', { what: 'login' })).toBe(1)
  const line = ingest.logs.find(({ msg }) => msg === 'gateway refused')
  expect(line).toMatchObject({ what: 'login', remote: '127.0.0.1' })
  expect(JSON.stringify(ingest.logs)).not.toContain('token of')
  expect(await ingest.count('campus_gateway_sessions')).toBe(0)
})

test('when logins can not be checked a gateway is told to come again', async () => {
  await using ingest = await startTestIngest({
    authenticate: () => Promise.reject(new Error('database away')),
  })
  await expect(ingest.connect('school-a')).rejects.toMatchObject({ code: 3 })
})

test('a forged topic is not acknowledged, ends that session only, and is named in the log', async () => {
  await using ingest = await startTestIngest()
  await using victim = await ingest.connect('school-b')
  await using forger = await ingest.connect('school-a')
  let acknowledged = false
  forger.client
    .publishAsync(upTopic('school-b', 'live'), Buffer.from(batchOf(epoch, 1)), { qos: 1 })
    .then(() => {
      acknowledged = true
    })
    .catch(() => {})
  await forger.closed
  expect(acknowledged).toBe(false)
  expect(ingest.logs.find(({ what }) => what === 'publish')).toMatchObject({
    msg: 'gateway refused',
    gateway: 'school-a',
    topic: 'campus/v1/school-b/up/live',
  })
  expect(await ingest.count('campus_gateway_refused_total', { what: 'publish' })).toBe(1)
  await victim.publish('live', batchOf(epoch, 2))
  await victim.acknowledged(range(2))
  expect(await storedSeqs(ingest.telemetry, 'school-b')).toEqual([2])
})

test('a gateway hears its own topics only', async () => {
  await using ingest = await startTestIngest()
  await using spy = await ingest.connect('school-a')
  await using other = await ingest.connect('school-b')
  const heard: string[] = []
  spy.client.on('message', (topic) => void heard.push(topic))
  for (const filter of ['#', 'campus/v1/+/down/ack', 'campus/v1/school-b/down/ack', 'campus/v1/+/up/+']) {
    await expect(spy.client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow()
  }
  await other.publish('live', batchOf(epoch, 1))
  await other.acknowledged(range(1))
  await spy.publish('live', batchOf(epoch, 1))
  await spy.acknowledged(range(1))
  expect(new Set(heard)).toEqual(new Set(['campus/v1/school-a/down/ack']))
  expect(await ingest.count('campus_gateway_refused_total', { what: 'subscribe' })).toBe(4)
})

test('a second session of a gateway replaces the first, whatever client ids they use; others keep theirs', async () => {
  const connections: [string, boolean][] = []
  await using ingest = await startTestIngest({
    hooks: { onConnection: (gateway, connected) => void connections.push([gateway, connected]) },
  })
  await using other = await ingest.connect('school-b', { clientId: 'same' })
  await using first = await ingest.connect('school-a', { clientId: 'same' })
  await using second = await ingest.connect('school-a', { clientId: 'another' })
  await first.closed
  await second.publish('live', batchOf(epoch, 1))
  await second.acknowledged(range(1))
  expect(other.client.connected).toBe(true)
  expect(await ingest.count('campus_gateway_takeovers_total')).toBe(1)
  expect(await ingest.count('campus_gateway_sessions')).toBe(2)
  expect(connections).toEqual([
    ['school-b', true],
    ['school-a', true],
    ['school-a', false],
    ['school-a', true],
  ])
})

const willOf = (startedAt: number) => ({
  topic: upTopic('school-a', 'state'),
  payload: Buffer.from(encodeJson({ v: 1, kind: 'death', startedAt, clean: false })),
  qos: 1 as const,
  retain: false,
})

test('a second machine with the same identity is refused, and told of once both are known to live', async () => {
  const twins: object[] = []
  const connections: boolean[] = []
  await using ingest = await startTestIngest({
    hooks: {
      onTwin: (gateway, addresses) => void twins.push({ gateway, ...addresses }),
      onConnection: (_gateway, connected) => void connections.push(connected),
    },
  })
  await using first = await ingest.connect('school-a', { will: willOf(1) })
  const second = () => ingest.connect('school-a', { will: willOf(2) })
  await expect(second()).rejects.toMatchObject({ code: 2 })
  expect(twins).toEqual([])
  await first.publish('live', batchOf(epoch, 1))
  await expect(second()).rejects.toMatchObject({ code: 2 })
  expect(twins).toEqual([{ gateway: 'school-a', connected: '127.0.0.1', refused: '127.0.0.1' }])
  expect(await ingest.count('campus_gateway_refused_total', { what: 'twin' })).toBe(2)
  expect(await ingest.count('campus_gateway_takeovers_total')).toBe(0)
  // The first is none the wiser: same connection, and it is served.
  await first.publish('live', batchOf(epoch, 2))
  await first.acknowledged(range(1, 2))
  expect(connections).toEqual([true])
})

test('a restarted gateway has its session as soon as the old connection is closed or was silent for a keep-alive', async () => {
  await using ingest = await startTestIngest()
  const closed = await ingest.connect('school-a', { will: willOf(1) })
  closed.client.stream.destroy()
  // No timers, no pings: open and dead, as after a cut that no packet tells of.
  const timerVariant = { set: () => 0, clear: () => {} }
  const silence = { will: willOf(2), keepalive: 2, timerVariant }
  await using _silent = await waitFor(() => ingest.connect('school-a', silence))
  const silentSince = performance.now()
  await expect(ingest.connect('school-a', { will: willOf(3) })).rejects.toMatchObject({ code: 2 })
  await using _third = await waitFor(() => ingest.connect('school-a', { will: willOf(3) }), { everyMs: 50 })
  expect(performance.now() - silentSince).toBeGreaterThan(1_900)
  // The dead one was still there: it did not end by itself.
  expect(await ingest.count('campus_gateway_takeovers_total')).toBe(1)
})

test('the will of a session that breaks is handed on before its end; a forged will is not', async () => {
  const heard: string[] = []
  await using ingest = await startTestIngest({
    hooks: {
      onState: (gateway, message) => void heard.push(`${gateway} ${message.kind}`),
      onConnection: (gateway, connected) => void heard.push(`${gateway} ${connected}`),
    },
  })
  const payload = Buffer.from(JSON.stringify({ v: 1, kind: 'death', startedAt: 1, clean: false }))
  const will = (gateway: string) => ({
    topic: upTopic(gateway, 'state'),
    payload,
    qos: 1 as const,
    retain: false,
  })
  await using honest = await ingest.connect('school-a', { will: will('school-a') })
  await using forger = await ingest.connect('school-b', { will: will('school-a') })
  honest.client.stream.destroy()
  await waitFor(() => expect(heard.at(-1)).toBe('school-a false'))
  forger.client.stream.destroy()
  await waitFor(() => expect(heard.at(-1)).toBe('school-b false'))
  expect(heard).toEqual([
    'school-a true',
    'school-b true',
    'school-a death',
    'school-a false',
    'school-b false',
  ])
})

test('stopping the cloud is no death of its gateways', async () => {
  const heard: string[] = []
  const ingest = await startTestIngest({
    hooks: {
      onState: (_gateway, message) => void heard.push(message.kind),
      onConnection: (_gateway, connected) => void heard.push(String(connected)),
    },
  })
  const payload = Buffer.from(JSON.stringify({ v: 1, kind: 'death', startedAt: 1, clean: false }))
  await using gateway = await ingest.connect('school-a', {
    will: { topic: upTopic('school-a', 'state'), payload, qos: 1, retain: false },
  })
  await ingest[Symbol.asyncDispose]()
  await gateway.closed
  expect(heard).toEqual(['true'])
})

test('a command reaches the gateway that is there, and nobody when it is away', async () => {
  await using ingest = await startTestIngest()
  await using gateway = await ingest.connect('school-a')
  const command = { v: 1 as const, id: 'c-1', point: 'relay-1/on', value: true, expiresAt: 1, by: 'admin' }
  expect(await ingest.sendCommand('school-a', command)).toBe(true)
  expect(await ingest.sendCommand('school-b', command)).toBe(false)
  await waitFor(() => expect(gateway.commands).toEqual([JSON.stringify(command)]))
})

test('a gateway that is connected and not listening yet counts as away', async () => {
  await using ingest = await startTestIngest()
  const login = { username: 'school-a', password: tokenOf('school-a'), keepalive: 5 }
  const client = await mqtt.connectAsync(`mqtts://127.0.0.1:${ingest.port}`, {
    ...{ ...login, protocolVersion: 4, rejectUnauthorized: false },
  })
  const command = { v: 1 as const, id: 'c-1', point: 'relay-1/on', value: true, expiresAt: 1, by: 'admin' }
  expect(await ingest.sendCommand('school-a', command)).toBe(false)
  await client.subscribeAsync(allDownTopics('school-a'), { qos: 1 })
  expect(await ingest.sendCommand('school-a', command)).toBe(true)
  await client.endAsync(true)
})

test('gateways connect over IPv6', async () => {
  await using ingest = await startTestIngest({ host: '::1' })
  await using gateway = await ingest.connect('school-a')
  await gateway.publish('live', batchOf(epoch, 1))
  await gateway.acknowledged(range(1))
  expect(ingest.logs.find(({ msg }) => msg === 'gateway connected')).toMatchObject({ remote: '::1' })
})

test('an endless first packet, a plain connection and noise are cut off and harm nobody', async () => {
  await using ingest = await startTestIngest()
  await using gateway = await ingest.connect('school-a')
  const long = connectTls({ host: '127.0.0.1', port: ingest.port, rejectUnauthorized: false })
  // CONNECT that announces 200 MB.
  await closedAfter(long, Buffer.from([0x10, 0x80, 0x84, 0xaf, 0x5f, 0, 4]))
  await closedAfter(connect(ingest.port, '127.0.0.1'), Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  await closedAfter(
    connectTls({ host: '127.0.0.1', port: ingest.port, rejectUnauthorized: false }),
    Buffer.alloc(300, 0xff),
  )
  // A publish before login.
  await closedAfter(
    connectTls({ host: '127.0.0.1', port: ingest.port, rejectUnauthorized: false }),
    Buffer.from([0x30, 3, 0, 1, 0x61]),
  )
  await gateway.publish('live', batchOf(epoch, 1))
  await gateway.acknowledged(range(1))
  expect(await ingest.count('campus_gateway_refused_total', { what: 'tls' })).toBe(1)
  expect(await ingest.count('campus_gateway_refused_total', { what: 'packet' })).toBeGreaterThanOrEqual(2)
})

test('a packet longer than allowed ends the session before it is in memory', async () => {
  await using ingest = await startTestIngest({ config: { maxPacket: '64KB' } })
  await using gateway = await ingest.connect('school-a')
  gateway.publish('live', new Uint8Array(65 * 1024)).catch(() => {})
  await gateway.closed
})

test('a client without keep-alive is not let in: its silent end would go unnoticed', async () => {
  await using ingest = await startTestIngest()
  await expect(ingest.connect('school-a', { keepalive: 0 })).rejects.toMatchObject({ code: 6 })
})

test('a port that is taken is an error at start', async () => {
  await using ingest = await startTestIngest()
  await expect(startTestIngest({ config: { port: ingest.port } })).rejects.toThrow('EADDRINUSE')
})

test('a client that does not trust the authority does not connect', async () => {
  await using ingest = await startTestIngest()
  const connecting = mqtt.connectAsync(
    `mqtts://127.0.0.1:${ingest.port}`,
    { reconnectPeriod: 0, username: 'school-a', password: tokenOf('school-a') },
    false,
  )
  await expect(connecting).rejects.toThrow(/certificate/)
})

async function closedAfter(socket: Socket, bytes: Buffer): Promise<void> {
  socket.on('error', () => {})
  socket.on('data', () => {})
  socket.write(bytes)
  await once(socket, 'close')
}
