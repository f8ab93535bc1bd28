import type { StoredSample } from '#cloud/telemetry/telemetry-store.ts'
import { qualityOf } from '#contract/quality.ts'
import { type Value, valueTypes } from '#contract/sample.ts'
import { qualityCodeOfKind, typeOfKind } from './kind.ts'

/** A row of the samples table as SQLite gives it. */
export type Row = { readonly t: number; readonly value: unknown; readonly kind: number }

/** Samples on their way from the reading thread: three buffers move instead of a thousand small arrays being copied. */
export type Packed = {
  readonly t: Float64Array<ArrayBuffer>
  readonly value: Float64Array<ArrayBuffer>
  readonly kind: Uint16Array<ArrayBuffer>
  readonly texts: readonly string[]
}

const decoder = new TextDecoder()

export function pack(rows: readonly Row[]): Packed {
  const packed = {
    t: new Float64Array(rows.length),
    value: new Float64Array(rows.length),
    kind: new Uint16Array(rows.length),
    texts: [] as string[],
  }
  for (const [i, { t, value, kind }] of rows.entries()) {
    packed.t[i] = t
    packed.kind[i] = kind
    if (value instanceof Uint8Array) packed.value[i] = packed.texts.push(decoder.decode(value)) - 1
    else packed.value[i] = typeof value === 'number' ? value : 0
  }
  return packed
}

export function unpack(packed: Packed): StoredSample[] {
  const samples = new Array<StoredSample>(packed.t.length)
  for (let i = 0; i < samples.length; i++) {
    const kind = packed.kind[i] ?? 0
    samples[i] = [
      packed.t[i] ?? 0,
      unpackValue(packed, i, typeOfKind(kind)),
      qualityOf(qualityCodeOfKind(kind)),
    ]
  }
  return samples
}

function unpackValue(packed: Packed, index: number, type: number): Value {
  const value = packed.value[index] ?? 0
  switch (type) {
    case valueTypes.number:
      return value
    case valueTypes.boolean:
      return value !== 0
    case valueTypes.text:
      return packed.texts[value] ?? null
    default:
      return null
  }
}

export function buffersOf(packed: readonly Packed[]): ArrayBuffer[] {
  return packed.flatMap(({ t, value, kind }) => [t.buffer, value.buffer, kind.buffer])
}
