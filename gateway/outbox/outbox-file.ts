/**
 * The outbox on disk: numbered batches until the cloud has them, what was produced, and drops not yet reported.
 * Blocks, so it runs in the worker thread. Knows neither network nor timers.
 */
import { statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { SeqRange, Stream } from '#contract/delivery.ts'
import type { Produced } from '#contract/gateway-state.ts'
import { migrateSqlite, openSqlite, pragmaNumber, type Sqlite, transaction } from '#lib/sqlite.ts'
import type { Drop, FileStats, Position, StreamTotals } from './batch.ts'
import { migrations, streamCodes } from './outbox-schema.ts'
import { planDrop, rowOverheadBytes, type StoredBatch } from './retention.ts'
import { prepareStatements } from './statements.ts'

export type NewRow = {
  readonly seq: number
  readonly createdAt: number
  readonly firstT: number
  readonly lastT: number
  readonly samples: number
  readonly payload: Uint8Array | string
}

/** Everything one transaction does. */
export type FileChange = {
  readonly epoch: number
  readonly telemetry: readonly NewRow[]
  readonly events: readonly NewRow[]
  /** What the streams of this epoch have produced after this change. */
  readonly produced: readonly Produced[]
  /** Delivered, or received by the cloud in another way: delete. */
  readonly confirmed: readonly SeqRange[]
  /** Delete, and remember that it must be reported. */
  readonly dropped: readonly Drop[]
  /** Reports that are among `events`. */
  readonly reported: readonly Drop[]
}

export type PageRow = Position & { readonly samples: number; readonly payload: Uint8Array<ArrayBuffer> }
export type EventRow = Position & { readonly payload: string; readonly crc: number | null }

/** SQLite finds nothing wrong, and yet what is in the file is not what was put there. */
export class DamagedFile extends Error {}

export type FileOptions = {
  readonly path: string
  readonly diskBudgetBytes: number
  readonly dropFirst: Stream
}

type Window = { readonly after: Position; readonly until: Position }
type StreamKey = { readonly stream: number; readonly epoch: number }
type Totals = { batches: number; samples: number; bytes: number }

/** How many old epochs stay in the birth message after their last batch is gone. */
const keptEpochs = 100

export class OutboxFile {
  readonly db: Sqlite
  #options: FileOptions
  readonly #sql: ReturnType<typeof prepareStatements>
  readonly #pageSize: number
  /** Room kept free of the budget for the write-ahead log. */
  readonly #walReserveBytes: number
  #totals: Record<Stream, Totals>
  #isPruned = false
  /** What the transaction in hand adds to the account of each stream. */
  readonly #moved = new Map<string, { stream: Stream; epoch: number; batches: number; samples: number }>()

  /** Creates or opens the file. Throws what SQLite throws, and DamagedFile: the caller decides what a damaged file means. */
  constructor(options: FileOptions) {
    this.#options = options
    this.#walReserveBytes = Math.min(8 * 1024 ** 2, Math.floor(options.diskBudgetBytes / 4))
    this.db = openSqlite({
      path: options.path,
      incrementalVacuum: true,
      exclusive: true,
      pragmas: { journal_size_limit: this.#walReserveBytes, temp_store: 'MEMORY' },
    })
    try {
      migrateSqlite(this.db, migrations)
      this.#pageSize = pragmaNumber(this.db, 'page_size')
      const walPages = Math.max(16, Math.floor(this.#walReserveBytes / 2 / this.#pageSize))
      this.db.exec(`PRAGMA wal_autocheckpoint = ${walPages}`)
      this.#sql = prepareStatements(this.db)
      this.#totals = this.#countAll()
    } catch (error) {
      this.db.close()
      throw error
    }
  }

  close(): void {
    this.db.close()
  }

  /** From the next change on. Room for the write-ahead log stays as it was. */
  use(limits: Pick<FileOptions, 'diskBudgetBytes' | 'dropFirst'>): void {
    this.#options = { ...this.#options, ...limits }
  }

  /** An epoch that no row of this file has. */
  nextEpoch(candidate: number): number {
    const { last } = this.#sql.lastEpoch.get() as { last: number }
    return Math.max(candidate, last + 1)
  }

  /** Stores `change` and, over budget, drops the oldest in the same transaction. Durable when it returns. */
  apply(change: FileChange, at: number): void {
    const before = structuredClone(this.#totals)
    this.#moved.clear()
    try {
      transaction(this.db, () => {
        for (const row of change.telemetry) this.#insert('telemetry', change.epoch, row)
        for (const row of change.events) this.#insert('events', change.epoch, row)
        for (const range of change.confirmed) this.#delete(range)
        for (const drop of change.dropped) this.#drop(drop)
        for (const { stream, epoch, firstSeq } of change.reported) {
          this.#sql.forgetDrop.run(streamCodes[stream], epoch, firstSeq)
        }
        for (const { stream, epoch, lastSeq, samples } of change.produced) {
          this.#sql.produced.run(streamCodes[stream], epoch, at, lastSeq, samples)
        }
        this.#keepBudget(at)
        for (const { stream, epoch, batches, samples } of this.#moved.values()) {
          this.#sql.moveWaiting.run(batches, samples, streamCodes[stream], epoch)
        }
      })
    } catch (error) {
      this.#totals = before
      throw error
    }
  }

  /** Removes batches that cannot be read any more and remembers to report them. */
  dropUnreadable(drops: readonly Drop[], at: number): void {
    const nothing = { telemetry: [], events: [], produced: [], confirmed: [], reported: [] }
    this.apply({ ...nothing, epoch: 0, dropped: drops }, at)
  }

  /** In order, read lazily: stop iterating and nothing more is read. */
  *telemetry(window: Window): Generator<PageRow> {
    for (const row of this.#rows('telemetry', window)) yield row as unknown as PageRow
  }

  *events(window: Window): Generator<EventRow> {
    for (const row of this.#rows('events', window)) yield row as unknown as EventRow
  }

  #rows(stream: Stream, { after, until }: Window): NodeJS.Iterator<unknown> {
    return this.#sql.rows.iterate(streamCodes[stream], after.epoch, after.seq, until.epoch, until.seq)
  }

  produced(): Produced[] {
    const rows = this.#sql.allProduced.all() as unknown as {
      stream: number
      epoch: number
      lastSeq: number
      samples: number
    }[]
    return rows.map((row) => ({ ...row, stream: streamOf(row.stream) }))
  }

  unreportedDrops(): Drop[] {
    const rows = this.#sql.drops.all() as unknown as (Omit<Drop, 'stream' | 'from' | 'to'> & {
      stream: number
      from: number | null
      to: number | null
    })[]
    return rows.map(({ from, to, stream, ...rest }) => ({
      ...rest,
      stream: streamOf(stream),
      ...(from === null ? {} : { from }),
      ...(to === null ? {} : { to }),
    }))
  }

  stats(): FileStats {
    return {
      telemetry: this.#streamTotals('telemetry'),
      events: this.#streamTotals('events'),
      diskUsed: pragmaNumber(this.db, 'page_count') * this.#pageSize + this.#walBytes(),
    }
  }

  /**
   * Forgets epochs of long ago, and gives freed pages back to the file system, a few at a time, when there are enough to be
   * worth moving pages. Not while opening: that must do without writing, or a full disk would stop it.
   */
  tidy(): void {
    if (!this.#isPruned) this.#sql.pruneStreams.run(keptEpochs)
    this.#isPruned = true
    const free = pragmaNumber(this.db, 'freelist_count')
    const worthIt = Math.max(64, pragmaNumber(this.db, 'page_count') / 10)
    if (free > worthIt) this.db.exec('PRAGMA incremental_vacuum(1000)')
  }

  #insert(stream: Stream, epoch: number, row: NewRow): void {
    const bytes = row.payload.length
    const code = streamCodes[stream]
    const { changes } = this.#sql.insert.run(
      code,
      epoch,
      row.seq,
      row.createdAt,
      row.firstT,
      row.lastT,
      row.samples,
      bytes,
      row.payload,
      typeof row.payload === 'string' ? crc32(row.payload) : null,
    )
    if (Number(changes) === 1) this.#add({ stream, epoch }, { batches: 1, samples: row.samples, bytes })
  }

  #delete({ stream, epoch, firstSeq, lastSeq }: SeqRange): void {
    const key = [streamCodes[stream], epoch, firstSeq, lastSeq] as const
    const { batches, samples, bytes } = this.#sql.sumRange.get(...key) as Totals
    if (batches === 0) return
    this.#sql.deleteRange.run(...key)
    this.#add({ stream, epoch }, { batches: -batches, samples: -samples, bytes: -bytes })
  }

  #drop(drop: Drop): void {
    this.#delete(drop)
    this.#sql.recordDrop.run(
      streamCodes[drop.stream],
      drop.epoch,
      drop.firstSeq,
      drop.lastSeq,
      drop.samples,
      drop.reason,
      drop.at,
      drop.from ?? null,
      drop.to ?? null,
    )
  }

  /** A little more than needed goes at once, so that a full outbox does not drop with every commit. */
  #keepBudget(at: number): void {
    const limit = this.#options.diskBudgetBytes - this.#walReserveBytes
    let excess = this.#livePages() * this.#pageSize - limit
    if (excess <= 0) return
    excess += limit * 0.02
    const first = this.#options.dropFirst
    for (const stream of [first, first === 'telemetry' ? 'events' : 'telemetry'] as const) {
      while (excess > 0) {
        const plan = planDrop(this.#oldest(stream), excess, { at, reason: 'disk-budget' })
        if (plan.batches === 0) break
        for (const drop of plan.drops) this.#drop(drop)
        excess -= plan.freedBytes
      }
    }
  }

  #oldest(stream: Stream): StoredBatch[] {
    const rows = this.#sql.oldest.all(streamCodes[stream], 1000) as unknown as Omit<StoredBatch, 'stream'>[]
    return rows.map((row) => ({ ...row, stream }))
  }

  #livePages(): number {
    return pragmaNumber(this.db, 'page_count') - pragmaNumber(this.db, 'freelist_count')
  }

  #walBytes(): number {
    return statSync(`${this.#options.path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  #add({ stream, epoch }: { stream: Stream; epoch: number }, change: Totals): void {
    const totals = this.#totals[stream]
    totals.batches += change.batches
    totals.samples += change.samples
    totals.bytes += change.bytes
    const key = `${stream}/${epoch}`
    const moved = this.#moved.get(key) ?? { stream, epoch, batches: 0, samples: 0 }
    moved.batches += change.batches
    moved.samples += change.samples
    this.#moved.set(key, moved)
  }

  /** What is there, held against the account of the streams. */
  #countAll(): Record<Stream, Totals> {
    const totals = {
      telemetry: { batches: 0, samples: 0, bytes: 0 },
      events: { batches: 0, samples: 0, bytes: 0 },
    }
    const there = new Map<string, Totals>()
    for (const row of this.#sql.sumStreams.all() as unknown as (StreamKey & Totals)[]) {
      const sum = totals[streamOf(row.stream)]
      sum.batches += row.batches
      sum.samples += row.samples
      sum.bytes += row.bytes
      there.set(`${row.stream}/${row.epoch}`, row)
    }
    for (const row of this.#sql.waiting.all() as unknown as (StreamKey & {
      waiting: number
      samples: number
    })[]) {
      const { batches = 0, samples = 0 } = there.get(`${row.stream}/${row.epoch}`) ?? {}
      if (batches === row.waiting && samples === row.samples) continue
      throw new DamagedFile(
        `${row.waiting} batches of stream ${row.stream} were stored, ${batches} are there`,
      )
    }
    return totals
  }

  #streamTotals(stream: Stream): StreamTotals {
    const { batches, samples, bytes } = this.#totals[stream]
    const [oldest] = batches === 0 ? [] : this.#sql.oldest.all(streamCodes[stream], 1)
    const stored = bytes + batches * rowOverheadBytes
    return { batches, samples, bytes: stored, oldestAt: (oldest as { firstT: number } | undefined)?.firstT }
  }
}

function streamOf(code: number): Stream {
  return code === streamCodes.events ? 'events' : 'telemetry'
}
