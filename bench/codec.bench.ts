/**
 * Bytes and CPU per sample of the telemetry message on the campus mix, beside JSON and Sparkplug B in the same run.
 *
 * JSON is the short form a careful person would write: `[point, t, value, quality]` in an array, not an object per
 * sample. Sparkplug B is `npm sparkplug-payload`: with metric names, as a birth has them; and with aliases instead of
 * names, as all messages after the birth may have, which is the fair comparison but cannot be read without that birth.
 * It carries no quality here, which is its way to say good. Numbers are Double, so that every contender gives the same
 * values back; a case with Float, which rounds, shows what half the width would save.
 */
import { constants as zlib, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import sparkplug from 'sparkplug-payload'
import { decodeTelemetry, encodeTelemetry } from '#contract/codec.ts'
import { columnsOf, mergeColumns } from '#contract/columns.ts'
import type { Sample, SampleColumns } from '#contract/sample.ts'
import { takeSamples } from './campus-mix.ts'
import type { Figure } from './lib/figure.ts'

/** A day has two million samples of this mix; half an hour and a bit is enough to be stable to the third digit. */
const sampleCount = 50_000
const epoch = 1_767_225_600 * 65_536 + 4242
const seeds = [1, 2, 3]

type Batch = { readonly samples: readonly Sample[]; readonly columns: SampleColumns; readonly seq: number }
type Contender = {
  readonly name: string
  readonly encode: (batch: Batch) => Uint8Array
  readonly decode: (bytes: Uint8Array) => unknown
}

export async function run(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const size of [50, 500, 5000]) {
    const batches = seeds.flatMap((seed) => batchesOf(takeSamples(sampleCount, seed), size))
    const name = size === 5000 ? 'backfill of 5000' : `batches of ${size}`
    for (const contender of contenders()) figures.push(...measure(contender, batches, name))
  }
  return figures
}

function batchesOf(samples: readonly Sample[], size: number): Batch[] {
  return Array.from({ length: samples.length / size }, (_, index) => {
    const part = samples.slice(index * size, (index + 1) * size)
    return { samples: part, columns: columnsIn(part), seq: index + 1 }
  })
}

/** A backfill is what the outbox makes of ten batches of 500. */
function columnsIn(samples: readonly Sample[]): SampleColumns {
  const parts = Array.from({ length: Math.ceil(samples.length / 500) }, (_, i) =>
    samples.slice(i * 500, (i + 1) * 500),
  )
  return mergeColumns(parts.map(columnsOf))
}

function contenders(): Contender[] {
  const aliases = new Map<string, number>()
  const aliasOf = (point: string) => {
    const alias = aliases.get(point) ?? aliases.size + 1
    aliases.set(point, alias)
    return alias
  }
  const aliased = (type: 'Double' | 'Float') => (batch: Batch) =>
    sparkplugBytes(batch, type, (point) => ({ alias: aliasOf(point) }))
  const named = (batch: Batch) => sparkplugBytes(batch, 'Double', (point) => ({ name: point }))
  return [
    { name: 'telemetry message', encode: telemetryBytes, decode: decodeTelemetry },
    { name: 'JSON', encode: jsonBytes, decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) },
    {
      name: 'JSON with zstd',
      encode: (batch) => zstd(jsonBytes(batch)),
      decode: (bytes) => JSON.parse(zstdDecompressSync(bytes).toString()),
    },
    { name: 'Sparkplug B, names', encode: named, decode: fromSparkplug },
    { name: 'Sparkplug B, aliases', encode: aliased('Double'), decode: fromSparkplug },
    {
      name: 'Sparkplug B, aliases, zstd',
      encode: (batch) => zstd(aliased('Double')(batch)),
      decode: (bytes) => fromSparkplug(zstdDecompressSync(bytes)),
    },
    { name: 'Sparkplug B, aliases, Float', encode: aliased('Float'), decode: fromSparkplug },
  ]
}

function telemetryBytes({ columns, seq }: Batch): Uint8Array {
  return encodeTelemetry({ epoch, firstSeq: seq, lastSeq: seq, samples: columns })
}

function jsonBytes({ samples, seq }: Batch): Uint8Array {
  const rows = samples.map(({ point, t, value, quality }) => [point, t, value, quality])
  return Buffer.from(JSON.stringify({ epoch, seq, samples: rows }))
}

function zstd(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [zlib.ZSTD_c_compressionLevel]: 3 } })
}

const spB = sparkplug.get('spBv1.0')

type Identity = { readonly name: string } | { readonly alias: number }

function sparkplugBytes(
  batch: Batch,
  type: 'Double' | 'Float',
  identify: (point: string) => Identity,
): Uint8Array {
  if (spB === null) throw new Error('sparkplug-payload has no spBv1.0')
  const metrics = batch.samples.map(({ point, t, value }) => ({
    ...identify(point),
    timestamp: t,
    type: typeof value === 'boolean' ? ('Boolean' as const) : type,
    value,
  }))
  return spB.encodePayload({ timestamp: batch.samples.at(-1)?.t ?? 0, seq: batch.seq % 256, metrics })
}

function fromSparkplug(bytes: Uint8Array): unknown {
  return spB?.decodePayload(bytes)
}

function measure({ name, encode, decode }: Contender, batches: readonly Batch[], size: string): Figure[] {
  const messages = batches.map(encode)
  const samples = batches.reduce((sum, batch) => sum + batch.samples.length, 0)
  const bytes = messages.reduce((sum, message) => sum + message.length, 0)
  const figure = (metric: string, value: number, unit: string) => ({
    case: size,
    metric: `${name}: ${metric}`,
    value: Number(value.toPrecision(4)),
    unit,
  })
  return [
    figure('size', bytes / samples, 'B/sample'),
    figure('encode', cpuUs(() => batches.forEach(encode)) / samples, 'CPU µs/sample'),
    figure('decode', cpuUs(() => messages.forEach(decode)) / samples, 'CPU µs/sample'),
  ]
}

/** The cheaper of two runs after a first one: the compiler has settled, and another program disturbs less. */
function cpuUs(work: () => void): number {
  work()
  const runs = [0, 0].map(() => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return user + system
  })
  return Math.min(...runs)
}
