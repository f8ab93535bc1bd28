import type { ModbusSource } from '#gateway/profiles/device.ts'
import { bytesOf } from './registers.ts'

/**
 * Registers (or bits, as 0 and 1) to the raw value, by the profile. `cells` starts at the value. `undefined` when there are
 * too few. Pure: no clock, no log, no throw.
 */
export function decodeRegisters(
  cells: readonly number[],
  source: ModbusSource,
): number | boolean | string | undefined {
  const { type, count, order, bits } = source
  if (cells.length < count) return undefined
  const own = cells.slice(0, count)
  if (bits !== undefined) return bitsOf(unsigned(own, source), bits)
  if (source.table === 'coil' || source.table === 'discrete') return own[0] !== 0
  const view = bytesOf(own, type === 'text' ? bytesOnly(order) : order)
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
