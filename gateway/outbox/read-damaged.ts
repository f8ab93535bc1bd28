/** Reads what can be read of a damaged outbox file. Throws nothing; what cannot be read is left out. */
import { decodeTelemetry } from '#contract/codec.ts'
import type { Stream } from '#contract/delivery.ts'
import { openSqlite, type Sqlite } from '#lib/sqlite.ts'
import { eventIn } from './backfill.ts'
import type { Drop } from './batch.ts'
import type { Account } from './missing.ts'
import { streamCodes, streamNamed } from './outbox-schema.ts'

/** A batch as the file holds it, checked against its own checksum. */
export type Rescued = {
  readonly stream: Stream
  readonly epoch: number
  readonly seq: number
  readonly createdAt: number
  readonly firstT: number
  readonly lastT: number
  readonly samples: number
  readonly payload: Uint8Array | string
}

type Raw = Readonly<Record<string, unknown>>

export class DamagedReader implements Disposable {
  readonly #db: Sqlite | undefined

  constructor(path: string) {
    this.#db = openOrNothing(path)
  }

  accounts(): Account[] {
    return this.#all('SELECT * FROM streams').flatMap(accountOf)
  }

  /** Drops that the cloud has not been told of. */
  drops(): Drop[] {
    return this.#all('SELECT * FROM drops').flatMap(dropOf)
  }

  /** Every batch that is what was stored, wherever it lies: around a damaged stretch it goes on behind it. */
  *batches(): Generator<Rescued> {
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const end = yield* this.#readOn(after)
      if (end.isAll) return
      const next = this.#nextReadable(end.last)
      if (next === undefined) return
      after = next
    }
  }

  [Symbol.dispose](): void {
    this.#db?.close()
  }

  /** Up to the first page that cannot be read. */
  *#readOn(after: number): Generator<Rescued, { isAll: boolean; last: number }> {
    let last = after
    try {
      for (const row of this.#rows(after)) {
        last = Number(row.id)
        const rescued = rescuedOf(row)
        if (rescued !== undefined) yield rescued
      }
      return { isAll: true, last }
    } catch {
      return { isAll: false, last }
    }
  }

  #rows(after: number): Iterable<Raw> {
    // By row, not by key: half of a damaged file is its index.
    const sql = 'SELECT rowid AS id, * FROM batches NOT INDEXED WHERE rowid > ? ORDER BY rowid'
    return (this.#db?.prepare(sql).iterate(after) ?? []) as Iterable<Raw>
  }

  /** The smallest step over what cannot be read: doubled until something can, then halved to what is just enough. */
  #nextReadable(last: number): number | undefined {
    const from = Math.max(0, last)
    let enough = 1
    while (!this.#canReadAfter(from + enough)) {
      enough *= 2
      if (enough > 2 ** 40) return undefined
    }
    let tooLittle = Math.floor(enough / 2)
    while (enough - tooLittle > 1) {
      const middle = Math.floor((enough + tooLittle) / 2)
      if (this.#canReadAfter(from + middle)) enough = middle
      else tooLittle = middle
    }
    return from + enough
  }

  #canReadAfter(after: number): boolean {
    try {
      for (const _ of this.#rows(after)) break
      return true
    } catch {
      return false
    }
  }

  #all(sql: string): Raw[] {
    const rows: Raw[] = []
    try {
      for (const row of (this.#db?.prepare(sql).iterate() ?? []) as Iterable<Raw>) rows.push(row)
    } catch {
      // What came before the damage is kept.
    }
    return rows
  }
}

function openOrNothing(path: string): Sqlite | undefined {
  try {
    return openSqlite({ path, damaged: true })
  } catch {
    return undefined // not even its first page is one
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function accountOf(row: Raw): Account[] {
  const { epoch, last_seq: lastSeq, samples: produced, waiting, waiting_samples, first_waiting: first } = row
  const stream = streamNamed(row.stream)
  if (stream === undefined || !isCount(epoch) || !isCount(lastSeq) || !isCount(produced)) return []
  const isKnown = isCount(waiting) && isCount(waiting_samples) && isCount(first)
  const known = isKnown ? { batches: waiting, samples: waiting_samples, first } : undefined
  return [{ stream, epoch, lastSeq, produced, waiting: known }]
}

function dropOf(row: Raw): Drop[] {
  const { epoch, first_seq: firstSeq, last_seq: lastSeq, samples, reason, at, from_t: from, to_t: to } = row
  const stream = streamNamed(row.stream)
  const isWhole = isCount(epoch) && isCount(firstSeq) && isCount(lastSeq) && isCount(samples) && isCount(at)
  if (stream === undefined || !isWhole || typeof reason !== 'string') return []
  const times = typeof from === 'number' && typeof to === 'number' ? { from, to } : {}
  return [{ stream, epoch, firstSeq, lastSeq, samples, reason, at, ...times }]
}

/** Undefined where the content is damaged; what the row says beside it counts less than what a message says of itself. */
function rescuedOf(row: Raw): Rescued | undefined {
  const { payload } = row
  const createdAt = isCount(row.created_at) ? row.created_at : 0
  if (payload instanceof Uint8Array && row.stream !== streamCodes.events) {
    const decoded = decodeTelemetry(payload)
    if (!decoded.ok || decoded.value.firstSeq !== decoded.value.lastSeq) return undefined
    const { epoch, firstSeq: seq, samples } = decoded.value
    const [firstT, lastT] = [Math.min(...samples.t), Math.max(...samples.t)]
    return { stream: 'telemetry', epoch, seq, createdAt, firstT, lastT, samples: samples.t.length, payload }
  }
  const { epoch, seq, crc } = row
  const isEvent =
    typeof payload === 'string' && row.stream === streamCodes.events && isCount(epoch) && isCount(seq)
  if (!isEvent || !(crc === null || crc === undefined || typeof crc === 'number')) return undefined
  if (eventIn({ epoch, seq, payload, crc: crc ?? null }) === undefined) return undefined
  return { stream: 'events', epoch, seq, createdAt, firstT: createdAt, lastT: createdAt, samples: 1, payload }
}
