import type { BitOrder, RegisterType } from '#gateway/profiles/modbus.ts'

/**
 * Values to registers and back, written apart from the gateway's decoders on purpose: a mistake made in both would have
 * to be made twice.
 */
export type RegisterLayout = {
  readonly type: RegisterType
  readonly order: BitOrder
  /** Registers of a text. */
  readonly count: number
}

const byteLength: Record<Exclude<RegisterType, 'bool' | 'text'>, number> = {
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  u64: 8,
  i64: 8,
  f64: 8,
}

/** The registers in the order of their addresses. A number that does not fit is held at the nearest that does. */
export function toWords(value: number | string, layout: RegisterLayout): number[] {
  const bytes = toBytes(value, layout)
  const words = Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i))
  return arrange(words, layout)
}

/** What a client wrote, as a number or a text. `undefined` when there are too few registers. */
export function fromWords(words: readonly number[], layout: RegisterLayout): number | string | undefined {
  const { type } = layout
  if (type === 'bool') return words[0] === undefined ? undefined : Number(words[0] !== 0)
  const size = type === 'text' ? layout.count * 2 : byteLength[type]
  if (words.length * 2 < size) return undefined
  const bytes = Buffer.alloc(size)
  for (const [i, word] of arrange(words.slice(0, size / 2), layout).entries())
    bytes.writeUInt16BE(word, 2 * i)
  switch (type) {
    case 'u16':
      return bytes.readUInt16BE()
    case 'i16':
      return bytes.readInt16BE()
    case 'u32':
      return bytes.readUInt32BE()
    case 'i32':
      return bytes.readInt32BE()
    case 'f32':
      return bytes.readFloatBE()
    case 'u64':
      return Number(bytes.readBigUInt64BE())
    case 'i64':
      return Number(bytes.readBigInt64BE())
    case 'f64':
      return bytes.readDoubleBE()
    case 'text':
      return bytes.toString('latin1').replace(/[\0 ]+$/, '')
  }
}

/** A number in some bits of a register, or of a longer value, with nothing in the others. Bit 0 is the lowest. */
export function fieldWords(
  value: number | string,
  { pos, len }: { readonly pos: number; readonly len: number },
  { count, order }: { readonly count: number; readonly order: BitOrder },
): number[] {
  const field = BigInt.asUintN(len, BigInt(Math.round(Number(value)))) << BigInt(pos)
  const words = Array.from({ length: count }, (_, i) =>
    Number((field >> BigInt(16 * (count - 1 - i))) & 0xffffn),
  )
  return arrange(words, { type: 'u16', order, count })
}

/** The number in some bits of what a client wrote. */
export function fieldOf(
  words: readonly number[],
  { pos, len }: { readonly pos: number; readonly len: number },
  { count, order }: { readonly count: number; readonly order: BitOrder },
): number {
  const all = arrange(words.slice(0, count), { type: 'u16', order, count })
  const whole = all.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n)
  return Number(BigInt.asUintN(len, whole >> BigInt(pos)))
}

/** Swaps words, bytes or both; doing it twice gives the first back. The words of a text always run forward. */
function arrange(words: readonly number[], { type, order }: RegisterLayout): number[] {
  const isReversed = type !== 'text' && (order === 'CDAB' || order === 'DCBA')
  const wordSwapped = isReversed ? words.toReversed() : [...words]
  if (order === 'ABCD' || order === 'CDAB') return wordSwapped
  return wordSwapped.map((word) => ((word & 0xff) << 8) | (word >> 8))
}

function toBytes(value: number | string, { type, count }: RegisterLayout): Buffer {
  if (type === 'text') {
    const bytes = Buffer.alloc(count * 2)
    bytes.write(String(value), 'latin1')
    return bytes
  }
  const number = Number(value)
  if (type === 'bool') return Buffer.from([0, number === 0 ? 0 : 1])
  const bytes = Buffer.alloc(byteLength[type])
  if (type === 'f32') bytes.writeFloatBE(number)
  else if (type === 'f64') bytes.writeDoubleBE(number)
  else writeInteger(bytes, number, type.startsWith('i'))
  return bytes
}

function writeInteger(bytes: Buffer, value: number, signed: boolean): void {
  const bits = bytes.length * 8
  const low = signed ? -(2n ** BigInt(bits - 1)) : 0n
  const high = 2n ** BigInt(signed ? bits - 1 : bits) - 1n
  const whole = Number.isFinite(value) ? BigInt(Math.round(value)) : 0n
  const held = whole < low ? low : whole > high ? high : whole
  const raw = BigInt.asUintN(bits, held)
  for (let i = 0; i < bytes.length; i++) bytes[bytes.length - 1 - i] = Number((raw >> BigInt(8 * i)) & 0xffn)
}
