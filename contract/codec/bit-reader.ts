import type { Adaptive } from './adaptive.ts'
import { powersOfTwo } from './bit-writer.ts'
import { Malformed } from './malformed.ts'

/** No number of the format has more bits. */
const widest = 53

/** Reads what a `BitWriter` wrote. Throws `Malformed`, naming the section, where the bytes end early. */
export class BitReader {
  /** What is being read, for the reason of a refusal. */
  section = ''
  readonly #bytes: Uint8Array
  readonly #end: number
  #at = 0

  constructor(bytes: Uint8Array) {
    // Seven zeros at the end let every read look four bytes ahead without asking.
    this.#bytes = new Uint8Array(bytes.length + 7)
    this.#bytes.set(bytes)
    this.#end = bytes.length * 8
  }

  get left(): number {
    return this.#end - this.#at
  }

  /** `count` from 0 to 24. */
  bits(count: number): number {
    const value = this.#peek() >>> (24 - count)
    this.#skip(count)
    return value
  }

  /** `count` up to 53. */
  wide(count: number): number {
    if (count <= 24) return this.bits(count)
    const high = this.wide(count - 24)
    return high * 2 ** 24 + this.bits(24)
  }

  golomb(k: number): number {
    let ones = 0
    let head = Math.clz32(~(this.#peek() << 8))
    while (head >= 24) {
      this.#skip(24)
      ones += 24
      if (ones > widest) throw new Malformed(`a number of more than ${widest} bits in ${this.section}`)
      head = Math.clz32(~(this.#peek() << 8))
    }
    this.#skip(head + 1)
    ones += head
    const tail = ones + k
    if (tail > widest - 1) throw new Malformed(`a number of more than ${widest} bits in ${this.section}`)
    return (powersOfTwo[tail] as number) + this.wide(tail) - (powersOfTwo[k] as number)
  }

  adaptive(state: Adaptive): number {
    const value = this.golomb(state.k)
    state.learn(value)
    return value
  }

  /** Refuses what follows the last number, except the zeros that fill its byte. */
  finish(): void {
    if (this.left >= 8) throw new Malformed(`${this.left >>> 3} bytes left over after the last value`)
    if (this.bits(this.left) !== 0) throw new Malformed('padding bits that are not zero')
  }

  /** The next 24 bits. */
  #peek(): number {
    const at = this.#at >>> 3
    const bytes = this.#bytes
    const word =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)
    return (word << (this.#at & 7)) >>> 8
  }

  #skip(count: number): void {
    this.#at += count
    if (this.#at > this.#end) throw new Malformed(`ended early in ${this.section}`)
  }
}

/** The inverse of `zigzag`. */
export function unzigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2
}
