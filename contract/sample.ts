import type { QualityCode } from './quality.ts'

/** What a point can hold. `null` goes with bad quality: there was no value to report. */
export type Value = number | boolean | string | null

/**
 * One measured value of one point. `t` is the source time in ms since the Unix epoch and never changes afterwards.
 * `point` is `<device>/<point>` inside a gateway; the cloud puts `<gateway>/` before it.
 */
export type Sample = {
  readonly point: string
  readonly t: number
  readonly value: Value
  readonly quality: QualityCode
  /** Read from a device's own memory after the fact: may amend history, never raises an alarm. */
  readonly late?: boolean
}

/** How `SampleColumns.value` is to be read. */
export const valueTypes = { none: 0, number: 1, boolean: 2, text: 3 } as const

/** Many samples as columns: index i of each column is one sample. The hot paths use this shape. */
export type SampleColumns = {
  /** Distinct points; `series[i]` below indexes into it. */
  readonly points: readonly string[]
  readonly series: Uint32Array
  readonly t: Float64Array
  /** The number; 0 or 1 of a boolean; the index into `texts` of a text; 0 where there is none. */
  readonly value: Float64Array
  readonly type: Uint8Array
  readonly quality: Uint16Array
  readonly texts: readonly string[]
  /** 1 where the sample is `late`. Absent when none is. */
  readonly late?: Uint8Array
}

export function valueAt(columns: SampleColumns, index: number): Value {
  const value = columns.value[index] ?? 0
  switch (columns.type[index]) {
    case valueTypes.number:
      return value
    case valueTypes.boolean:
      return value !== 0
    case valueTypes.text:
      return columns.texts[value] ?? null
    default:
      return null
  }
}
