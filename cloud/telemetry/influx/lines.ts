import { escape as escaped } from '@influxdata/influxdb-client'
import type { GatewaySamples } from '#cloud/telemetry/telemetry-store.ts'
import { type SampleColumns, type Value, valueTypes } from '#contract/sample.ts'

/**
 * One measurement, one tag (the point's whole id), four fields that never change their type: a field type conflict cannot
 * come from us. `value` holds numbers and booleans (as 0 and 1), `text` texts, `type` says which of them counts, `quality`
 * is the code of `contract/quality.ts`.
 */
export const measurement = 'samples'

/** InfluxDB has no infinite numbers: they are kept as text, under a type of their own. */
const infinite = 4

/** InfluxDB keeps nanoseconds in 64 bits: from 1677 to 2262. */
const firstMs = -9_223_372_036_854
const lastMs = 9_223_372_036_853

export type Lines = {
  readonly lines: readonly string[]
  /** Samples whose time InfluxDB cannot hold. */
  readonly outOfTime: number
}

/** Line protocol with ms precision, one line per sample. Pure. */
export function linesOf(batches: readonly GatewaySamples[]): Lines {
  const lines: string[] = []
  let outOfTime = 0
  for (const { gateway, samples } of batches) {
    const heads = samples.points.map((point) => `${measurement},id=${escaped.tag(`${gateway}/${point}`)}`)
    for (let i = 0; i < samples.t.length; i++) {
      const t = samples.t[i] ?? 0
      if (t < firstMs || t > lastMs) outOfTime++
      else lines.push(`${heads[samples.series[i] ?? 0]} ${fieldsOf(samples, i)} ${t}`)
    }
  }
  return { lines, outOfTime }
}

function fieldsOf({ type, value, quality, texts }: SampleColumns, index: number): string {
  const kind = type[index] ?? valueTypes.none
  const number = value[index] ?? 0
  const tail = `quality=${quality[index]}i`
  if (kind === valueTypes.text) return `text=${escaped.quoted(texts[number] ?? '')},type=${kind}i,${tail}`
  if (kind === valueTypes.none) return `type=${kind}i,${tail}`
  if (Number.isFinite(number)) return `value=${number},type=${kind}i,${tail}`
  return `text="${number}",type=${infinite}i,${tail}`
}

/** The value of a row; what an overwritten sample left behind in the other field does not count. Pure. */
export function readValue(type: unknown, value: unknown, text: unknown): Value {
  if (type === valueTypes.number) return typeof value === 'number' ? value : null
  if (type === valueTypes.boolean) return value === 1
  if (type === valueTypes.text) return typeof text === 'string' ? text : ''
  return type === infinite ? Number(text) : null
}
