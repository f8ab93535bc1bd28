import { valueTypes } from '../sample.ts'
import { Adaptive } from './adaptive.ts'
import { type BitReader, unzigzag } from './bit-reader.ts'
import {
  columnCodes,
  exceptionKinds,
  firstGuess,
  firstOrder,
  float32OfOrder,
  maxWhole,
  powersOfTen,
  textWidth,
} from './column-codes.ts'
import type { CodedColumn, Structure } from './decode-structure.ts'
import { Malformed } from './malformed.ts'

type Values = { readonly value: Float64Array; readonly type: Uint8Array }

/** A sample that is not an exception has no type yet. */
const open = 255

export function decodeValues(bits: BitReader, structure: Structure, texts: number): Values {
  const count = structure.t.length
  const values = { value: new Float64Array(count), type: new Uint8Array(count).fill(open) }
  const reader = new ValueReader(bits, values, texts)
  bits.section = 'the exceptions'
  reader.exceptions()
  for (const [index, column] of structure.columns.entries()) {
    bits.section = `the values of column ${index + 1}`
    reader.column(column, structure.series)
  }
  return values
}

class ValueReader {
  readonly #bits: BitReader
  readonly #value: Float64Array
  readonly #type: Uint8Array
  readonly #texts: number
  readonly #textBits: number

  constructor(bits: BitReader, values: Values, texts: number) {
    this.#bits = bits
    this.#value = values.value
    this.#type = values.type
    this.#texts = texts
    this.#textBits = textWidth(texts)
  }

  exceptions(): void {
    const count = this.#bits.golomb(0)
    const gap = new Adaptive(firstGuess.exception)
    let next = 0
    for (let i = 0; i < count; i++) {
      const place = next + this.#bits.adaptive(gap)
      if (place >= this.#type.length)
        throw new Malformed(`exception at sample ${place} of ${this.#type.length}`)
      next = place + 1
      this.#exception(place, this.#bits.bits(2))
    }
  }

  column(column: CodedColumn, series: Uint32Array): void {
    const { code } = column
    if (code <= columnCodes.float32) this.#numbers(column, series)
    else if (code > columnCodes.none) throw new Malformed(`code ${code} in ${this.#bits.section}`)
    else for (let i = column.from; i < column.to; i++) if (this.#type[i] === open) this.#plain(i, code)
  }

  #exception(place: number, kind: number): void {
    if (kind === exceptionKinds.none) this.#type[place] = valueTypes.none
    else if (kind === exceptionKinds.float64) this.#plain(place, columnCodes.float64)
    else this.#plain(place, kind === exceptionKinds.boolean ? columnCodes.boolean : columnCodes.text)
  }

  #plain(place: number, code: number): void {
    if (code === columnCodes.none) this.#type[place] = valueTypes.none
    else if (code === columnCodes.float64) this.#set(place, valueTypes.number, this.#float64())
    else if (code === columnCodes.boolean) this.#set(place, valueTypes.boolean, this.#bits.bits(1))
    else this.#set(place, valueTypes.text, this.#text())
  }

  #set(place: number, type: number, value: number): void {
    this.#type[place] = type
    this.#value[place] = value
  }

  #text(): number {
    const index = this.#bits.bits(this.#textBits)
    if (index >= this.#texts) throw new Malformed(`text ${index} of ${this.#texts} in ${this.#bits.section}`)
    return index
  }

  #float64(): number {
    halves[1] = this.#bits.wide(32)
    halves[0] = this.#bits.wide(32)
    const value = float[0] ?? 0
    if (Number.isNaN(value)) throw new Malformed(`a number that is NaN in ${this.#bits.section}`)
    return value
  }

  #numbers(column: CodedColumn, series: Uint32Array): void {
    const bits = this.#bits
    const type = this.#type
    const firstDifference = new Adaptive(firstGuess.firstValue)
    const difference = new Adaptive(firstGuess.value)
    let firstWhole = 0
    let whole = 0
    let current = -1
    for (let i = column.from; i < column.to; i++) {
      if (type[i] !== open) continue
      if (series[i] === current) whole += unzigzag(bits.adaptive(difference))
      else {
        whole =
          current < 0
            ? unzigzag(bits.golomb(firstOrder))
            : firstWhole + unzigzag(bits.adaptive(firstDifference))
        firstWhole = whole
        current = series[i] as number
      }
      type[i] = valueTypes.number
      this.#value[i] = this.#number(whole, column.code)
    }
  }

  #number(whole: number, code: number): number {
    if (code !== columnCodes.float32) {
      if (Math.abs(whole) > maxWhole) throw new Malformed(`whole number ${whole} in ${this.#bits.section}`)
      return whole / (powersOfTen[code] as number)
    }
    const value = whole >= -(2 ** 31) && whole < 2 ** 31 ? float32OfOrder(whole) : Number.NaN
    if (Number.isNaN(value)) throw new Malformed(`no float32 in ${this.#bits.section}`)
    return value
  }
}

const float = new Float64Array(1)
const halves = new Uint32Array(float.buffer)
