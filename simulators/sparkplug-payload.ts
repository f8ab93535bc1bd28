/** Payloads of Sparkplug B 3.0 as a device sends them: the wire format of protocol buffers, written by hand. */

type Scalar = number | boolean | string | null

export type Metric = {
  readonly name?: string
  readonly alias?: number
  readonly t?: number
  /** The data type, which a birth says. */
  readonly as?: 'number' | 'bool' | 'text'
  readonly value: Scalar
}

export type Payload = { readonly t: number; readonly seq?: number; readonly metrics: readonly Metric[] }

const dataTypes = { number: 10, bool: 11, text: 12 } as const

export function sparkplugPayload({ t, seq, metrics }: Payload): Buffer {
  return Buffer.concat([
    whole(1, t),
    ...metrics.map((metric) => bytes(2, metricBytes(metric))),
    ...(seq === undefined ? [] : [whole(3, seq)]),
  ])
}

function metricBytes({ name, alias, t, as, value }: Metric): Buffer {
  return Buffer.concat([
    ...(name === undefined ? [] : [bytes(1, Buffer.from(name))]),
    ...(alias === undefined ? [] : [whole(2, alias)]),
    ...(t === undefined ? [] : [whole(3, t)]),
    ...(as === undefined ? [] : [whole(4, dataTypes[as])]),
    valueBytes(value),
  ])
}

function valueBytes(value: Scalar): Buffer {
  if (value === null) return whole(7, 1)
  if (typeof value === 'boolean') return whole(14, Number(value))
  if (typeof value === 'string') return bytes(15, Buffer.from(value))
  const double = Buffer.alloc(8)
  double.writeDoubleLE(value)
  return Buffer.concat([varint(13 * 8 + 1), double])
}

function whole(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)])
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(value.length), value])
}

function varint(value: number): Buffer {
  const low: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) low.push((left % 128) + 128)
  return Buffer.from([...low, left])
}
