import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { judgeSilence, reconnectDelayMs } from './connection.ts'
import { LiveSocket, type Socket } from './live-socket.ts'

class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  onerror: Socket['onerror'] = null
  readyState: Socket['readyState'] = 0
  readonly sent: { type: string; topics: string[] }[] = []
  readonly since: number | undefined
  closed = false

  constructor(since: number | undefined) {
    this.since = since
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.closed = true
  }

  accept(seq: number, build = 'b1'): void {
    this.readyState = 1
    this.onopen?.call(this as unknown as WebSocket, new Event('open'))
    this.say({ type: 'hello', seq, now: Date.now(), build })
  }

  say(message: object): void {
    this.onmessage?.call(
      this as unknown as WebSocket,
      new MessageEvent('message', { data: JSON.stringify(message) }),
    )
  }

  break(): void {
    this.onclose?.call(this as unknown as WebSocket, new Event('close') as CloseEvent)
  }
}

function setUp() {
  const sockets: FakeSocket[] = []
  const log: string[] = []
  const live = new LiveSocket({
    open: (since) => {
      const socket = new FakeSocket(since)
      sockets.push(socket)
      return socket
    },
    onEvent: (event) => log.push(`ev ${event.seq}`),
    onResync: () => log.push('resync'),
    onSignedOut: () => log.push('signed out'),
    onServerTime: () => undefined,
  })
  const latest = (): FakeSocket => {
    const socket = sockets.at(-1)
    if (socket === undefined) throw new Error('no socket was opened')
    return socket
  }
  return { live, sockets, log, latest, [Symbol.dispose]: () => live.stop() }
}

const event = (seq: number) => ({ type: 'ev', seq, topic: 'gateways', data: {} })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('after a break it comes back, resumes after the last number and subscribes to everything again', async () => {
  using t = setUp()
  t.live.start()
  t.live.want(['points:a/b', 'alarms'])
  t.latest().accept(40)
  await vi.advanceTimersByTimeAsync(0)
  t.latest().say(event(41))
  t.latest().break()
  expect(t.live.connection.state).toBe('down')
  await vi.advanceTimersByTimeAsync(1000)
  expect(t.sockets).toHaveLength(2)
  expect(t.latest().since).toBe(41)
  t.latest().accept(44)
  expect(t.latest().sent).toEqual([{ type: 'sub', topics: ['points:a/b', 'alarms'] }])
  t.latest().say(event(42))
  expect(t.log).toEqual(['ev 41', 'ev 42'])
  expect(t.live.connection.state).toBe('live')
})

test('what a subscription brings along may be older than the last number and is still handed on', async () => {
  using t = setUp()
  t.live.start()
  t.latest().accept(10)
  t.latest().say(event(20))
  t.latest().say(event(12))
  expect(t.log).toEqual(['ev 20', 'ev 12'])
  t.latest().break()
  await vi.advanceTimersByTimeAsync(1000)
  expect(t.latest().since).toBe(20)
})

test('it never gives up and never waits longer than the cap', async () => {
  using t = setUp()
  t.live.start()
  for (let i = 0; i < 30; i++) {
    t.latest().break()
    await vi.advanceTimersByTimeAsync(19_500)
    expect(t.sockets.length).toBe(i + 2)
  }
  expect(reconnectDelayMs(0, () => 0)).toBe(350)
  expect(reconnectDelayMs(99, () => 1)).toBe(19_500)
})

test('a silent socket is first stalled and then given up', async () => {
  using t = setUp()
  t.live.start()
  t.latest().accept(1)
  await vi.advanceTimersByTimeAsync(11_000)
  expect(t.live.connection.state).toBe('stalled')
  t.latest().say({ type: 'hb', seq: 1, now: 0 })
  expect(t.live.connection.state).toBe('live')
  await vi.advanceTimersByTimeAsync(21_000)
  expect(t.sockets[0]?.closed).toBe(true)
  expect(t.live.connection.state).toBe('down')
  expect(judgeSilence(9999)).toBe('live')
})

test('a server that has lost our place makes us read everything again', async () => {
  using t = setUp()
  t.live.start()
  t.latest().accept(500)
  t.latest().say({ type: 'resync' })
  t.latest().break()
  await vi.advanceTimersByTimeAsync(1000)
  t.latest().accept(3)
  expect(t.log).toEqual(['resync', 'resync'])
  t.latest().say(event(4))
  expect(t.log.at(-1)).toBe('ev 4')
})

test('a topic stays subscribed until the last one who wanted it leaves', async () => {
  using t = setUp()
  t.live.start()
  t.latest().accept(1)
  const first = t.live.want(['alarms'])
  const second = t.live.want(['alarms', 'gateways'])
  await vi.advanceTimersByTimeAsync(0)
  first()
  first()
  await vi.advanceTimersByTimeAsync(0)
  expect(t.latest().sent.filter(({ topics }) => topics.length > 0)).toEqual([
    { type: 'sub', topics: ['alarms', 'gateways'] },
  ])
  second()
  await vi.advanceTimersByTimeAsync(0)
  expect(t.latest().sent.at(-1)).toEqual({ type: 'unsub', topics: ['alarms', 'gateways'] })
})

test('new console files on the server are noticed, a signed-out session stops the socket', async () => {
  using t = setUp()
  t.live.start()
  t.latest().accept(1, 'b1')
  t.latest().break()
  await vi.advanceTimersByTimeAsync(1000)
  t.latest().accept(2, 'b2')
  expect(t.live.connection.newBuild).toBe(true)
  t.latest().say({ type: 'bye', code: 'UNAUTHENTICATED' })
  expect(t.log).toEqual(['signed out'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(t.sockets).toHaveLength(2)
})
