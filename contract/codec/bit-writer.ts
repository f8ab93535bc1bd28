import type { Adaptive } from './adaptive.ts'

/** Writes numbers of any width, most significant bit first. */
export class BitWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0
  /** Bits not yet in `#bytes`, at most 7, in the low end. */
  #pending = 0
  #pendingCount = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** `value` below 2^`count`, `count` from 0 to 24. */
  bits(value: number, count: number): void {
    let pendingCount = this.#pendingCount + count
    const pending = (this.#pending << count) | value
    if (this.#length + 4 > this.#bytes.length) this.#grow()
    while (pendingCount >= 8) {
      pendingCount -= 8
      this.#bytes[this.#length++] = pending >>> pendingCount
    }
    this.#pending = pending & ((1 << pendingCount) - 1)
    this.#pendingCount = pendingCount
  }

  /** `value` below 2^`count`, `count` up to 53. */
  wide(value: number, count: number): void {
    const rest = count - 24
    if (rest <= 0) this.bits(value, count)
    else {
      this.wide(Math.floor(value / 2 ** 24), rest)
      this.bits(value % 2 ** 24, 24)
    }
  }

  /**
   * Exponential Golomb code of order `k`: with v = value + 2^k of n bits, n - 1 - k ones, a zero, then v without its
   * first bit. Short below 2^k, and never much longer than the number itself.
   */
  golomb(value: number, k: number): void {
    const v = value + (powersOfTwo[k] as number)
    const tail = bitLength(v) - 1
    const ones = tail - k
    if (ones + tail < 24) {
      const head = (2 << ones) - 2
      this.bits((head << tail) | (v & ((1 << tail) - 1)), ones + 1 + tail)
      return
    }
    for (let left = ones; left > 0; left -= 16) this.bits((1 << Math.min(left, 16)) - 1, Math.min(left, 16))
    this.bits(0, 1)
    this.wide(v - (powersOfTwo[tail] as number), tail)
  }

  adaptive(value: number, state: Adaptive): void {
    this.golomb(value, state.k)
    state.learn(value)
  }

  /** The bytes so far, the last one filled up with zeros. The writer is finished. */
  finish(): Uint8Array {
    this.bits(0, (8 - this.#pendingCount) % 8)
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2 + 8)
    bytes.set(this.#bytes)
    this.#bytes = bytes
  }
}

/** Looked up, because `**` is slow in a loop. */
export const powersOfTwo = Float64Array.from({ length: 54 }, (_, exponent) => 2 ** exponent)

function bitLength(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32)
}

/** 0, -1, 1, -2, … → 0, 1, 2, 3, … */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}
