/** The wire format of protocol buffers, read field by field in place. */

/** The bytes are no message. Caught by whoever reads one. */
export class Malformed extends Error {}

/** `int` is what a varint says; `from` and `to` are where the bytes of everything else lie. */
export type Field = { readonly no: number; readonly int: bigint; readonly from: number; readonly to: number }

/** The fields of the message between `from` and `to`. Throws Malformed. */
export function* fieldsOf(bytes: Uint8Array, from = 0, to = bytes.length): Generator<Field> {
  for (let at = from; at < to; ) {
    const tag = varint(bytes, at, to)
    const no = Number(tag.value >> 3n)
    const body = bodyOf(bytes, Number(tag.value & 7n), tag.to, to)
    if (no === 0 || body.to > to) throw new Malformed()
    yield { no, ...body }
    at = body.to
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

export function textOf(bytes: Uint8Array, { from, to }: Field): string {
  try {
    return utf8.decode(bytes.subarray(from, to))
  } catch (cause) {
    throw new Malformed('no UTF-8', { cause })
  }
}

function bodyOf(bytes: Uint8Array, wire: number, at: number, to: number): Omit<Field, 'no'> {
  switch (wire) {
    case 0: {
      const { value, to: end } = varint(bytes, at, to)
      return { int: value, from: end, to: end }
    }
    case 1:
      return { int: 0n, from: at, to: at + 8 }
    case 2: {
      const length = varint(bytes, at, to)
      return { int: 0n, from: length.to, to: length.to + Number(length.value) }
    }
    case 5:
      return { int: 0n, from: at, to: at + 4 }
    default:
      throw new Malformed()
  }
}

/** At most ten bytes, unsigned. */
function varint(bytes: Uint8Array, from: number, to: number): { value: bigint; to: number } {
  let value = 0n
  for (let i = 0; i < 10 && from + i < to; i++) {
    const byte = bytes[from + i] ?? 0
    value |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), to: from + i + 1 }
  }
  throw new Malformed()
}
