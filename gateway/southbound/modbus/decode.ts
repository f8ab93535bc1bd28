import type { ModbusSource } from '#gateway/profiles/device.ts'
import { bytesOf } from './registers.ts'

export type Raw = number | boolean | string | undefined

/** Takes one value out of an answer. `undefined` where the answer is too short. Pure: no clock, no log, no throw. */
export type ValueReader = (answer: Buffer) => Raw

/**
 * How to read `source` from an answer that begins at register (or bit) `start`. Made once for each point: what the profile
 * says is worked out here and not at every reading.
 */
export function valueReader(source: ModbusSource, start: number): ValueReader {
  const { table, type, order, count, bits, byte } = source
  if (table === 'coil' || table === 'discrete') return bitReader(source.addr - start)
  const at = (source.addr - start) * 2
  const end = at + count * 2
  if (bits !== undefined || byte !== undefined || order !== 'ABCD' || count > 2 || type === 'text') {
    return (answer) => (answer.length < end ? undefined : rawOf(wordsAt(answer, at, count), source))
  }
  switch (type) {
    case 'bool':
      return (answer) => (answer.length < end ? undefined : answer.readUInt16BE(at) !== 0)
    case 'u16':
      return (answer) => (answer.length < end ? undefined : answer.readUInt16BE(at))
    case 'i16':
      return (answer) => (answer.length < end ? undefined : answer.readInt16BE(at))
    case 'u32':
      return (answer) => (answer.length < end ? undefined : answer.readUInt32BE(at))
    case 'i32':
      return (answer) => (answer.length < end ? undefined : answer.readInt32BE(at))
    case 'f32':
      return (answer) => (answer.length < end ? undefined : answer.readFloatBE(at))
    case 'u64':
    case 'i64':
    case 'f64':
      return (answer) => (answer.length < end ? undefined : rawOf(wordsAt(answer, at, count), source))
  }
}

/** The same from registers (or bits, as 0 and 1) that begin at the value. */
export function decodeRegisters(cells: readonly number[], source: ModbusSource): Raw {
  if (cells.length < source.count) return undefined
  if (source.table === 'coil' || source.table === 'discrete') return cells[0] !== 0
  return rawOf(cells.slice(0, source.count), source)
}

function bitReader(bit: number): ValueReader {
  const byte = bit >> 3
  const mask = 1 << (bit & 7)
  return (answer) => (answer.length <= byte ? undefined : ((answer[byte] ?? 0) & mask) !== 0)
}

function wordsAt(answer: Buffer, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => answer.readUInt16BE(at + i * 2))
}

function rawOf(words: readonly number[], source: ModbusSource): Raw {
  const { type, order, bits, byte } = source
  if (byte !== undefined) return halfOf(words[0] ?? 0, source)
  if (bits !== undefined) return bitsOf(unsigned(words, source), bits)
  const view = bytesOf(words, type === 'text' ? bytesOnly(order) : order)
  switch (type) {
    case 'bool':
      return view.getUint16(0) !== 0
    case 'u16':
      return view.getUint16(0)
    case 'i16':
      return view.getInt16(0)
    case 'u32':
      return view.getUint32(0)
    case 'i32':
      return view.getInt32(0)
    case 'u64':
      return Number(view.getBigUint64(0))
    case 'i64':
      return Number(view.getBigInt64(0))
    case 'f32':
      return view.getFloat32(0)
    case 'f64':
      return view.getFloat64(0)
    case 'text':
      return textOf(view)
  }
}

/** One of the two values that share a register. */
function halfOf(word: number, { type, order, byte, bits }: ModbusSource): number | boolean {
  const isHigh = (byte === 'hi') !== (order === 'BADC' || order === 'DCBA')
  const half = isHigh ? word >> 8 : word & 0xff
  if (bits !== undefined) return bitsOf(BigInt(half), bits)
  if (type === 'bool') return half !== 0
  return type === 'i16' ? (half << 24) >> 24 : half
}

function unsigned(words: readonly number[], { order }: ModbusSource): bigint {
  const view = bytesOf(words, order)
  let value = 0n
  for (let at = 0; at < view.byteLength; at += 2) value = (value << 16n) | BigInt(view.getUint16(at))
  return value
}

/** Bit 0 is the least significant. One bit is a yes or no. */
function bitsOf(value: bigint, { pos, len }: { pos: number; len: number }): number | boolean {
  const field = Number((value >> BigInt(pos)) & ((1n << BigInt(len)) - 1n))
  return len === 1 ? field === 1 : field
}

/** The words of a text always run forward; only the two characters of a word may be swapped. */
function bytesOnly(order: ModbusSource['order']): ModbusSource['order'] {
  return order === 'BADC' || order === 'DCBA' ? 'BADC' : 'ABCD'
}

/** Up to the first zero byte, without the padding that devices add. */
function textOf(view: DataView): string {
  const text = new TextDecoder('latin1').decode(view)
  return (text.split('\0', 1)[0] ?? '').trim()
}
