/**
 * Payloads of Sparkplug B 3.0 (`sparkplug_b.proto`), as far as values of points go. Foreign bytes: nothing throws out of
 * here, nothing recurses, and what is made is no larger than a few times the payload.
 */
import { type Field, fieldsOf, Malformed, textOf } from './protobuf.ts'

export type Scalar = number | boolean | string | null

export type SparkplugMetric = {
  /** Absent where an alias stands for it. */
  readonly name?: string
  readonly alias?: bigint
  /** Epoch ms. */
  readonly t?: number
  readonly datatype?: number
  /** From the device's memory: never news. */
  readonly isHistorical: boolean
  /** As Sparkplug counts: 0 bad, 192 good, 500 stale. */
  readonly quality?: number
  /** Whole numbers are unsigned here; `scalarOf` knows the sign by the data type. `undefined`: of a kind no point has. */
  readonly value: bigint | Scalar | undefined
}

export type SparkplugPayload = {
  readonly t?: number
  readonly seq?: number
  readonly metrics: readonly SparkplugMetric[]
}

export type DecodedSparkplug =
  | { readonly ok: true; readonly payload: SparkplugPayload }
  | { readonly ok: false }

const maxMetrics = 4_096
const maxProperties = 32

export function decodeSparkplug(bytes: Uint8Array): DecodedSparkplug {
  try {
    return { ok: true, payload: payloadOf(bytes) }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false }
    throw error
  }
}

const bits: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32, 4: 64 }

/** A value with the sign that its data type gives it. */
export function scalarOf(value: SparkplugMetric['value'], datatype: number | undefined): Scalar | undefined {
  if (typeof value !== 'bigint') return value
  const width = bits[datatype ?? 0]
  return Number(width === undefined ? value : BigInt.asIntN(width, value))
}

function payloadOf(bytes: Uint8Array): SparkplugPayload {
  const metrics: SparkplugMetric[] = []
  let t: number | undefined
  let seq: number | undefined
  for (const field of fieldsOf(bytes)) {
    if (field.no === 1) t = Number(field.int)
    else if (field.no === 3) seq = Number(field.int)
    else if (field.no === 2) metrics.push(metricOf(bytes, field))
    if (metrics.length > maxMetrics) throw new Malformed()
  }
  return { metrics, ...(t === undefined ? {} : { t }), ...(seq === undefined ? {} : { seq }) }
}

function metricOf(bytes: Uint8Array, { from, to }: Field): SparkplugMetric {
  const found: { -readonly [Key in keyof SparkplugMetric]: SparkplugMetric[Key] } = {
    ...{ isHistorical: false, value: null },
  }
  let isNull = false
  for (const field of fieldsOf(bytes, from, to)) {
    switch (field.no) {
      case 1:
        found.name = textOf(bytes, field)
        break
      case 2:
        found.alias = field.int
        break
      case 3:
        found.t = Number(field.int)
        break
      case 4:
        found.datatype = Number(field.int)
        break
      case 5:
        found.isHistorical = field.int !== 0n
        break
      case 7:
        isNull = field.int !== 0n
        break
      case 9: {
        const quality = qualityIn(bytes, field)
        if (quality !== undefined) found.quality = quality
        break
      }
      default:
        if (field.no >= 10 && field.no <= 19) found.value = valueIn(bytes, field)
    }
  }
  return isNull ? { ...found, value: null } : found
}

function valueIn(bytes: Uint8Array, field: Field): SparkplugMetric['value'] {
  const { no, from, to, int } = field
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, to - from)
  switch (no) {
    case 10:
    case 11:
      return int
    case 12:
      if (to - from !== 4) throw new Malformed()
      return view.getFloat32(0, true)
    case 13:
      if (to - from !== 8) throw new Malformed()
      return view.getFloat64(0, true)
    case 14:
      return int !== 0n
    case 15:
      return textOf(bytes, field)
    default:
      return undefined
  }
}

/** The property `Quality` of a metric: the name at its place among the keys, the number at the same among the values. */
function qualityIn(bytes: Uint8Array, { from, to }: Field): number | undefined {
  const keys: string[] = []
  const values: Field[] = []
  for (const field of fieldsOf(bytes, from, to)) {
    if (field.no === 1) keys.push(textOf(bytes, field))
    else if (field.no === 2) values.push(field)
    if (keys.length > maxProperties || values.length > maxProperties) throw new Malformed()
  }
  const value = values[keys.indexOf('Quality')]
  if (value === undefined) return undefined
  for (const { no, int } of fieldsOf(bytes, value.from, value.to))
    if (no === 3 || no === 4) return Number(int)
  return undefined
}
