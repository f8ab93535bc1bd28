import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { openPtyPair } from '../../../tests/support/pty-pair.ts'
import { describeWith } from '../../../tests/support/servers.ts'
import { waitFor } from '../../../tests/support/wait-for.ts'
import { openBus, type Unit } from './bus.ts'
import type { SerialLine } from './bus-config.ts'
import {
  type RtuAnswer,
  type RtuServer,
  rtuFilled,
  rtuFrame,
  rtuOnPort,
  rtuOverTcp,
  withWrongCrc,
} from './fixtures/rtu-server.ts'
import { LineStats } from './line-stats.ts'

const timing = { timeoutMs: 300, retries: 0, gapMs: 0, turnaroundMs: 0, warmupMs: 0 }
const unit = (number: number, fields: Partial<Unit['timing']> = {}): Unit => ({
  unit: number,
  timing: { ...timing, ...fields },
})
const never = new AbortController().signal
const read = (addr: number, count = 1) => ({ table: 'input', addr, count }) as const
const sevens: RtuAnswer = (request) => [rtuFilled(request, 7)]
const seven = Buffer.from([0, 7])

/** A bus on an RTU line whose other end says what `answer` says. */
async function onLine(answer: RtuAnswer) {
  const server = await rtuOverTcp(answer)
  const stats = new LineStats(systemClock.monotonic())
  const config = {
    id: 'line',
    protocol: 'modbus-rtu-over-tcp',
    host: '127.0.0.1',
    port: server.port,
  } as const
  const bus = await openBus(config, systemClock, never, stats)
  return {
    bus,
    server,
    stats,
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('registers, bits and writes go over an RTU line', async () => {
  await using line = await onLine(sevens)
  expect(await line.bus.read(unit(3), read(10, 2))).toEqual(Buffer.from([0, 7, 0, 7]))
  expect(await line.bus.read(unit(3), { table: 'coil', addr: 0, count: 9 })).toEqual(
    Buffer.from([0xff, 0xff]),
  )
  await line.bus.write(unit(3), { fc: 6, table: 'holding', addr: 4, words: [0x1234] })
  await line.bus.write(unit(3), { fc: 16, table: 'holding', addr: 4, words: [1, 2, 3] })
  await line.bus.write(unit(3), { fc: 15, table: 'coil', addr: 4, words: [0xff00, 0] })
  expect(line.server.requests.map(({ fc, addr, word }) => [fc, addr, word])).toEqual([
    [4, 10, 2],
    [1, 0, 9],
    [6, 4, 0x1234],
    [16, 4, 3],
    [15, 4, 2],
  ])
})

test('an answer that comes in pieces, byte by byte, is put together', async () => {
  await using line = await onLine((request) =>
    [...rtuFilled(request, 7)].flatMap((byte) => [Buffer.from([byte]), 2]),
  )
  expect(await line.bus.read(unit(1), read(0))).toEqual(seven)
})

test('broadcasts before, behind and between answers are counted and do no harm', async () => {
  const broadcast = rtuFrame(0, [6, 0, 1, 0, 0xff])
  await using line = await onLine((request) => [Buffer.concat([broadcast, rtuFilled(request, 7), broadcast])])
  for (let addr = 0; addr < 20; addr++) expect(await line.bus.read(unit(1), read(addr))).toEqual(seven)
  expect(line.stats.unsolicited).toBeGreaterThanOrEqual(20)
  expect(line.stats.unit(1)).toMatchObject({ answers: 20, timeouts: 0, crcErrors: 0 })
})

test('a request is not spoken into a sentence of somebody else', async () => {
  await using line = await onLine(sevens)
  await line.bus.read(unit(1), read(0))
  line.server.say(Buffer.from([0xde, 0xad]))
  await waitFor(() => expect(line.stats.unsolicited).toBe(1), { everyMs: 5 })
  expect(await line.bus.read(unit(1), read(1))).toEqual(seven)
})

test('a wrong checksum and half a frame are told at the silence behind them, not at the timeout', async () => {
  let kind: 'checksum' | 'half' | 'none' = 'checksum'
  await using line = await onLine((request) => {
    const good = rtuFilled(request, 7)
    if (kind === 'none') return [good]
    return [kind === 'checksum' ? withWrongCrc(good) : good.subarray(0, 4)]
  })
  const slow = unit(1, { timeoutMs: 5000 })
  const startedAt = performance.now()
  await expect(line.bus.read(slow, read(0))).rejects.toMatchObject({
    code: 'DEVICE_REFUSED',
    message: 'bus line unit 1 input 0: malformed answer: checksum wrong',
  })
  kind = 'half'
  await expect(line.bus.read(slow, read(0))).rejects.toMatchObject({
    message: 'bus line unit 1 input 0: malformed answer: it ended in the middle',
  })
  expect(performance.now() - startedAt).toBeLessThan(2000)
  kind = 'none'
  expect(await line.bus.read(slow, read(0))).toEqual(seven)
  expect(line.stats.unit(1)).toMatchObject({ crcErrors: 2, answers: 1 })
  expect(line.stats.resyncs).toBe(2)
})

test('an answer of another unit is counted; the one that was asked is still heard', async () => {
  await using line = await onLine((request) => [
    rtuFilled({ ...request, unit: 9 }, 9),
    20,
    rtuFilled(request, 7),
  ])
  expect(await line.bus.read(unit(1), read(0))).toEqual(seven)
  expect(line.stats.wrongUnit).toBe(1)
})

test('an answer that comes after its timeout is counted as late and taken for nobody else’s', async () => {
  await using line = await onLine((request) =>
    request.unit === 1 ? [150, rtuFilled(request, 1)] : [250, rtuFilled(request, 2)],
  )
  await expect(line.bus.read(unit(1, { timeoutMs: 50 }), read(0))).rejects.toMatchObject({
    code: 'DEVICE_TIMEOUT',
    message: 'bus line unit 1 input 0: no answer within 50 ms',
  })
  expect(await line.bus.read(unit(2, { timeoutMs: 1000 }), read(0))).toEqual(Buffer.from([0, 2]))
  expect(line.stats.unit(1)).toMatchObject({ lateAnswers: 1, timeouts: 1 })
  expect(line.stats.unit(1).slowestLateMs).toBeGreaterThan(140)
})

test('noise that never ends is talked over', async () => {
  await using line = await onLine(sevens)
  const noise = setInterval(() => line.server.say(Buffer.from([0x55])), 1)
  try {
    await sleep(50)
    expect(await line.bus.read(unit(1, { timeoutMs: 3000 }), read(0))).toEqual(seven)
    expect(line.stats.unsolicited).toBeGreaterThan(0)
  } finally {
    clearInterval(noise)
  }
})

test('exceptions of an RTU device are refusals with their reason', async () => {
  await using line = await onLine(({ unit: from, fc }) => [rtuFrame(from, [fc | 0x80, 2])])
  await expect(line.bus.read(unit(1), read(0))).rejects.toMatchObject({
    code: 'DEVICE_REFUSED',
    message: 'bus line unit 1 input 0: exception 2 (illegal data address)',
  })
})

test('a serial port that is not there: the error names bus and path and says what to do', async () => {
  const config: SerialLine = {
    ...{ id: 'plant', protocol: 'modbus-rtu', path: '/dev/serial/by-id/usb-none' },
    line: { baud: 9600, parity: 'none', stop: 1 },
  }
  await expect(openBus(config, systemClock, never)).rejects.toMatchObject({
    code: 'LINK_DOWN',
    message: expect.stringMatching(
      /^bus plant at \/dev\/serial\/by-id\/usb-none: no such port; use a name under \/dev\/serial\/by-id/,
    ),
  })
})

describeWith(['socat'], 'a serial port', () => {
  const lineOf = (path: string): SerialLine => ({
    ...{ id: 'plant', protocol: 'modbus-rtu', path },
    line: { baud: 19_200, parity: 'even', stop: 1 },
  })

  async function onPort(answer: RtuAnswer) {
    const ports = await openPtyPair()
    const server: RtuServer = await rtuOnPort(ports.theirs, answer)
    const bus = await openBus(lineOf(ports.ours), systemClock, never)
    return {
      ports,
      server,
      bus,
      async [Symbol.asyncDispose]() {
        await bus[Symbol.asyncDispose]()
        await server[Symbol.asyncDispose]()
        await ports[Symbol.asyncDispose]()
      },
    }
  }

  test('is read and written, and can be opened again after it was closed', async () => {
    await using line = await onPort(sevens)
    expect(await line.bus.read(unit(5), read(0, 60))).toHaveLength(120)
    await line.bus.write(unit(5), { fc: 5, table: 'coil', addr: 1, words: [0xff00] })
    await line.bus[Symbol.asyncDispose]()
    await using again = await openBus(lineOf(line.ports.ours), systemClock, never)
    expect(await again.read(unit(5), read(0))).toEqual(seven)
  })

  test('that somebody else has opened says so', async () => {
    await using line = await onPort(sevens)
    await expect(openBus(lineOf(line.ports.ours), systemClock, never)).rejects.toMatchObject({
      message: expect.stringMatching(/^bus plant at .*: another program has opened it$/),
    })
  })

  test('that is pulled out is a lost connection', async () => {
    const ports = await openPtyPair()
    await using bus = await openBus(lineOf(ports.ours), systemClock, never)
    await ports[Symbol.asyncDispose]()
    const asked = async () => bus.read(unit(1, { timeoutMs: 50 }), read(0))
    await waitFor(() => expect(asked()).rejects.toMatchObject({ code: 'LINK_DOWN' }), {
      everyMs: 20,
      timeoutMs: 4000,
    })
    expect(await bus.lost).toMatchObject({ code: 'LINK_DOWN' })
  })

  test('with silent units only stays open: there is nothing to connect again', async () => {
    await using line = await onPort(() => [])
    const quick = unit(1, { timeoutMs: 10 })
    const all = Array.from({ length: 20 }, (_, addr) => line.bus.read(quick, read(addr)))
    const settled = await Promise.allSettled(all)
    expect(settled.every((one) => one.status === 'rejected' && one.reason.code === 'DEVICE_TIMEOUT')).toBe(
      true,
    )
  })
})
