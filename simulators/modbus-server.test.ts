import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { type FaultKind, Faults } from './faults.ts'
import type { ModbusUnit } from './modbus-frames.ts'
import { ModbusServer } from './modbus-server.ts'

const refusal = { ok: false, code: 2 } as const
const coils = [true, false, true, true, false, false, false, false, true]

/** Registers 0 to 9 hold ten times their address; coils as above. */
function unitWith(written: unknown[]): ModbusUnit {
  return {
    readBits: (_, start, count) =>
      start + count > coils.length ? refusal : { ok: true, value: coils.slice(start, start + count) },
    readWords: (_, start, count) =>
      start + count > 10
        ? refusal
        : { ok: true, value: Array.from({ length: count }, (_, i) => 10 * (start + i)) },
    writeBits: (start, bits) => {
      written.push(['bits', start, bits])
      return { ok: true, value: undefined }
    },
    writeWords: (start, words) => {
      written.push(['words', start, words])
      return { ok: true, value: undefined }
    },
  }
}

async function startBench(unknownUnit: 'silent' | 'exception' = 'silent', host = '127.0.0.1') {
  const written: unknown[] = []
  const faults = new Faults('unit-1')
  const server = await ModbusServer.start({
    host,
    port: 0,
    units: new Map([[1, { unit: unitWith(written), faults, latencyMs: 0 }]]),
    unknownUnit,
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
  })
  const socket = connect(server.port, host)
  await once(socket, 'connect')
  return {
    server,
    socket,
    written,
    fault: (kind: FaultKind) => faults.set({ kind, rate: 1, ms: 50, code: 6 }),
    async [Symbol.asyncDispose]() {
      socket.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Sends hex, answers with the hex that came within `withinMs`. */
async function exchange(socket: Socket, request: string, withinMs = 100): Promise<string> {
  const chunks: Buffer[] = []
  const take = (chunk: Buffer) => chunks.push(chunk)
  socket.on('data', take)
  socket.write(Buffer.from(request.replaceAll(' ', ''), 'hex'))
  await new Promise((resolve) => setTimeout(resolve, withinMs))
  socket.off('data', take)
  return (Buffer.concat(chunks).toString('hex').match(/../g) ?? []).join(' ')
}

// The examples of the Modbus application protocol specification, byte by byte.
test.each([
  ['read coils', '00 01 00 00 00 06 01 01 00 00 00 09', '00 01 00 00 00 05 01 01 02 0d 01'],
  ['read discrete inputs', '00 02 00 00 00 06 01 02 00 02 00 02', '00 02 00 00 00 04 01 02 01 03'],
  ['read holding registers', '00 03 00 00 00 06 01 03 00 01 00 02', '00 03 00 00 00 07 01 03 04 00 0a 00 14'],
  ['read input registers', '00 04 00 00 00 06 01 04 00 09 00 01', '00 04 00 00 00 05 01 04 02 00 5a'],
  ['write a coil', '00 05 00 00 00 06 01 05 00 03 ff 00', '00 05 00 00 00 06 01 05 00 03 ff 00'],
  ['write a register', '00 06 00 00 00 06 01 06 00 01 00 03', '00 06 00 00 00 06 01 06 00 01 00 03'],
  ['write coils', '00 07 00 00 00 09 01 0f 00 13 00 0a 02 cd 01', '00 07 00 00 00 06 01 0f 00 13 00 0a'],
  [
    'write registers',
    '00 08 00 00 00 0b 01 10 00 01 00 02 04 00 0a 01 02',
    '00 08 00 00 00 06 01 10 00 01 00 02',
  ],
  ['an unknown function', '00 09 00 00 00 02 01 2b', '00 09 00 00 00 03 01 ab 01'],
  ['an unmapped register', '00 0a 00 00 00 06 01 03 00 09 00 02', '00 0a 00 00 00 03 01 83 02'],
  ['too many registers', '00 0b 00 00 00 06 01 03 00 00 00 7e', '00 0b 00 00 00 03 01 83 03'],
  ['a coil that is neither on nor off', '00 0c 00 00 00 06 01 05 00 03 00 01', '00 0c 00 00 00 03 01 85 03'],
])('%s', async (_, request, answer) => {
  await using bench = await startBench()
  expect(await exchange(bench.socket, request)).toBe(answer)
})

test('what was written reaches the unit', async () => {
  await using bench = await startBench()
  await exchange(bench.socket, '00 07 00 00 00 09 01 0f 00 13 00 0a 02 cd 01')
  await exchange(bench.socket, '00 08 00 00 00 0b 01 10 00 01 00 02 04 00 0a 01 02')
  const bits = [true, false, true, true, false, false, true, true, true, false]
  expect(bench.written).toEqual([
    ['bits', 0x13, bits],
    ['words', 1, [10, 0x102]],
  ])
})

test('an unknown unit is silent, or answers 0x0b where the product does', async () => {
  const request = '00 01 00 00 00 06 07 03 00 00 00 01'
  await using silent = await startBench('silent')
  expect(await exchange(silent.socket, request)).toBe('')
  await using polite = await startBench('exception')
  expect(await exchange(polite.socket, request)).toBe('00 01 00 00 00 03 07 83 0b')
})

test('requests in pieces and several in one segment are all answered', async () => {
  await using bench = await startBench()
  const one = '00 03 00 00 00 06 01 03 00 01 00 01'
  expect(await exchange(bench.socket, one.slice(0, 14), 30)).toBe('')
  const rest = await exchange(bench.socket, `${one.slice(14)} ${one}`)
  expect(rest).toBe('00 03 00 00 00 05 01 03 02 00 0a 00 03 00 00 00 05 01 03 02 00 0a')
})

test('bytes that are not Modbus end the connection', async () => {
  await using bench = await startBench()
  const closed = once(bench.socket, 'close')
  bench.socket.write('GET / HTTP/1.1\r\n\r\n')
  await closed
})

test.each([
  ['silent', ''],
  ['exception', '00 03 00 00 00 03 01 83 06'],
  ['late', '00 03 00 00 00 05 01 03 02 00 0a'],
  ['wrong-transaction', '00 0a 00 00 00 05 01 03 02 00 0a'],
  ['half-frame', '00 03 00 00 00 05'],
  ['duplicate', '00 03 00 00 00 05 01 03 02 00 0a 00 03 00 00 00 05 01 03 02 00 0a'],
  ['garbage', '00 03 00 00 00 05 a4 a6 a7 a5 af'],
] as const)('fault %s', async (kind, answer) => {
  await using bench = await startBench()
  bench.fault(kind)
  expect(await exchange(bench.socket, '00 03 00 00 00 06 01 03 00 01 00 01')).toBe(answer)
})

test('fault disconnect hangs up', async () => {
  await using bench = await startBench()
  bench.fault('disconnect')
  const closed = once(bench.socket, 'close')
  bench.socket.write(Buffer.from('000300000006010300010001', 'hex'))
  await closed
})

test('serves IPv6 as well', async () => {
  await using bench = await startBench('silent', '::1')
  expect(await exchange(bench.socket, '00 04 00 00 00 06 01 04 00 09 00 01')).toBe(
    '00 04 00 00 00 05 01 04 02 00 5a',
  )
})
