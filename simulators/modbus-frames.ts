/** Modbus TCP frames as the slave sees them: pure, bytes in, bytes out. */

export const exceptions = {
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  deviceFailure: 4,
  busy: 6,
  noAnswerBehindGateway: 0x0b,
} as const

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: number }
export type BitTable = 'coil' | 'discrete'
export type WordTable = 'holding' | 'input'

/** One slave address. Refusing is an answer, never a throw. */
export interface ModbusUnit {
  readBits(table: BitTable, start: number, count: number): Answer<readonly boolean[]>
  readWords(table: WordTable, start: number, count: number): Answer<readonly number[]>
  /** `functionCode` 5 or 15: some devices know one of them alone. */
  writeBits(start: number, bits: readonly boolean[], functionCode: 5 | 15): Answer<undefined>
  /** `functionCode` 6 or 16. */
  writeWords(start: number, words: readonly number[], functionCode: 6 | 16): Answer<undefined>
}

export type Request = { readonly transaction: number; readonly unit: number; readonly pdu: Buffer }

/** How requests lie in a stream of bytes, and answers too. */
export type Framing = {
  readonly name: 'tcp' | 'rtu'
  /** Takes whole requests off the front. `undefined` when the bytes are no Modbus at all: the caller hangs up. */
  readonly take: (bytes: Buffer) => { requests: readonly Request[]; rest: Buffer } | undefined
  readonly frame: (to: { readonly transaction: number; readonly unit: number }, pdu: Buffer) => Buffer
}

const headerBytes = 7
const maxPduBytes = 253
const bitTables: Record<number, BitTable> = { 1: 'coil', 2: 'discrete' }
const wordTables: Record<number, WordTable> = { 3: 'holding', 4: 'input' }

/** Takes whole requests off the front. `undefined` when the bytes are not Modbus TCP: the caller hangs up. */
export function takeRequests(bytes: Buffer): { requests: readonly Request[]; rest: Buffer } | undefined {
  const requests: Request[] = []
  let at = 0
  while (bytes.length - at >= headerBytes) {
    const length = bytes.readUInt16BE(at + 4)
    if (bytes.readUInt16BE(at + 2) !== 0 || length < 2 || length > maxPduBytes + 1) return undefined
    if (bytes.length - at < 6 + length) break
    const pdu = bytes.subarray(at + headerBytes, at + 6 + length)
    requests.push({ transaction: bytes.readUInt16BE(at), unit: bytes.readUInt8(at + 6), pdu })
    at += 6 + length
  }
  return { requests, rest: bytes.subarray(at) }
}

export function frame(transaction: number, unit: number, pdu: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt16BE(transaction, 0)
  header.writeUInt16BE(pdu.length + 1, 4)
  header.writeUInt8(unit, 6)
  return Buffer.concat([header, pdu])
}

export const tcpFraming: Framing = {
  name: 'tcp',
  take: takeRequests,
  frame: ({ transaction, unit }, pdu) => frame(transaction, unit, pdu),
}

export function exceptionPdu(functionCode: number, code: number): Buffer {
  return Buffer.from([functionCode | 0x80, code])
}

/** What the unit answers to one request. */
export function respond(unit: ModbusUnit, pdu: Buffer): Buffer {
  const functionCode = pdu.readUInt8(0)
  const answer = carryOut(unit, functionCode, pdu)
  return answer.ok ? answer.value : exceptionPdu(functionCode, answer.code)
}

function carryOut(unit: ModbusUnit, functionCode: number, pdu: Buffer): Answer<Buffer> {
  switch (functionCode) {
    case 1:
    case 2:
      return readBits(unit, functionCode, pdu)
    case 3:
    case 4:
      return readWords(unit, functionCode, pdu)
    case 5:
      return writeCoil(unit, pdu)
    case 6:
      if (pdu.length !== 5) return refuse(exceptions.illegalValue)
      return echo(unit.writeWords(pdu.readUInt16BE(1), [pdu.readUInt16BE(3)], 6), pdu)
    case 15:
      return writeCoils(unit, pdu)
    case 16:
      return writeRegisters(unit, pdu)
    default:
      return refuse(exceptions.illegalFunction)
  }
}

function readBits(unit: ModbusUnit, functionCode: 1 | 2, pdu: Buffer): Answer<Buffer> {
  const span = spanOf(pdu, 2000)
  if (!span.ok || pdu.length !== 5) return refuse(exceptions.illegalValue)
  const bits = unit.readBits(bitTables[functionCode] ?? 'coil', span.value.start, span.value.count)
  if (!bits.ok) return bits
  const packed = Buffer.alloc(2 + Math.ceil(bits.value.length / 8))
  packed.writeUInt8(functionCode, 0)
  packed.writeUInt8(packed.length - 2, 1)
  for (const [i, bit] of bits.value.entries()) {
    const at = 2 + (i >> 3)
    if (bit) packed.writeUInt8(packed.readUInt8(at) | (1 << (i & 7)), at)
  }
  return { ok: true, value: packed }
}

function readWords(unit: ModbusUnit, functionCode: 3 | 4, pdu: Buffer): Answer<Buffer> {
  const span = spanOf(pdu, 125)
  if (!span.ok || pdu.length !== 5) return refuse(exceptions.illegalValue)
  const words = unit.readWords(wordTables[functionCode] ?? 'holding', span.value.start, span.value.count)
  if (!words.ok) return words
  const answer = Buffer.alloc(2 + 2 * words.value.length)
  answer.writeUInt8(functionCode, 0)
  answer.writeUInt8(2 * words.value.length, 1)
  for (const [i, word] of words.value.entries()) answer.writeUInt16BE(word & 0xffff, 2 + 2 * i)
  return { ok: true, value: answer }
}

function writeCoil(unit: ModbusUnit, pdu: Buffer): Answer<Buffer> {
  if (pdu.length !== 5) return refuse(exceptions.illegalValue)
  const literal = pdu.readUInt16BE(3)
  if (literal !== 0xff00 && literal !== 0) return refuse(exceptions.illegalValue)
  return echo(unit.writeBits(pdu.readUInt16BE(1), [literal === 0xff00], 5), pdu)
}

function writeCoils(unit: ModbusUnit, pdu: Buffer): Answer<Buffer> {
  const span = spanOf(pdu, 1968)
  if (!span.ok || pdu.length !== 6 + Math.ceil(span.value.count / 8)) return refuse(exceptions.illegalValue)
  const { start, count } = span.value
  const bits = Array.from({ length: count }, (_, i) => (pdu.readUInt8(6 + (i >> 3)) & (1 << (i & 7))) !== 0)
  return echo(unit.writeBits(start, bits, 15), pdu.subarray(0, 5))
}

function writeRegisters(unit: ModbusUnit, pdu: Buffer): Answer<Buffer> {
  const span = spanOf(pdu, 123)
  if (!span.ok || pdu.length !== 6 + 2 * span.value.count) return refuse(exceptions.illegalValue)
  const { start, count } = span.value
  const words = Array.from({ length: count }, (_, i) => pdu.readUInt16BE(6 + 2 * i))
  return echo(unit.writeWords(start, words, 16), pdu.subarray(0, 5))
}

function spanOf(pdu: Buffer, max: number): Answer<{ start: number; count: number }> {
  if (pdu.length < 5) return refuse(exceptions.illegalValue)
  const count = pdu.readUInt16BE(3)
  if (count < 1 || count > max) return refuse(exceptions.illegalValue)
  return { ok: true, value: { start: pdu.readUInt16BE(1), count } }
}

function echo(written: Answer<undefined>, pdu: Buffer): Answer<Buffer> {
  return written.ok ? { ok: true, value: pdu } : written
}

function refuse(code: number): Answer<never> {
  return { ok: false, code }
}
