import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { openBus } from './bus.ts'
import { type Answer, filled, frame, type Request, rawServer } from './fixtures/servers.ts'

const unit = { unit: 1, timing: { timeoutMs: 200, retries: 0, gapMs: 0, turnaroundMs: 0, warmupMs: 0 } }
const open = (port: number) =>
  openBus({ id: 'plant', host: '127.0.0.1', port }, systemClock, new AbortController().signal)

/** What a device answers to a single write. */
function echo(request: Request): Uint8Array {
  const { fc, addr, word } = request
  return frame(request, [fc, addr >> 8, addr & 0xff, word >> 8, word & 0xff])
}
const obedient: Answer = (request) => [
  request.fc === 5 || request.fc === 6 ? echo(request) : filled(request, 1),
]
const read = (addr: number) => ({ table: 'input', addr, count: 1 }) as const
const coilOn = { fc: 5, table: 'coil', addr: 3, words: [0xff00] } as const

test('a write and urgent reads go before the reads that wait, one request at a time', async () => {
  await using server = await rawServer(obedient)
  await using bus = await open(server.port)
  const all = [
    ...[0, 1, 2].map((addr) => bus.read(unit, read(addr))),
    bus.write(unit, coilOn),
    bus.read(unit, read(9), { urgent: true }),
  ]
  await Promise.all(all)
  expect(server.requests.map(({ fc, addr }) => [fc, addr])).toEqual([
    [4, 0],
    [5, 3],
    [4, 9],
    [4, 1],
    [4, 2],
  ])
})

test('each table and function is asked for as the standard says', async () => {
  await using server = await rawServer((request) => {
    if (request.fc >= 15) return [frame(request, [request.fc, 0, 8, 0, 2])]
    return obedient(request)
  })
  await using bus = await open(server.port)
  expect(await bus.read(unit, { table: 'coil', addr: 1, count: 3 })).toEqual(Buffer.from([0xff]))
  expect(await bus.read(unit, { table: 'discrete', addr: 2, count: 9 })).toHaveLength(2)
  expect(await bus.read(unit, { table: 'holding', addr: 3, count: 2 })).toEqual(Buffer.from([0, 1, 0, 1]))
  await bus.write(unit, { fc: 6, table: 'holding', addr: 4, words: [0x1234] })
  await bus.write(unit, { fc: 15, table: 'coil', addr: 8, words: [0xff00, 0] })
  await bus.write(unit, { fc: 16, table: 'holding', addr: 8, words: [1, 2] })
  expect(server.requests.map(({ fc, addr, word }) => [fc, addr, word])).toEqual([
    [1, 1, 3],
    [2, 2, 9],
    [3, 3, 2],
    [6, 4, 0x1234],
    [15, 8, 2],
    [16, 8, 2],
  ])
})

test('every request settles when the connection is cut, the waiting ones too', async () => {
  await using server = await rawServer(() => [])
  await using bus = await open(server.port)
  const slow = { unit: 1, timing: { timeoutMs: 60_000, retries: 0, gapMs: 0, turnaroundMs: 0, warmupMs: 0 } }
  const waiting = [0, 1, 2].map((addr) => bus.read(slow, read(addr)))
  const settled = Promise.allSettled(waiting)
  await expect.poll(() => server.requests.length).toBe(1)
  server.cut()
  for (const one of await settled) {
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'LINK_DOWN' } })
  }
  expect((await bus.lost).code).toBe('LINK_DOWN')
  await expect(bus.read(unit, read(0))).rejects.toMatchObject({ code: 'LINK_DOWN' })
})

test('an answer that comes after its timeout is not taken for the next one', async () => {
  const held: Request[] = []
  await using server = await rawServer((request) => {
    const late = held.shift()
    if (request.addr === 0) {
      held.push(request)
      return []
    }
    // The late answer arrives just before the right one.
    return late === undefined ? [filled(request, 2)] : [filled(late, 1), filled(request, 2)]
  })
  await using bus = await open(server.port)
  await expect(bus.read(unit, read(0))).rejects.toMatchObject({
    code: 'DEVICE_TIMEOUT',
    message: 'bus plant unit 1 input 0: no answer within 200 ms',
  })
  expect(await bus.read(unit, read(5))).toEqual(Buffer.from([0, 2]))
})

test('a connection on which nobody answers any more is given up', async () => {
  await using server = await rawServer(() => [])
  await using bus = await open(server.port)
  const quick = { unit: 1, timing: { timeoutMs: 20, retries: 0, gapMs: 0, turnaroundMs: 0, warmupMs: 0 } }
  await Promise.allSettled([0, 1, 2, 3, 4].map((addr) => bus.read(quick, read(addr))))
  expect((await bus.lost).message).toBe('bus plant: 5 requests in a row without any answer')
})

test('the silence that a device needs before a request is kept', async () => {
  await using server = await rawServer(obedient)
  await using bus = await open(server.port)
  const picky = { unit: 1, timing: { timeoutMs: 200, retries: 0, gapMs: 50, turnaroundMs: 0, warmupMs: 0 } }
  await Promise.all([0, 1, 2].map((addr) => bus.read(picky, read(addr))))
  const [a = 0, b = 0, c = 0] = server.requests.map(({ at }) => at)
  expect(b - a).toBeGreaterThan(45)
  expect(c - b).toBeGreaterThan(45)
})

test('nobody listens: the error names the bus and the address', async () => {
  const { port } = await rawServer(obedient).then(async (server) => {
    await server[Symbol.asyncDispose]()
    return server
  })
  await expect(open(port)).rejects.toMatchObject({
    code: 'LINK_DOWN',
    message: `bus plant at 127.0.0.1:${port}: ECONNREFUSED`,
  })
})
