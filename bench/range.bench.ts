/**
 * Reading from the embedded telemetry store: 200 points, a sample every 30 s, 30 days (17 million samples). Wall time
 * with the file in the page cache, as a person waits for it; the first call is part of the median.
 */
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteTelemetryStore } from '#cloud/telemetry/sqlite/sqlite-telemetry-store.ts'
import type { GatewaySamples, TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { qualityCodes } from '#contract/quality.ts'
import { valueTypes } from '#contract/sample.ts'
import { createLogger } from '#lib/logger.ts'
import { seededRandom } from './lib/random.ts'

export type Figure = {
  readonly case: string
  readonly metric: string
  readonly value: number
  readonly unit: string
}

const dayMs = 86_400_000
const everyMs = 30_000
const days = 30
const from = Date.UTC(2026, 0, 1)
const to = from + days * dayMs
const points = Array.from({ length: 200 }, (_, index) => `meter-${index}/power.active`)
const many = Array.from({ length: 10_000 }, (_, index) => `sensor-${index}/temperature`)
const log = createLogger({ level: 'error' })

export async function run(): Promise<Figure[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bench-range-'))
  await using store = await openSqliteTelemetryStore({ path: join(folder.path, 'telemetry.db'), log })
  await fill(store)
  const point = `campus/${points[7]}`
  const hour = 3_600_000
  const reads: Record<string, () => Promise<unknown>> = {
    'one point, one day, every sample': () =>
      store.range([point], { from: from + 9 * dayMs, to: from + 10 * dayMs }, 10_000),
    'one point, 30 days, hourly means': () =>
      store.buckets([point], { from, to }, { bucketMs: hour, aggregate: 'mean' }),
    'one point, 30 days, daily last': () =>
      store.buckets([point], { from, to }, { bucketMs: dayMs, aggregate: 'last' }),
    'ten points, one day, hourly means': () =>
      store.buckets(
        points.slice(0, 10).map((id) => `campus/${id}`),
        { from: to - dayMs, to },
        { bucketMs: hour, aggregate: 'mean' },
      ),
    'latest of 200 points': () => store.latest(points.map((id) => `campus/${id}`)),
    'latest of 10,000 points': () => store.latest(many.map((id) => `campus/${id}`)),
  }
  const figures: Figure[] = []
  for (const [name, read] of Object.entries(reads)) figures.push(await timed(name, read))
  return [...figures, ...(await prune(store))]
}

async function fill(store: TelemetryStore): Promise<void> {
  const random = seededRandom(1)
  const rounds = 60
  for (let at = from; at < to; at += rounds * everyMs) {
    const times = points.flatMap((_, index) =>
      Array.from({ length: rounds }, (_round, round) => at + round * everyMs + index * 11),
    )
    const series = times.map((_, row) => Math.floor(row / rounds))
    await store.append([columns(points, series, times, random.next)])
  }
  const last = many.map(() => to)
  await store.append([columns(many, [...many.keys()], last, random.next)])
}

function columns(
  names: readonly string[],
  series: readonly number[],
  times: readonly number[],
  random: () => number,
): GatewaySamples {
  const count = times.length
  return {
    gateway: 'campus',
    samples: {
      points: names,
      series: Uint32Array.from(series),
      t: Float64Array.from(times),
      value: Float64Array.from(times, () => Math.round(random() * 50_000) / 10),
      type: new Uint8Array(count).fill(valueTypes.number),
      quality: new Uint16Array(count).fill(qualityCodes.good),
      texts: [],
    },
  }
}

async function timed(name: string, read: () => Promise<unknown>): Promise<Figure> {
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    const startedAt = performance.now()
    await read()
    times.push(performance.now() - startedAt)
  }
  return { case: name, metric: 'median', value: round(times.toSorted((a, b) => a - b)[4] ?? 0), unit: 'ms' }
}

/** Deletes two days while appends go on. */
async function prune(store: TelemetryStore): Promise<Figure[]> {
  const cpu = process.cpuUsage()
  let pruning = true
  const deleted = store.prune(from + 2 * dayMs).finally(() => {
    pruning = false
  })
  let worstMs = 0
  for (let i = 0; pruning; i++) {
    const startedAt = performance.now()
    await store.append([columns(['probe/value'], [0], [to + i], () => 0)])
    worstMs = Math.max(worstMs, performance.now() - startedAt)
  }
  const samples = await deleted
  const { user, system } = process.cpuUsage(cpu)
  const name = 'prune two days while appending'
  return [
    { case: name, metric: 'deleted', value: round((samples / (user + system)) * 1e6), unit: 'samples/cpu-s' },
    { case: name, metric: 'longest append', value: round(worstMs), unit: 'ms' },
  ]
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
