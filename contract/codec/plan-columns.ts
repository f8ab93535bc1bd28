/** Decides how the values of each point travel, and which of them are exceptions. */
import { type SampleColumns, valueTypes } from '../sample.ts'
import { columnCodes, exceptionKinds, maxDecimals, maxWhole, powersOfTen } from './column-codes.ts'
import type { Layout } from './layout.ts'

export type Column = {
  /** A code of `columnCodes`, or the number of decimals. */
  code: number
  /** Its samples, as places in the order of the wire. */
  readonly from: number
  to: number
}

export type ColumnPlan = {
  readonly columns: readonly Column[]
  /** For each point of each group: 1 where its values are part of the column of the point before. */
  readonly isShared: Uint8Array
  /** For each sample in wire order: 0, or one more than its kind of exception. */
  readonly exception: Uint8Array
  /** Values and their types in wire order. */
  readonly value: Float64Array
  readonly type: Uint8Array
  /** Series (of the layout) in wire order. */
  readonly series: Uint32Array
}

/** Above one exception in sixteen a column travels in a wider form. */
const exceptionsPerColumn = 1 / 16

export function planColumns(samples: SampleColumns, layout: Layout): ColumnPlan {
  const { order, series } = layout
  const value = new Float64Array(order.length)
  const type = new Uint8Array(order.length)
  for (let i = 0; i < order.length; i++) {
    value[i] = samples.value[order[i] as number] as number
    type[i] = samples.type[order[i] as number] as number
  }
  const exception = new Uint8Array(order.length)
  const { columns, isShared } = findColumns(layout, value, type)
  for (const column of columns) markExceptions(column, value, type, exception)
  return { columns, isShared, exception, value, type, series }
}

/** One column for each point of each group, or for several that are of one family and coded alike. */
function findColumns({ arranged, series }: Layout, value: Float64Array, type: Uint8Array) {
  const { groups, groupOf, nameOf } = arranged
  const columns: Column[] = []
  const isShared = new Uint8Array(groups.reduce((sum, group) => sum + group.names.length, 0))
  for (let from = 0, to = 0, point = 0; from < series.length; from = to, point++) {
    const group = groupOf[series[from] as number] as number
    const name = nameOf[series[from] as number] as number
    to = from + 1
    while (groupOf[series[to] as number] === group && nameOf[series[to] as number] === name) to++
    const code = codeOf(value, type, from, to)
    const before = columns.at(-1)
    const names = groups[group]?.names ?? []
    const isSameFamily = name > 0 && names[name]?.family === names[name - 1]?.family
    if (before !== undefined && isSameFamily && canShare(before.code, code)) {
      before.to = to
      before.code = Math.max(before.code, code)
      isShared[point] = 1
    } else columns.push({ code, from, to })
  }
  return { columns, isShared }
}

/** What is exact with few decimals is exact with more. */
function canShare(a: number, b: number): boolean {
  return a === b || (a <= maxDecimals && b <= maxDecimals)
}

function codeOf(value: Float64Array, type: Uint8Array, from: number, to: number): number {
  const counts = [0, 0, 0, 0]
  for (let i = from; i < to; i++) counts[type[i] as number] = (counts[type[i] as number] ?? 0) + 1
  const [none = 0, number = 0, boolean = 0, text = 0] = counts
  if (number > 0 && number >= boolean && number >= text) return numberCode(value, type, from, to)
  if (boolean > 0 && boolean >= text) return columnCodes.boolean
  if (text > 0) return columnCodes.text
  return none > 0 ? columnCodes.none : 0
}

function numberCode(value: Float64Array, type: Uint8Array, from: number, to: number): number {
  const needs = new DecimalNeeds()
  for (let i = from; i < to; i++) if (type[i] === valueTypes.number) needs.add(value[i] as number)
  return needs.code()
}

/** How many decimals the numbers of a column need. */
class DecimalNeeds {
  readonly #counts = new Uint32Array(maxDecimals + 1)
  #numbers = 0
  /** Those that no number of decimals gives back, and of them those that are no float32 either. */
  #wide = 0
  #notFloat32 = 0
  /** What most numbers so far need: tried first. */
  #usual = 0

  add(value: number): void {
    this.#numbers++
    const decimals = isExact(value, this.#usual) ? this.#usual : decimalsOf(value)
    if (decimals < 0) {
      this.#wide++
      if (!Object.is(Math.fround(value), value)) this.#notFloat32++
      return
    }
    const count = this.#count(decimals) + 1
    this.#counts[decimals] = count
    if (count > this.#count(this.#usual)) this.#usual = decimals
  }

  /** The fewest decimals that leave few exceptions; a float where there are no such. */
  code(): number {
    const tolerated = this.#numbers * exceptionsPerColumn
    if (this.#wide > tolerated) {
      return this.#notFloat32 > tolerated ? columnCodes.float64 : columnCodes.float32
    }
    let decimals = maxDecimals
    let beyond = this.#wide + this.#count(decimals)
    while (decimals > 0 && beyond <= tolerated) beyond += this.#count(--decimals)
    return decimals
  }

  #count(decimals: number): number {
    return this.#counts[decimals] as number
  }
}

/** The fewest decimals that give the number back bit by bit, or -1. */
function decimalsOf(value: number): number {
  for (let decimals = 0; decimals <= maxDecimals; decimals++) if (isExact(value, decimals)) return decimals
  return -1
}

/** Dividing gives the double next to the decimal number, which is what reading "21.37" gives too. */
export function isExact(value: number, decimals: number): boolean {
  const power = powersOfTen[decimals] as number
  const whole = Math.round(value * power)
  return whole / power === value && whole <= maxWhole && whole >= -maxWhole && (value !== 0 || 1 / value > 0)
}

function markExceptions(column: Column, value: Float64Array, type: Uint8Array, exception: Uint8Array): void {
  for (let i = column.from; i < column.to; i++) {
    const given = type[i] as number
    if (fits(column.code, given, value[i] as number)) continue
    if (given === valueTypes.none) exception[i] = exceptionKinds.none + 1
    else if (given === valueTypes.number) exception[i] = exceptionKinds.float64 + 1
    else exception[i] = (given === valueTypes.boolean ? exceptionKinds.boolean : exceptionKinds.text) + 1
  }
}

function fits(code: number, type: number, value: number): boolean {
  switch (code) {
    case columnCodes.none:
      return type === valueTypes.none
    case columnCodes.boolean:
      return type === valueTypes.boolean
    case columnCodes.text:
      return type === valueTypes.text
    case columnCodes.float64:
      return type === valueTypes.number
    case columnCodes.float32:
      return type === valueTypes.number && Object.is(Math.fround(value), value)
    default:
      return type === valueTypes.number && isExact(value, code)
  }
}
