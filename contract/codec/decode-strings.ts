import { BitReader } from './bit-reader.ts'
import { readVarint } from './header.ts'
import { maxNameBytes, maxSeries, maxStringBytes, maxTextBytes, maxTexts } from './limits.ts'
import { Malformed } from './malformed.ts'

export type Strings = {
  readonly prefixes: readonly string[]
  readonly literals: readonly string[]
  readonly texts: readonly string[]
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads the names and texts; the reader that is returned stands behind their lengths. */
export function decodeStrings(body: Uint8Array): { strings: Strings; bits: BitReader } {
  const { value: length, next } = readVarint(body, 0, body.length)
  if (length > body.length - next) throw new Malformed(`${length} bytes of text in a body of ${body.length}`)
  const bits = new BitReader(body.subarray(next + length))
  const reader = new StringReader(bits, body.subarray(next, next + length))
  bits.section = 'the device names'
  const prefixes = reader.list(bits.golomb(2) + 1, { most: maxSeries, longest: maxNameBytes })
  bits.section = 'the point names'
  const literals = reader.list(bits.golomb(0), { most: maxSeries, longest: maxNameBytes })
  bits.section = 'the texts'
  const texts = reader.list(bits.golomb(0), { most: maxTexts, longest: maxTextBytes })
  reader.finish()
  return { strings: { prefixes, literals, texts }, bits }
}

class StringReader {
  readonly #bits: BitReader
  readonly #bytes: Uint8Array
  #at = 0
  #total = 0

  constructor(bits: BitReader, bytes: Uint8Array) {
    this.#bits = bits
    this.#bytes = bytes
  }

  list(count: number, limit: { most: number; longest: number }): string[] {
    if (count > limit.most) throw new Malformed(`${count} of ${this.#bits.section}, at most ${limit.most}`)
    const strings: string[] = []
    let previous: Uint8Array = new Uint8Array(0)
    for (let i = 0; i < count; i++) {
      previous = this.#next(previous, limit.longest)
      strings.push(this.#text(previous))
    }
    return strings
  }

  finish(): void {
    if (this.#at < this.#bytes.length)
      throw new Malformed(`${this.#bytes.length - this.#at} bytes of text left over`)
  }

  #next(previous: Uint8Array, longest: number): Uint8Array {
    const { section } = this.#bits
    const shared = this.#bits.golomb(0)
    const own = this.#bits.golomb(3)
    if (shared > previous.length)
      throw new Malformed(`${shared} shared bytes of ${previous.length} in ${section}`)
    if (shared + own > longest)
      throw new Malformed(`${shared + own} bytes in ${section}, at most ${longest} each`)
    if (own > this.#bytes.length - this.#at) throw new Malformed(`the text bytes end early in ${section}`)
    this.#total += shared + own
    if (this.#total > maxStringBytes)
      throw new Malformed(`more than ${maxStringBytes} bytes of names and texts`)
    const bytes = new Uint8Array(shared + own)
    bytes.set(previous.subarray(0, shared))
    bytes.set(this.#bytes.subarray(this.#at, this.#at + own), shared)
    this.#at += own
    return bytes
  }

  #text(bytes: Uint8Array): string {
    try {
      return decoder.decode(bytes)
    } catch (cause) {
      throw new Malformed(`not UTF-8 in ${this.#bits.section}`, { cause })
    }
  }
}
