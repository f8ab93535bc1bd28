import { Adaptive } from './adaptive.ts'
import { type BitWriter, zigzag } from './bit-writer.ts'
import {
  columnCodes,
  exceptionKinds,
  firstGuess,
  firstOrder,
  orderOfFloat32,
  powersOfTen,
  textWidth,
} from './column-codes.ts'
import type { TextList } from './encode-strings.ts'
import type { Column, ColumnPlan } from './plan-columns.ts'

/** First the exceptions with their values, then the values of each column without them. */
export function encodeValues(bits: BitWriter, plan: ColumnPlan, texts: TextList): void {
  const textBits = textWidth(texts.list.length)
  writeExceptions(bits, plan, texts, textBits)
  for (const column of plan.columns) {
    if (column.code <= columnCodes.float32) writeNumbers(bits, plan, column)
    else if (column.code !== columnCodes.none) writePlain(bits, plan, column, texts)
  }
}

function writeExceptions(bits: BitWriter, plan: ColumnPlan, texts: TextList, textBits: number): void {
  const { exception, value } = plan
  let count = 0
  for (let i = 0; i < exception.length; i++) if (exception[i] !== 0) count++
  bits.golomb(count, 0)
  if (count === 0) return
  const gap = new Adaptive(firstGuess.exception)
  let next = 0
  for (let i = 0; i < exception.length; i++) {
    const kind = (exception[i] as number) - 1
    if (kind < 0) continue
    bits.adaptive(i - next, gap)
    next = i + 1
    bits.bits(kind, 2)
    const given = value[i] as number
    if (kind === exceptionKinds.float64) writeFloat64(bits, given)
    else if (kind === exceptionKinds.boolean) bits.bits(given, 1)
    else if (kind === exceptionKinds.text) bits.bits(texts.place.get(given) ?? 0, textBits)
  }
}

function writePlain(bits: BitWriter, plan: ColumnPlan, column: Column, texts: TextList): void {
  const textBits = textWidth(texts.list.length)
  for (let i = column.from; i < column.to; i++) {
    if (plan.exception[i] !== 0) continue
    const value = plan.value[i] as number
    if (column.code === columnCodes.float64) writeFloat64(bits, value)
    else if (column.code === columnCodes.boolean) bits.bits(value, 1)
    else bits.bits(texts.place.get(value) ?? 0, textBits)
  }
}

/**
 * Whole numbers: the first as it is; the first of every further series as the difference to the first of the series
 * before; all others as the difference to the one before.
 */
function writeNumbers(bits: BitWriter, plan: ColumnPlan, column: Column): void {
  const { value, exception, series } = plan
  const power = powersOfTen[column.code] ?? 0
  const isFloat = column.code === columnCodes.float32
  const firstDifference = new Adaptive(firstGuess.firstValue)
  const difference = new Adaptive(firstGuess.value)
  let firstWhole = 0
  let previous = 0
  let current = -1
  for (let i = column.from; i < column.to; i++) {
    if (exception[i] !== 0) continue
    const given = value[i] as number
    const whole = isFloat ? orderOfFloat32(given) : Math.round(given * power)
    if (series[i] === current) bits.adaptive(zigzag(whole - previous), difference)
    else {
      if (current < 0) bits.golomb(zigzag(whole), firstOrder)
      else bits.adaptive(zigzag(whole - firstWhole), firstDifference)
      firstWhole = whole
      current = series[i] as number
    }
    previous = whole
  }
}

const float = new Float64Array(1)
const halves = new Uint32Array(float.buffer)

function writeFloat64(bits: BitWriter, value: number): void {
  float[0] = value
  bits.wide(halves[1] ?? 0, 32)
  bits.wide(halves[0] ?? 0, 32)
}
