import type { BitWriter } from './bit-writer.ts'
import { maxBodyBytes, maxNameBytes, maxTextBytes, maxTexts } from './limits.ts'

/** Texts of the message, and where a text of the batch is among them. */
export type TextList = { readonly list: readonly string[]; readonly place: ReadonlyMap<number, number> }

type Strings = {
  readonly prefixes: readonly string[]
  readonly literals: readonly string[]
  readonly texts: readonly string[]
}

const encoder = new TextEncoder()

/** Writes the lengths into the bits and returns the bytes, with their count in front. */
export function encodeStrings(bits: BitWriter, strings: Strings): Uint8Array {
  if (strings.texts.length > maxTexts)
    throw new RangeError(`${strings.texts.length} texts, at most ${maxTexts}`)
  const parts: Uint8Array[] = []
  bits.golomb(strings.prefixes.length - 1, 2)
  writeList(bits, strings.prefixes, maxNameBytes, parts)
  bits.golomb(strings.literals.length, 0)
  writeList(bits, strings.literals, maxNameBytes, parts)
  bits.golomb(strings.texts.length, 0)
  writeList(bits, strings.texts, maxTextBytes, parts)
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > maxBodyBytes) throw new RangeError(`${length} bytes of text, at most ${maxBodyBytes}`)
  return Buffer.concat([varint(length), ...parts])
}

/** Each string is the bytes it shares with the one before, and the rest. */
function writeList(bits: BitWriter, list: readonly string[], longest: number, parts: Uint8Array[]): void {
  let previous: Uint8Array = new Uint8Array(0)
  for (const text of list) {
    const bytes = encoder.encode(text)
    if (bytes.length > longest) throw new RangeError(`a text of ${bytes.length} bytes, at most ${longest}`)
    if (!text.isWellFormed()) throw new RangeError('a text with half a surrogate pair')
    let shared = 0
    while (shared < bytes.length && bytes[shared] === previous[shared]) shared++
    bits.golomb(shared, 0)
    bits.golomb(bytes.length - shared, 3)
    parts.push(bytes.subarray(shared))
    previous = bytes
  }
}

/** Seven bits a byte, the lowest first; the high bit says that another byte follows. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Uint8Array.from([...bytes, rest])
}
