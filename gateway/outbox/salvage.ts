/** A damaged outbox file is set aside, what can be read is copied into a new one, and the known gap is reported. */
import { existsSync, renameSync } from 'node:fs'
import { openSqlite, type Sqlite, transaction } from '#lib/sqlite.ts'
import type { Drop } from './batch.ts'
import { type FileOptions, OutboxFile } from './outbox-file.ts'
import { streamCodes } from './outbox-schema.ts'

export type Salvage = {
  /** Where the damaged file is now. */
  readonly quarantine: string
  readonly batches: number
  readonly drops: readonly Drop[]
}

type Row = {
  id: number
  stream: number
  epoch: number
  seq: number
  created_at: number
  first_t: number
  last_t: number
  samples: number
  bytes: number
  payload: Uint8Array | string
}
type StreamRow = { stream: number; epoch: number; started_at: number; last_seq: number; samples: number }

/** Moves `path` (and its log) away and opens a new file there with everything readable. */
export function salvage(options: FileOptions, at: number): { file: OutboxFile; salvage: Salvage } {
  const quarantine = `${options.path}.corrupt-${at}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(options.path + suffix)) renameSync(options.path + suffix, quarantine + suffix)
  }
  const file = new OutboxFile(options)
  const { rows, hole } = readAll(quarantine)
  const streams = readStreams(quarantine)
  copyInto(file.db, rows, streams)
  const drops = hole === undefined ? [] : holeAsDrops(hole, streams, at)
  file.close()

  // Opened again, so that its totals count what was copied.
  const reopened = new OutboxFile(options)
  reopened.dropUnreadable(drops, at)
  return { file: reopened, salvage: { quarantine, batches: rows.length, drops } }
}

type Hole = { readonly before: Row | undefined; readonly after: Row | undefined }

function readAll(path: string): { rows: Row[]; hole: Hole | undefined } {
  const forward = readRows(path, 'ASC', Number.MIN_SAFE_INTEGER)
  if (forward.complete) return { rows: forward.rows, hole: undefined }
  const before = forward.rows.at(-1)
  const backward = readRows(path, 'DESC', before?.id ?? Number.MIN_SAFE_INTEGER).rows.toReversed()
  return { rows: [...forward.rows, ...backward], hole: { before, after: backward[0] } }
}

function readRows(path: string, order: 'ASC' | 'DESC', afterId: number): { rows: Row[]; complete: boolean } {
  const rows: Row[] = []
  let db: Sqlite | undefined
  try {
    db = openSqlite({ path, damaged: true })
    const all = db.prepare(
      `SELECT rowid AS id, * FROM batches NOT INDEXED WHERE rowid > ? ORDER BY rowid ${order}`,
    )
    for (const row of all.iterate(afterId)) rows.push(row as unknown as Row)
    return { rows, complete: true }
  } catch {
    return { rows, complete: false }
  } finally {
    db?.close()
  }
}

function readStreams(path: string): StreamRow[] {
  let db: Sqlite | undefined
  try {
    db = openSqlite({ path, damaged: true })
    return db
      .prepare('SELECT stream, epoch, started_at, last_seq, samples FROM streams')
      .all() as unknown as StreamRow[]
  } catch {
    return []
  } finally {
    db?.close()
  }
}

function copyInto(db: Sqlite, rows: readonly Row[], streams: readonly StreamRow[]): void {
  const insertRow = db.prepare(`INSERT OR IGNORE INTO batches
    (stream, epoch, seq, created_at, first_t, last_t, samples, bytes, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const insertStream = db.prepare('INSERT OR IGNORE INTO streams VALUES (?, ?, ?, ?, ?)')
  transaction(db, () => {
    for (const r of rows) {
      insertRow.run(
        r.stream,
        r.epoch,
        r.seq,
        r.created_at,
        r.first_t,
        r.last_t,
        r.samples,
        r.bytes,
        r.payload,
      )
    }
    for (const s of streams) insertStream.run(s.stream, s.epoch, s.started_at, s.last_seq, s.samples)
  })
}

/**
 * What may be missing between the last row read from the front and the first read from the back, per stream. Some of it
 * may have been delivered before: the cloud knows, and received wins over dropped.
 */
function holeAsDrops({ before, after }: Hole, streams: readonly StreamRow[], at: number): Drop[] {
  return streams.flatMap(({ stream, epoch, last_seq: lastSeq }) => {
    const from =
      before === undefined
        ? 1
        : before.stream === stream && before.epoch === epoch
          ? before.seq + 1
          : undefined
    const until =
      after !== undefined && after.stream === stream && after.epoch === epoch ? after.seq - 1 : lastSeq
    if (from === undefined || until < from) return []
    const name = stream === streamCodes.events ? 'events' : 'telemetry'
    return [{ stream: name, epoch, firstSeq: from, lastSeq: until, samples: 0, reason: 'corrupt', at }]
  })
}
