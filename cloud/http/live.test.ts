import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import type { Events, LiveMessage, LiveRequest } from '#contract/api/live.ts'
import { type Clock, systemClock } from '#lib/clock.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { testAlarm } from '../../tests/support/test-alarm.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { testUser } from '../../tests/support/test-user.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { withAccess } from './guard.ts'
import { LiveHub } from './live-hub.ts'
import { liveRoutes } from './live-routes.ts'

const log = createLogger({ level: 'silent' })
const headers = { authorization: 'Bearer good' }

const alarm = (id: string) => testAlarm({ id: `school-a/${id}` })

/** Nothing of the tree matters here. */
const nowhere = { above: () => new Set<string>(), placeOf: () => undefined }

async function startLive({ sessions = new Set(['good']), clock = systemClock as Clock } = {}) {
  const hub = LiveHub.start({ clock: systemClock, build: 'b1' })
  const user = testUser('guard')
  const findSession = async (token: string) => (sessions.has(token) ? { user, expiresAt: 1 } : undefined)
  const server = await testApi({
    api: (api) => liveRoutes(api, { hub, clock, log, findCaller: withAccess(findSession, nowhere) }),
    findSession,
  })
  const origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
  return {
    hub,
    origin,
    app: server.app,
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** A socket with everything it has received, hello included. */
async function connect(
  origin: string,
  path = '/api/v1/live',
  extra: Record<string, string> = headers,
  options: WebSocket.ClientOptions = {},
) {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${path}`, { ...options, headers: extra })
  const messages: LiveMessage[] = []
  let closed: number | undefined
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  socket.on('close', (code) => {
    closed = code
  })
  await new Promise((resolve, reject) => {
    socket.once('message', resolve)
    socket.once('error', reject)
  })
  return {
    messages,
    closeCode: () => closed,
    events: () => messages.filter((message) => message.type === 'ev'),
    send: (request: LiveRequest) => socket.send(JSON.stringify(request)),
    sendText: (text: string) => socket.send(text),
    pause: () => socket.pause(),
    /** Resolves when the server has taken in what was sent before. */
    async settled() {
      const pong = new Promise((resolve) => socket.once('pong', resolve))
      socket.ping()
      await pong
    },
    async [Symbol.asyncDispose]() {
      socket.terminate()
    },
  }
}

test('an event reaches those who subscribed to its topic, and nobody else', async () => {
  await using live = await startLive()
  await using guard = await connect(live.origin)
  await using other = await connect(live.origin)
  expect(guard.messages[0]).toMatchObject({ type: 'hello', build: 'b1', seq: live.hub.seq })
  guard.send({ type: 'sub', topics: ['alarms'] })
  other.send({ type: 'sub', topics: ['gateways'] })
  await Promise.all([guard.settled(), other.settled()])
  live.hub.publishAlarm(alarm('1'))
  await waitFor(() =>
    expect(guard.events()).toEqual([{ type: 'ev', seq: live.hub.seq, topic: 'alarms', data: alarm('1') }]),
  )
  guard.send({ type: 'unsub', topics: ['alarms'] })
  await guard.settled()
  live.hub.publishAlarm(alarm('2'))
  await Promise.all([guard.settled(), other.settled()])
  expect([guard.events().length, other.events().length]).toEqual([1, 0])
})

test('a point is heard by its own topic, its device and its gateway', async () => {
  await using live = await startLive()
  const topics = ['points:g1/d1/p1', 'points:g1/d1', 'points:g1', 'points:g1/d2', 'points:g1/d1/p']
  const heard = await Promise.all(
    topics.map(async (topic) => {
      const client = await connect(live.origin)
      client.send({ type: 'sub', topics: [topic] })
      await client.settled()
      return client
    }),
  )
  live.hub.publishPoints([{ point: 'g1/d1/p1', t: 1, value: 5, quality: 'good' }])
  await waitFor(() => expect(heard.map((client) => client.events().length)).toEqual([1, 1, 1, 0, 0]))
  for (const client of heard) await client[Symbol.asyncDispose]()
})

test('who subscribes late gets the newest value of each point at once', async () => {
  await using live = await startLive()
  live.hub.publishPoints([
    { point: 'g1/d1/p1', t: 1, value: 5, quality: 'good' },
    { point: 'g1/d1/p2', t: 1, value: 6, quality: 'good' },
    { point: 'g1/d2/p1', t: 1, value: 7, quality: 'good' },
  ])
  await using client = await connect(live.origin)
  client.send({ type: 'sub', topics: ['points:g1/d1'] })
  await waitFor(() =>
    expect(client.events().map(({ data }) => data)).toMatchObject([{ value: 5 }, { value: 6 }]),
  )
})

test('who was away goes on where it was', async () => {
  await using live = await startLive()
  live.hub.publishAlarm(alarm('1'))
  const since = live.hub.seq
  live.hub.publishAlarm(alarm('2'))
  live.hub.publishAlarm(alarm('3'))
  await using client = await connect(live.origin, `/api/v1/live?since=${since}`)
  client.send({ type: 'sub', topics: ['alarms'] })
  await waitFor(() => expect(client.events().map(({ data }) => data)).toEqual([alarm('2'), alarm('3')]))
  expect(client.messages.map(({ type }) => type)).toEqual(['hello', 'ev', 'ev'])
})

test.each([
  ['of an earlier process', 5],
  ['from the future', Number.MAX_SAFE_INTEGER],
])('a place %s means to start over', async (_name, since) => {
  await using live = await startLive()
  await using client = await connect(live.origin, `/api/v1/live?since=${since}`)
  await waitFor(() => expect(client.messages.map(({ type }) => type)).toEqual(['hello', 'resync']))
})

test('nobody without a session and no page of somebody else opens a socket', async () => {
  await using live = await startLive()
  await expect(connect(live.origin, '/api/v1/live', {})).rejects.toThrow('401')
  const cookie = { cookie: 'session=good' }
  await expect(
    connect(live.origin, '/api/v1/live', { ...cookie, origin: 'http://evil.example' }),
  ).rejects.toThrow('403')
  await using own = await connect(live.origin, '/api/v1/live', { ...cookie, origin: live.origin })
  expect(own.messages).toHaveLength(1)
  await expect(connect(live.origin, '/api/v1/live?since=abc')).rejects.toThrow('400')
  expect((await fetch(`${live.origin}/api/v1/live`, { headers })).status).toBe(400)
})

test('a message that is not understood is answered and harms nothing', async () => {
  await using live = await startLive()
  await using client = await connect(live.origin)
  for (const text of [
    '{',
    '"sub"',
    '{"type":"sub"}',
    '{"type":"sub","topics":["#"]}',
    '{"type":"sub","topics":["alarms"],"x":1}',
  ]) {
    client.sendText(text)
  }
  await waitFor(() => expect(client.messages.filter(({ type }) => type === 'error')).toHaveLength(5))
  const topics = Array.from({ length: 600 }, (_, i) => `points:g1/d${i}`)
  client.send({ type: 'sub', topics })
  client.send({ type: 'sub', topics: topics.map((topic) => `${topic}x`) })
  await waitFor(() => expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'BAD_REQUEST' }))
  live.hub.publishPoints([{ point: 'g1/d1/p', t: 1, value: 1, quality: 'good' }])
  await waitFor(() => expect(client.events()).toHaveLength(1))
})

test('a session that has ended takes its socket with it', async () => {
  const clock = new FakeClock()
  const sessions = new Set(['good'])
  await using live = await startLive({ sessions, clock })
  await using client = await connect(live.origin)
  await clock.advance(15_000)
  await client.settled()
  expect(client.closeCode()).toBeUndefined()
  sessions.delete('good')
  await clock.advance(15_000)
  await waitFor(() => expect(client.closeCode()).toBe(1008))
  expect(client.messages.at(-1)).toEqual({ type: 'bye', code: 'UNAUTHENTICATED' })
})

test('a socket whose other end has fallen silent is let go', async () => {
  const clock = new FakeClock()
  await using live = await startLive({ clock })
  await using silent = await connect(live.origin, '/api/v1/live', headers, { autoPong: false })
  await using quick = await connect(live.origin)
  await clock.advance(15_000)
  await quick.settled()
  await clock.advance(15_000)
  await waitFor(() => expect(silent.closeCode()).toBe(1006))
  expect(quick.closeCode()).toBeUndefined()
})

test('a stop says goodbye', async () => {
  await using live = await startLive()
  await using client = await connect(live.origin)
  await live.hub[Symbol.asyncDispose]()
  await waitFor(() => expect(client.closeCode()).toBe(1001))
  expect(client.messages.at(-1)).toEqual({ type: 'bye', code: 'SHUTDOWN' })
})

test('a reader that has stopped reading is let go, and the others notice nothing', async () => {
  await using live = await startLive()
  await using slow = await connect(live.origin)
  await using quick = await connect(live.origin)
  for (const client of [slow, quick]) {
    client.send({ type: 'sub', topics: ['alarms'] })
    await client.settled()
  }
  slow.pause()
  const large = { ...alarm('1'), title: { en: 'x'.repeat(100_000) } }
  let sent = 0
  for (; sent < 250; sent++) {
    live.hub.publishAlarm(large)
    if (sent % 10 === 0) await sleep(5)
  }
  await waitFor(() => expect(live.hub.clients).toBe(1))
  await waitFor(() => expect(quick.events()).toHaveLength(sent))
}, 30_000)

test('long poll: the same events with the same numbers', async () => {
  await using live = await startLive()
  const poll = async (query: string): Promise<Events> =>
    (await fetch(`${live.origin}/api/v1/events${query}`, { headers })).json() as Promise<Events>
  const first = await poll('')
  expect(first).toMatchObject({ seq: live.hub.seq, build: 'b1', resync: false, events: [] })

  const waiting = poll(`?since=${first.seq}&wait=20&topic=alarms&topic=points:g1`)
  await waitFor(() => expect(live.hub.clients).toBe(1))
  live.hub.publishGateway({ id: 'g1', title: {}, connected: true }) // not asked for
  live.hub.publishAlarm(alarm('1'))
  const second = await waiting
  expect(second.events).toMatchObject([{ topic: 'alarms', data: { id: 'school-a/1' } }])
  expect(live.hub.clients).toBe(0)

  live.hub.publishPoints([{ point: 'g1/d1/p', t: 1, value: 1, quality: 'good' }])
  expect((await poll(`?since=${second.seq}&topic=points:g1`)).events).toMatchObject([{ data: { value: 1 } }])
  expect((await poll(`?since=${live.hub.seq}&wait=0`)).events).toEqual([])
  expect(await poll('?since=5')).toMatchObject({ resync: true, events: [] })
})
