import { stat } from 'node:fs/promises'
import type {
  Bucket,
  GatewaySamples,
  Latest,
  Series,
  TelemetryStore,
  TimeRange,
} from '#cloud/telemetry/telemetry-store.ts'
import { AppError } from '#contract/errors.ts'
import { qualityOf, qualityReason } from '#contract/quality.ts'
import type { Logger } from '#lib/logger.ts'
import { startWorker, type WorkerHandle } from '#lib/worker-rpc.ts'
import { qualityCodeOfKind } from './kind.ts'
import { type Packed, unpack } from './packed.ts'
import type { ReaderMethods } from './reader-thread.ts'
import type { WriterMethods, WriterOptions } from './writer-thread.ts'

export type SqliteTelemetryOptions = {
  /** The database file; its folder exists. */
  readonly path: string
  readonly log: Logger
  /** How long a write waits for another program that holds the file. */
  readonly busyTimeoutMs?: number
  /** The file may not grow beyond this; for tests of a full disk. */
  readonly maxPages?: number
}

/** Samples deleted per transaction: an append waits for one slice at most (about 30 ms on a small machine). */
const pruneSlice = 10_000

type Waiting = {
  readonly batches: readonly GatewaySamples[]
  resolve: () => void
  reject: (error: Error) => void
}

/**
 * The embedded telemetry store: one SQLite file, a thread that writes and a thread that reads. Throws AppError
 * STORE_UNAVAILABLE when the file can't be opened or comes from a newer program.
 */
export async function openSqliteTelemetryStore(options: SqliteTelemetryOptions): Promise<TelemetryStore> {
  const { path, log, ...limits } = options
  const workerData: WriterOptions = { path, ...limits }
  const writer = startWorker<WriterMethods>(new URL('./writer-thread.ts', import.meta.url), {
    name: 'telemetry-writer',
    workerData,
  })
  try {
    await writer.call('open', undefined as never)
  } catch (error) {
    await writer[Symbol.asyncDispose]()
    throw unavailable(`telemetry file ${path} can't be opened`, error)
  }
  const reader = startWorker<ReaderMethods>(new URL('./reader-thread.ts', import.meta.url), {
    name: 'telemetry-reader',
    workerData,
  })
  for (const { name, handle } of [
    { name: 'writer', handle: writer },
    { name: 'reader', handle: reader },
  ]) {
    void handle.exited.then((err) => {
      if (err !== undefined)
        log.error({ err, thread: name }, 'telemetry thread ended: the program needs a restart')
    })
  }
  return new SqliteTelemetryStore(path, writer, reader)
}

class SqliteTelemetryStore implements TelemetryStore {
  readonly #path: string
  readonly #writer: WorkerHandle<WriterMethods>
  readonly #reader: WorkerHandle<ReaderMethods>
  #waiting: Waiting[] = []
  #writing = false
  /** Samples per slot as last counted, and the slots written to since. */
  #counts: Map<number, number> | undefined
  readonly #touched = new Set<number>()

  constructor(path: string, writer: WorkerHandle<WriterMethods>, reader: WorkerHandle<ReaderMethods>) {
    this.#path = path
    this.#writer = writer
    this.#reader = reader
  }

  append(batches: readonly GatewaySamples[]): Promise<void> {
    if (batches.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batches, resolve, reject })
      // Never rejects: the outcome goes to the callers in the group.
      if (!this.#writing) void this.#writeGroups()
    })
  }

  /** What arrives while a group is being committed becomes the next group: one fsync for all of it. */
  async #writeGroups(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        const slots = await this.#writer.call(
          'append',
          group.flatMap(({ batches }) => batches),
        )
        for (const slot of slots) this.#touched.add(slot)
        for (const { resolve } of group) resolve()
      } catch (error) {
        const reason = unavailable('samples were not stored', error)
        for (const { reject } of group) reject(reason)
      }
    }
    this.#writing = false
  }

  async latest(points: readonly string[]): Promise<readonly Latest[]> {
    const found = await this.#read(() => this.#reader.call('latest', points))
    return unpack(found.samples).map(([t, value], index) => {
      const code = qualityCodeOfKind(found.samples.kind[index] ?? 0)
      const reason = qualityReason(code)
      const known = { point: found.points[index] ?? '', t, value, quality: qualityOf(code) }
      return reason === undefined ? known : { ...known, reason }
    })
  }

  async range(points: readonly string[], range: TimeRange, limit: number): Promise<readonly Series[]> {
    return seriesOf(points, await this.#read(() => this.#reader.call('range', { points, range, limit })))
  }

  async buckets(points: readonly string[], range: TimeRange, bucket: Bucket): Promise<readonly Series[]> {
    return seriesOf(points, await this.#read(() => this.#reader.call('buckets', { points, range, bucket })))
  }

  async prune(before: number): Promise<number> {
    let total = 0
    for (;;) {
      const { deleted, slot } = await this.#read(() =>
        this.#writer.call('prune', { before, limit: pruneSlice }),
      )
      if (slot !== undefined) this.#touched.add(slot)
      if (deleted === 0) return total
      total += deleted
    }
  }

  /** Counts only the slots that were written to since the last call, so that it may be asked often. */
  async stats(): Promise<{ series: number; samples: number; bytes: number }> {
    const known = this.#counts
    const touched = [...this.#touched]
    this.#touched.clear()
    const counted = await this.#read(() =>
      this.#reader.call('count', known === undefined ? undefined : touched),
    ).catch((error: unknown) => {
      for (const slot of touched) this.#touched.add(slot)
      throw error
    })
    this.#counts = new Map([...(known ?? []), ...counted.slots])
    const samples = [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
    return { series: counted.series, samples, bytes: await this.#bytes() }
  }

  async #bytes(): Promise<number> {
    const sizes = await Promise.all(
      ['', '-wal'].map((end) =>
        stat(`${this.#path}${end}`).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async #read<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw unavailable('telemetry store did not answer', error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]()
    // Last, so that closing the write connection copies the WAL into the file and removes it.
    await this.#writer[Symbol.asyncDispose]()
  }
}

function seriesOf(points: readonly string[], packed: readonly Packed[]): Series[] {
  return packed.map((one, index) => ({ point: points[index] ?? '', samples: unpack(one) }))
}

function unavailable(message: string, cause: unknown): AppError {
  const found = cause instanceof Error ? cause.message : String(cause)
  return new AppError('STORE_UNAVAILABLE', `${message}: ${found}`, { cause })
}
