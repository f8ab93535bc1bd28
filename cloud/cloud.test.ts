import { readFile, writeFile } from 'node:fs/promises'
import { connectAsync } from 'mqtt'
import { expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import type { AuditList } from '#contract/api/audit.ts'
import type { LiveMessage } from '#contract/api/live.ts'
import type { Tree } from '#contract/api/tree.ts'
import { encodeTelemetry } from '#contract/codec.ts'
import { columnsOf } from '#contract/columns.ts'
import { encodeJson } from '#contract/messages.ts'
import { good } from '#contract/quality.ts'
import { downTopic, upTopic } from '#contract/topics.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { ApiClient } from '../tests/support/api-client.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'
import { waitFor } from '../tests/support/wait-for.ts'
import { startCloud } from './cloud.ts'
import { loadCloudConfig } from './load-cloud-config.ts'

// Whole clouds with their sockets and fsyncs, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const token = 'the token of school-a'
const password = 'one for all'

async function writeConfig(folder: { file(name: string): string }, host = '127.0.0.1'): Promise<string> {
  await writeFile(folder.file('token'), token)
  const file = folder.file('cloud.yaml')
  const lines = [
    'data: ./data',
    `http: { host: "${host}", port: 0 }`,
    `mqtt: { host: "${host}", port: 0 }`,
    'gateways: [{ id: school-a, title: { en: School A }, tokenFile: token }]',
    'demoAccounts: true',
  ]
  await writeFile(file, lines.join('\n'))
  return file
}

async function start(file: string) {
  const loaded = await loadCloudConfig(file, {})
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const log = createLogger({ level: 'silent' })
  return startCloud(loaded.value, { clock: systemClock, log, demoPassword: password })
}

type Cloud = Awaited<ReturnType<typeof start>>

async function connectGateway({ mqtt, caFile = '' }: Cloud) {
  const ca = await readFile(caFile)
  const host = mqtt.host.includes(':') ? `[${mqtt.host}]` : mqtt.host
  const client = await connectAsync(`mqtts://${host}:${mqtt.port}`, {
    protocolVersion: 4,
    username: 'school-a',
    password: token,
    ca,
    servername: mqtt.host.includes(':') ? '' : 'localhost',
    reconnectPeriod: 0,
  })
  const answers: string[] = []
  client.on('message', (_topic, payload) => answers.push(payload.toString()))
  await client.subscribeAsync(downTopic('school-a', 'ack'), { qos: 1 })
  const publish = (channel: 'live' | 'events' | 'state', payload: Uint8Array) =>
    client.publishAsync(upTopic('school-a', channel), Buffer.from(payload), { qos: 1 })
  return { answers, publish, [Symbol.asyncDispose]: async () => void (await client.endAsync(true)) }
}

const t = Date.UTC(2026, 0, 5, 8)
const birth = {
  v: 1 as const,
  kind: 'birth' as const,
  at: Date.now(),
  startedAt: t,
  software: 'test',
  runtime: 'node',
  configVersion: 'c',
  catalogueVersion: 'k1',
  produced: [],
}
const catalogue = {
  v: 1 as const,
  kind: 'catalogue' as const,
  version: 'k1',
  devices: [
    {
      id: 'lux-1',
      title: { en: 'Room 101' },
      profile: 'p',
      vendor: 'v',
      model: 'm',
      category: 'light',
      points: [{ id: 'illuminance', kind: 'num' as const, unit: 'lx', title: { en: 'Illuminance' } }],
    },
  ],
}
const alarm = {
  kind: 'alarm' as const,
  occurrence: 'o1',
  rule: 'lux-low',
  point: 'lux-1/illuminance',
  state: 'raised' as const,
  priority: 2 as const,
  at: t,
  value: 120,
  limit: 300,
  title: { en: 'Too dark' },
}
const link = { kind: 'link' as const, device: 'lux-1', state: 'down' as const, at: t, reason: 'timeout' }

function telemetry(seq: number, value: number): Uint8Array {
  const samples = columnsOf([{ point: 'lux-1/illuminance', t: t + seq, value, quality: good }])
  return encodeTelemetry({ epoch: 1, firstSeq: seq, lastSeq: seq, samples })
}

async function watch(cloud: Cloud, bearer: string, topics: string[]) {
  const socket = new WebSocket(`${cloud.origin.replace('http', 'ws')}/api/v1/live`, {
    headers: { authorization: `Bearer ${bearer}` },
  })
  const messages: LiveMessage[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'sub', topics }))
  const events = (topic: string) => messages.filter((one) => one.type === 'ev' && one.topic === topic)
  return { messages, events, [Symbol.dispose]: () => socket.terminate() }
}

test.each(['127.0.0.1', '::1'])(
  'what a gateway sends reaches the API and the live stream, on %s',
  async (host) => {
    await using folder = await tempFolder()
    await using cloud = await start(await writeConfig(folder, host))
    const api = new ApiClient(cloud.origin)
    await api.login('bureau', password)
    using live = await watch(cloud, api.token, ['gateways', 'alarms', 'devices', 'points:school-a'])

    await using gateway = await connectGateway(cloud)
    await gateway.publish('state', encodeJson(birth))
    await gateway.publish('state', encodeJson(catalogue))
    await gateway.publish('live', telemetry(1, 480))
    await gateway.publish('events', encodeJson({ v: 1, epoch: 1, firstSeq: 1, events: [alarm, link] }))
    await waitFor(() => {
      expect(gateway.answers.join()).toContain('"stream":"telemetry"')
      expect(gateway.answers.join()).toContain('"stream":"events"')
    })

    await waitFor(() => {
      expect(live.events('gateways').at(-1)).toMatchObject({
        data: { id: 'school-a', connected: true, software: 'test' },
      })
      const update = { point: 'school-a/lux-1/illuminance', t: t + 1, value: 480, quality: 'good' }
      expect(live.events('points:school-a/lux-1/illuminance')).toMatchObject([{ data: update }])
      expect(live.events('alarms')).toMatchObject([
        { data: { id: 'school-a/o1', state: 'raised', value: 120 } },
      ])
      expect(live.events('devices')).toMatchObject([
        { data: { device: 'school-a/lux-1', link: { state: 'down' } } },
      ])
    })

    const [device] = await api.devices()
    expect(device).toMatchObject({
      id: 'school-a/lux-1',
      link: { state: 'down', reason: 'timeout' },
      points: [{ unit: 'lx', last: { at: '2026-01-05T08:00:00.001Z', value: 480, quality: 'good' } }],
    })
    const samples = await api.samples('school-a/lux-1/illuminance', { from: t, to: t + 60_000 })
    expect(samples).toEqual([[t + 1, 480, 'good']])
    const metrics = await (await fetch(`${cloud.origin}/metrics`)).text()
    expect(metrics).toContain('campus_ingest_samples_total{channel="live"} 1')
    expect(metrics).toMatch(
      /campus_http_request_seconds_count{method="GET",route="\/api\/v1\/devices",status="200"} 1/,
    )
    expect(await api.alarms()).toMatchObject([{ id: 'school-a/o1', limit: 300 }])
    const { streams } = await api.ledger('school-a')
    expect(streams.map(({ stream, received, owed }) => ({ stream, received, owed }))).toEqual([
      { stream: 'events', received: [[1, 2]], owed: [] },
      { stream: 'telemetry', received: [[1, 1]], owed: [] },
    ])
  },
)

test('a gateway that goes away is shown as away; after a restart everything is still there', async () => {
  await using folder = await tempFolder()
  const file = await writeConfig(folder)
  {
    await using cloud = await start(file)
    const api = new ApiClient(cloud.origin)
    await api.login('admin', password)
    {
      await using gateway = await connectGateway(cloud)
      await gateway.publish('state', encodeJson(catalogue))
      await gateway.publish('live', telemetry(1, 480))
      await waitFor(() => expect(gateway.answers).toHaveLength(1))
      await waitFor(async () => expect(await api.gateways()).toMatchObject([{ connected: true }]))
    }
    await waitFor(async () => expect(await api.gateways()).toMatchObject([{ connected: false }]))
  }
  await using again = await start(file)
  const api = new ApiClient(again.origin)
  await api.login('admin', password)
  expect(await api.gateways()).toMatchObject([{ connected: false, catalogueVersion: 'k1' }])
  expect(await api.samples('school-a/lux-1/illuminance', { from: t, to: t + 60_000 })).toHaveLength(1)
  expect(await api.ready()).toEqual({ ready: true, reasons: [] })
})

test('the organisation of the configuration is the first tree; what people change stays over a restart', async () => {
  await using folder = await tempFolder()
  const file = await writeConfig(folder)
  const campus = (title: string) =>
    `campuses: [{ id: campus-a, title: { en: ${title} }, gateways: [school-a] }]`
  const plain = await readFile(file, 'utf8')
  await writeFile(file, `${plain}\n${campus('First')}`)
  const nodesOf = async ({ origin }: Cloud, change?: (api: ApiClient) => Promise<unknown>) => {
    const api = new ApiClient(origin)
    await api.login('admin', password)
    await change?.(api)
    return (await api.call<Tree>('/api/v1/tree')).nodes
  }
  {
    await using cloud = await start(file)
    expect(await nodesOf(cloud)).toMatchObject([
      { id: 'campus-a', title: { en: 'First' }, gateways: ['school-a'] },
    ])
    const body = JSON.stringify({ kind: 'building', parent: 'campus-a', title: { en: 'House' } })
    await nodesOf(cloud, (api) => api.call('/api/v1/tree/nodes/house-1', { method: 'PUT', body }))
  }
  await writeFile(file, `${plain}\n${campus('Second')}`)
  await using again = await start(file)
  expect(await nodesOf(again)).toMatchObject([{ id: 'campus-a', title: { en: 'First' } }, { id: 'house-1' }])
})

type Operation = {
  operationId?: string
  tags?: string[]
  summary?: string
  responses: Record<string, { content?: object }>
}

test('every route has a name, a tag, a summary and the schema of its answer', async () => {
  await using folder = await tempFolder()
  await using cloud = await start(await writeConfig(folder))
  const document = await (await fetch(`${cloud.origin}/api/v1/openapi.json`)).json()
  const { paths } = document as { paths: Record<string, Record<string, Operation>> }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
  // `npx vitest run cloud/cloud.test.ts -u` writes it: look at what changed.
  await expect(
    `${operations
      .map(({ name }) => name)
      .sort()
      .join('\n')}\n`,
  ).toMatchFileSnapshot('./routes.txt')
  for (const { name, operation } of operations) {
    const success = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
    const described = success.every(([status, { content }]) => status === '204' || content !== undefined)
    const complete = operation.operationId && operation.summary && operation.tags?.length === 1
    expect([name, Boolean(complete), success.length, described]).toEqual([name, true, 1, true])
    expect([name, Object.keys(operation.responses)]).toEqual([name, expect.arrayContaining(['400', '500'])])
  }
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(JSON.stringify(document)).not.toContain('def-0')
})

test('every route that changes something leaves a row in the audit log', async () => {
  await using folder = await tempFolder()
  await using cloud = await start(await writeConfig(folder))
  const document = await (await fetch(`${cloud.origin}/api/v1/openapi.json`)).json()
  const { paths } = document as { paths: Record<string, Record<string, Operation>> }
  const changing = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => !['get', 'head'].includes(method))
      .map((method) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, 'school-a') })),
  )
  expect(changing.length).toBeGreaterThan(8)
  const api = new ApiClient(cloud.origin)
  await api.login('admin', password)
  const newest = async () => (await api.call<AuditList>('/api/v1/audit?limit=1')).items[0]
  for (const { method, path } of changing) {
    // Refused without a session, as POST /session is: that is written once a minute for an address.
    if (path.endsWith('/session/second-factor')) continue
    const before = await newest()
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' }
    await fetch(`${cloud.origin}${path}`, { method, headers, body: '{}' })
    if (path.endsWith('/session')) await api.login('admin', password)
    const rows = await api.call<AuditList>(`/api/v1/audit?limit=2`)
    const row = rows.items.find(({ seq }) => seq === (before?.seq ?? 0) + 1)
    expect([method, path, row?.request, row?.address]).toEqual([
      ...[method, path, expect.stringMatching(/^[0-9a-f-]{36}$/), '127.0.0.1'],
    ])
  }
})

test('a port that is taken stops the start and leaves nothing open', async () => {
  await using folder = await tempFolder()
  await using cloud = await start(await writeConfig(folder))
  await using other = await tempFolder()
  const file = await writeConfig(other)
  const text = await readFile(file, 'utf8')
  await writeFile(
    file,
    text.replace('mqtt: { host: "127.0.0.1", port: 0', `mqtt: { host: "127.0.0.1", port: ${cloud.mqtt.port}`),
  )
  await expect(start(file)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await writeFile(file, text)
  await using second = await start(file)
  expect((await fetch(`${second.origin}/health`)).status).toBe(200)
})

test('a gateway whose clock is off is an alarm about the gateway itself, in the list and live, until it is right', async () => {
  await using folder = await tempFolder()
  await using cloud = await start(await writeConfig(folder))
  const api = new ApiClient(cloud.origin)
  await api.login('bureau', password)
  using live = await watch(cloud, api.token, ['alarms'])
  await using gateway = await connectGateway(cloud)

  await gateway.publish('state', encodeJson({ ...birth, at: Date.now() + 50_000 }))
  await gateway.publish('state', encodeJson({ ...birth, at: Date.now() - 3_600_000 }))
  const expected = { rule: 'cloud.clock', point: 'school-a', priority: 3, limit: 60, state: 'raised' }
  await waitFor(async () => expect(await api.alarms()).toMatchObject([expected]))
  const [alarm] = await api.alarms()
  expect(alarm?.title).toEqual({ zh: '网关时钟偏慢', en: 'The clock of the gateway is behind' })
  expect(alarm?.value).toBeLessThanOrEqual(-3_600)
  expect(alarm?.value).toBeGreaterThan(-3_620)

  await gateway.publish('state', encodeJson({ ...birth, at: Date.now() }))
  await waitFor(async () => expect(await api.alarms()).toMatchObject([{ ...expected, state: 'cleared' }]))
  await waitFor(() => expect(live.events('alarms')).toHaveLength(2))
})

test('what a new disk does not know is no longer owed: the ledger calls it forgotten and says how much it was', async () => {
  await using folder = await tempFolder()
  await using cloud = await start(await writeConfig(folder))
  const api = new ApiClient(cloud.origin)
  await api.login('bureau', password)
  await using gateway = await connectGateway(cloud)
  const at = Date.now()
  const epoch = Math.floor((at - 60_000) / 1000) * 65_536
  const firstRun = { ...birth, at, startedAt: at - 60_000 }
  const produced = [{ stream: 'telemetry' as const, epoch, lastSeq: 5, samples: 50 }]
  await gateway.publish('state', encodeJson({ ...firstRun, produced }))
  const account = async () => {
    const { streams } = await api.ledger('school-a')
    return streams.map(({ owed, dropped }) => ({ owed, dropped }))
  }
  expect(await account()).toEqual([{ owed: [[1, 5]], dropped: [] }])

  // The same run again, with nothing to say: it is not its end.
  await gateway.publish('state', encodeJson(firstRun))
  expect(await account()).toEqual([{ owed: [[1, 5]], dropped: [] }])
  await gateway.publish('state', encodeJson({ ...firstRun, startedAt: at }))
  expect(await account()).toMatchObject([
    { owed: [], dropped: [{ firstSeq: 1, lastSeq: 5, samples: 50, reason: 'forgotten' }] },
  ])
})
