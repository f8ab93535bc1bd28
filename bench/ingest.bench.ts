/**
 * What taking in telemetry costs the cloud: decode → telemetry store committed → ledger committed → acknowledgement, in
 * the embedded stores with real fsyncs. CPU seconds of the whole process, main thread and store threads together; the
 * transport is left out. Budget: at least 150,000 samples per CPU second in batches of 500, eight in flight.
 */
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { defaultAlarmSettings } from '#cloud/alarms/alarm-config.ts'
import { AlarmIntake } from '#cloud/alarms/alarm-intake.ts'
import { Ingest } from '#cloud/ingest/ingest.ts'
import { openDatabase } from '#cloud/state/database.ts'
import { openSqliteTelemetryStore } from '#cloud/telemetry/sqlite/sqlite-telemetry-store.ts'
import { decodeTelemetry, encodeTelemetry } from '#contract/codec.ts'
import { columnsOf } from '#contract/columns.ts'
import { decodeDelivery, encodeJson } from '#contract/messages.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { campusMix } from './campus-mix.ts'

export type Figure = {
  readonly case: string
  readonly metric: string
  readonly value: number
  readonly unit: string
}

type Load = {
  readonly name: string
  readonly gateways: number
  /** Unacknowledged batches per gateway. */
  readonly inFlight: number
  readonly batch: number
}

const samplesPerCase = 1_000_000
const epoch = 1_767_225_600 * 65_536
const log = createLogger({ level: 'error' })

const loads: readonly Load[] = [
  { name: '1 gateway, 8 x 500', gateways: 1, inFlight: 8, batch: 500 },
  { name: '1 gateway, 1 x 500', gateways: 1, inFlight: 1, batch: 500 },
  { name: '20 gateways, 8 x 500', gateways: 20, inFlight: 8, batch: 500 },
  { name: '20 gateways, 4 x 5000', gateways: 20, inFlight: 4, batch: 5000 },
]

export async function run(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const load of loads) figures.push(...(await measure(load)))
  return figures
}

async function measure(load: Load): Promise<Figure[]> {
  const messages = Array.from({ length: load.gateways }, (_, index) => messagesOf(load, index))
  const figure = (metric: string, value: number, unit: string): Figure => ({
    case: load.name,
    metric,
    value: Number(value.toPrecision(4)),
    unit,
  })
  const figures = [figure('decode only', decodeRate(messages.flat()), 'samples/cpu-s')]
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bench-ingest-'))
  {
    await using rig = await openRig(folder.path, load.gateways)
    const written = await bytesWritten()
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    const loading = Promise.all(
      messages.map((list, index) => send(rig.ingest, `campus-${index}`, list, load.inFlight)),
    )
    const latencies = await probeEvents(rig, loading)
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const { samples } = await rig.stats()
    if (samples !== samplesPerCase) throw new Error(`${samples} samples stored, ${samplesPerCase} sent`)
    figures.push(
      figure('decode to committed', (samples / (user + system)) * 1e6, 'samples/cpu-s'),
      figure('wall', samples / seconds, 'samples/s'),
      figure('written to disk', ((await bytesWritten()) - written) / samples, 'bytes/sample'),
      figure('event to acknowledgement p50', quantile(latencies, 0.5), 'ms'),
      figure('event to acknowledgement p99', quantile(latencies, 0.99), 'ms'),
    )
  }
  // Closed: the write-ahead log is in the file now.
  const { length } = await readFile(join(folder.path, 'telemetry.db'))
  return [...figures, figure('kept on disk', length / samplesPerCase, 'bytes/sample')]
}

function messagesOf({ gateways, batch }: Load, gateway: number): Uint8Array[] {
  const mix = campusMix(gateway + 1)
  return Array.from({ length: samplesPerCase / gateways / batch }, (_, index) => {
    const samples = Array.from({ length: batch }, () => mix.next().value)
    return encodeTelemetry({ epoch, firstSeq: index + 1, lastSeq: index + 1, samples: columnsOf(samples) })
  })
}

function decodeRate(messages: readonly Uint8Array[]): number {
  const cpu = process.cpuUsage()
  for (const message of messages) decodeTelemetry(message)
  const { user, system } = process.cpuUsage(cpu)
  return (samplesPerCase / (user + system)) * 1e6
}

async function openRig(folder: string, gateways: number) {
  await using parts = new AsyncDisposableStack()
  const telemetry = parts.use(await openSqliteTelemetryStore({ path: join(folder, 'telemetry.db'), log }))
  const db = await openDatabase({ path: join(folder, 'state.db'), log })
  parts.defer(() => db.destroy())
  const ids = ['probe', ...Array.from({ length: gateways }, (_, index) => `campus-${index}`)]
  await db
    .insertInto('gateways')
    .values(ids.map((id) => ({ id, token_hash: '', created_at: 0, connected: 0 })))
    .execute()
  const intake = new AlarmIntake({ ...defaultAlarmSettings, suppressedBy: () => undefined })
  const acknowledged = new Map<number, () => void>()
  const ingest = parts.use(
    new Ingest({
      telemetry,
      db,
      clock: systemClock,
      log,
      registry: new Registry(),
      hooks: {},
      storeAlarms: (trx, told, now) => intake.store(trx, told, now),
      limits: { perGateway: 2 ** 30, total: 2 ** 30 },
      credit: { events: 8, live: 8, backfill: 4 },
      sendAck: async (gateway, payload) => {
        const answer = decodeDelivery(payload)
        if (!answer.ok || answer.value.kind === 'refuse') throw new Error('refused')
        if (gateway === 'probe') for (const { lastSeq } of answer.value.ranges) acknowledged.get(lastSeq)?.()
      },
    }),
  )
  const owned = parts.move()
  return {
    ingest,
    acknowledged,
    stats: () => telemetry.stats(),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  }
}
type Rig = Awaited<ReturnType<typeof openRig>>

async function send(ingest: Ingest, gateway: string, list: Uint8Array[], inFlight: number): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let payload = list[next++]; payload !== undefined; payload = list[next++]) {
      await ingest.message({ gateway, channel: 'live', payload })
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}

/** One event after the other while the telemetry runs; how long each waited for its acknowledgement. */
async function probeEvents(rig: Rig, loading: Promise<unknown>): Promise<number[]> {
  const latencies: number[] = []
  let running = true
  const loaded = loading.then(() => {
    running = false
  })
  for (let seq = 1; running; seq++) {
    const sentAt = performance.now()
    const answered = new Promise<void>((resolve) => rig.acknowledged.set(seq, resolve))
    const event = { kind: 'link' as const, device: 'meter-1', state: 'up' as const, at: seq }
    const payload = encodeJson({ v: 1, epoch, firstSeq: seq, events: [event] })
    await rig.ingest.message({ gateway: 'probe', channel: 'events', payload })
    await answered
    latencies.push(performance.now() - sentAt)
    await sleep(20)
  }
  await loaded
  return latencies
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

/** What this process has sent to the disk; 0 where the system does not tell. */
async function bytesWritten(): Promise<number> {
  const io = await readFile('/proc/self/io', 'utf8').catch(() => '')
  return Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0)
}
