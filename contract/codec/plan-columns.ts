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
  const { order, cellSeriesOf, groupOf, nameOf, groups } = layout
  const value = new Float64Array(order.length)
  const type = new Uint8Array(order.length)
  const series = new Uint32Array(order.length)
  for (let i = 0; i < order.length; i++) {
    series[i] = cellSeriesOf[order[i] as number] as number
    value[i] = samples.value[order[i] as number] as number
    type[i] = samples.type[order[i] as number] as number
  }
  const columns: Column[] = []
  const isShared = new Uint8Array(groups.reduce((sum, group) => sum + group.names.length, 0))
  let point = -1
  for (let from = 0, to = 0; from < order.length; from = to) {
    const group = groupOf[series[from] as number] as number
    const name = nameOf[series[from] as number] as number
    for (to = from + 1; to < order.length; to++) {
      const next = series[to] as number
      if (groupOf[next] !== group || nameOf[next] !== name) break
    }
    point++
    const code = codeOf(value, type, from, to)
    const names = groups[group]?.names ?? []
    const before = columns.at(-1)
    const isSameFamily = name > 0 && names[name]?.family === names[name - 1]?.family
    if (before !== undefined && isSameFamily && canShare(before.code, code)) {
      before.to = to
      before.code = Math.max(before.code, code)
      isShared[point] = 1
    } else columns.push({ code, from, to })
  }
  const exception = new Uint8Array(order.length)
  for (const column of columns) markExceptions(column, value, type, exception)
  return { columns, isShared, exception, value, type, series }
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
  const counts = new Uint32Array(maxDecimals + 1)
  let numbers = 0
  let wide = 0
  let notFloat32 = 0
  let usual = 0
  for (let i = from; i < to; i++) {
    if (type[i] !== valueTypes.number) continue
    const given = value[i] as number
    numbers++
    const decimals = isExact(given, usual) ? usual : decimalsOf(given)
    if (decimals < 0) {
      wide++
      if (!Object.is(Math.fround(given), given)) notFloat32++
    } else {
      counts[decimals] = (counts[decimals] as number) + 1
      if (decimals !== usual && (counts[decimals] as number) > (counts[usual] as number)) usual = decimals
    }
  }
  const tolerated = numbers * exceptionsPerColumn
  if (wide > tolerated) return notFloat32 > tolerated ? columnCodes.float64 : columnCodes.float32
  let code = maxDecimals
  for (let beyond = wide + (counts[code] as number); code > 0 && beyond <= tolerated; ) {
    code--
    beyond += counts[code] as number
  }
  return code
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
