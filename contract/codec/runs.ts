import { Adaptive } from './adaptive.ts'
import type { BitReader } from './bit-reader.ts'
import type { BitWriter } from './bit-writer.ts'
import { firstGuess } from './column-codes.ts'
import { Malformed } from './malformed.ts'

/** Golomb order of the number that a run repeats. */
const valueOrder = 8

/**
 * A column that hardly ever changes. One bit 0 where it holds nothing but `usual`; otherwise a 1 and runs of equal
 * numbers, each as its length less one and the number, until every sample has one.
 */
export function encodeRuns(
  bits: BitWriter,
  order: Uint32Array,
  column: Uint16Array | Uint8Array | undefined,
  usual: number,
): void {
  if (column === undefined || column.every((value) => value === usual)) {
    bits.bits(0, 1)
    return
  }
  bits.bits(1, 1)
  const length = new Adaptive(firstGuess.run)
  for (let from = 0, to = 0; from < order.length; from = to) {
    const value = column[order[from] as number] as number
    for (to = from + 1; to < order.length && column[order[to] as number] === value; ) to++
    bits.adaptive(to - from - 1, length)
    bits.golomb(value, valueOrder)
  }
}

/** Fills `column`; false where it holds nothing but `usual`, and then it is left alone. */
export function decodeRuns(bits: BitReader, column: Uint16Array | Uint8Array, largest: number): boolean {
  if (bits.bits(1) === 0) return false
  const length = new Adaptive(firstGuess.run)
  for (let from = 0, to = 0; from < column.length; from = to) {
    to = from + bits.adaptive(length) + 1
    const value = bits.golomb(valueOrder)
    if (to > column.length)
      throw new Malformed(`a run up to sample ${to} of ${column.length} in ${bits.section}`)
    if (value > largest) throw new Malformed(`${value} in ${bits.section}, at most ${largest}`)
    column.fill(value, from, to)
  }
  return true
}
