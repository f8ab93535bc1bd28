import type { Aggregate, Bucket, TimeRange } from '#cloud/telemetry/telemetry-store.ts'
import type { Sqlite, SqliteStatement } from '#lib/sqlite.ts'
import { countsInBuckets } from './kind.ts'
import { type Packed, pack, type Row } from './packed.ts'
import { slotMs, slotOf } from './schema.ts'

/** The slots that hold anything between two slots, found by one seek each. */
const slotsBetween = `WITH RECURSIVE slots (slot) AS (
    SELECT min(slot) FROM samples WHERE slot >= ?
    UNION ALL
    SELECT (SELECT min(slot) FROM samples WHERE slot > slots.slot) FROM slots WHERE slots.slot < ?
  )`

/** `min(t)` and `max(t)` make SQLite take the other columns from that very row. */
const expressions: Record<Aggregate, string> = {
  mean: 'avg(value) AS value',
  min: 'min(value) AS value',
  max: 'max(value) AS value',
  sum: 'sum(value) AS value',
  count: 'count(*) AS value',
  first: 'value AS value, min(t) AS at',
  last: 'value AS value, max(t) AS at',
}

/** Answers questions from its own connection, in its own thread: a long read never holds up an append. Blocks. */
export class SampleReader {
  readonly #db: Sqlite
  readonly #seriesOf: SqliteStatement
  readonly #slots: SqliteStatement
  readonly #inSlot: SqliteStatement
  readonly #latest: SqliteStatement
  readonly #countSlot: SqliteStatement

  constructor(db: Sqlite) {
    this.#db = db
    this.#seriesOf = db.prepare('SELECT id FROM series WHERE point = ?')
    this.#slots = db.prepare(`${slotsBetween} SELECT slot FROM slots WHERE slot <= ? ORDER BY slot`)
    this.#inSlot = db.prepare(
      `SELECT slot * ${slotMs} + at AS t, value, kind FROM samples
        WHERE slot = ? AND series = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?`,
    )
    this.#latest = db.prepare(
      `SELECT slot * ${slotMs} + at AS t, value, kind FROM series
         JOIN samples ON slot = newest_slot AND series = id
        WHERE point = ? ORDER BY at DESC LIMIT 1`,
    )
    this.#countSlot = db.prepare('SELECT count(*) AS samples FROM samples WHERE slot = ?')
  }

  latest(points: readonly string[]): { readonly points: string[]; readonly samples: Packed } {
    const found: string[] = []
    const rows: Row[] = []
    for (const point of points) {
      const row = this.#latest.get(point)
      if (row === undefined) continue
      found.push(point)
      rows.push(row as Row)
    }
    return { points: found, samples: pack(rows) }
  }

  range(points: readonly string[], { from, to }: TimeRange, limit: number): Packed[] {
    const slots = this.#slotsIn({ from, to })
    return points.map((point) => {
      const series = this.#seriesOf.get(point)?.id
      const rows: Row[] = []
      if (typeof series !== 'number') return pack(rows)
      for (const slot of slots) {
        if (rows.length >= limit) break
        const start = slot * slotMs
        const found = this.#inSlot.all(slot, series, from - start, to - start, limit - rows.length)
        for (const row of found) rows.push(row as Row)
      }
      return pack(rows)
    })
  }

  buckets(points: readonly string[], { from, to }: TimeRange, { bucketMs, aggregate }: Bucket): Packed[] {
    const statement = this.#db.prepare(
      `${slotsBetween}
       SELECT floor(t / ?) * ? AS t, ${expressions[aggregate]}, 0 AS kind FROM (
         SELECT samples.slot * ${slotMs} + at AS t, value FROM slots CROSS JOIN samples
          WHERE samples.slot = slots.slot AND series = ? AND ${countsInBuckets}
       ) WHERE t >= ? AND t < ? GROUP BY 1 ORDER BY 1`,
    )
    return points.map((point) => {
      const series = this.#seriesOf.get(point)?.id
      if (typeof series !== 'number') return pack([])
      const bounds = [slotOf(from), slotOf(to)]
      return pack(statement.all(...bounds, bucketMs, bucketMs, series, from, to) as Row[])
    })
  }

  /** Samples per slot; of all slots when `slots` is absent. */
  count(slots?: readonly number[]): Map<number, number> {
    const wanted = slots ?? this.#slotsIn({ from: -Infinity, to: Infinity })
    return new Map(wanted.map((slot) => [slot, Number(this.#countSlot.get(slot)?.samples)]))
  }

  seriesCount(): number {
    return Number(this.#db.prepare('SELECT count(*) AS n FROM series').get()?.n)
  }

  #slotsIn({ from, to }: TimeRange): number[] {
    const last = slotOf(to)
    return this.#slots.all(slotOf(from), last, last).map((row) => Number(row.slot))
  }
}
