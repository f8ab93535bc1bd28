import type { GatewaySamples } from '#cloud/telemetry/telemetry-store.ts'
import { valueTypes } from '#contract/sample.ts'
import { type Sqlite, type SqliteStatement, transaction } from '#lib/sqlite.ts'
import { kindOf } from './kind.ts'
import { slotMs, slotOf } from './schema.ts'

type Series = { readonly id: number; newestSlot: number }
type Rows = {
  readonly length: number
  readonly slot: Float64Array
  readonly series: Uint32Array
  readonly at: Float64Array
  readonly value: (number | Uint8Array | null)[]
  readonly kind: Uint16Array
}

/** Rows per INSERT, most first. One statement per row costs three times as much. */
const rowsPerInsert = [128, 16, 1] as const

/** Writes groups of samples, each group in one transaction. Owns the write connection; blocks. */
export class SampleWriter {
  readonly #db: Sqlite
  readonly #series = new Map<string, Map<string, Series>>()
  readonly #inserts: readonly { readonly rows: number; readonly statement: SqliteStatement }[]
  readonly #addSeries: SqliteStatement
  readonly #moveSeries: SqliteStatement

  constructor(db: Sqlite) {
    this.#db = db
    this.#inserts = rowsPerInsert.map((rows) => ({ rows, statement: db.prepare(insertOf(rows)) }))
    this.#addSeries = db.prepare('INSERT INTO series (point, newest_slot) VALUES (?, ?) RETURNING id')
    this.#moveSeries = db.prepare('UPDATE series SET newest_slot = ? WHERE id = ?')
    for (const row of db.prepare('SELECT id, point, newest_slot AS newestSlot FROM series').iterate()) {
      const [gateway, point] = splitPoint(String(row.point))
      this.#of(gateway).set(point, { id: Number(row.id), newestSlot: Number(row.newestSlot) })
    }
  }

  /** Everything or nothing. Returns the slots that were written to. */
  append(batches: readonly GatewaySamples[]): number[] {
    const moved = new Map<Series, number>()
    try {
      return transaction(this.#db, () => {
        const rows = this.#rowsOf(batches, moved)
        const slots = this.#insert(rows)
        for (const series of moved.keys()) this.#moveSeries.run(series.newestSlot, series.id)
        return slots
      })
    } catch (error) {
      // Series added in the transaction are gone: forget what this thread believed of them.
      for (const [series, slotBefore] of moved) series.newestSlot = slotBefore
      this.#forgetAdded(moved)
      throw error
    }
  }

  #of(gateway: string): Map<string, Series> {
    const known = this.#series.get(gateway)
    if (known !== undefined) return known
    const points = new Map<string, Series>()
    this.#series.set(gateway, points)
    return points
  }

  #rowsOf(batches: readonly GatewaySamples[], moved: Map<Series, number>): Rows {
    const length = batches.reduce((sum, { samples }) => sum + samples.t.length, 0)
    const rows: Rows = {
      length,
      slot: new Float64Array(length),
      series: new Uint32Array(length),
      at: new Float64Array(length),
      value: new Array<number | Uint8Array | null>(length),
      kind: new Uint16Array(length),
    }
    let row = 0
    for (const { gateway, samples } of batches) {
      const known: (Series | undefined)[] = []
      for (let i = 0; i < samples.t.length; i++, row++) {
        const index = samples.series[i] ?? 0
        const series = known[index] ?? this.#seriesOf(gateway, samples.points[index], moved)
        known[index] = series
        const t = samples.t[i] ?? 0
        const slot = slotOf(t)
        if (slot > series.newestSlot) move(series, slot, moved)
        rows.slot[row] = slot
        rows.series[row] = series.id
        rows.at[row] = t - slot * slotMs
        rows.value[row] = storedValue(samples, i)
        rows.kind[row] = kindOf(samples.type[i] ?? 0, samples.quality[i] ?? 0)
      }
    }
    return rows
  }

  #seriesOf(gateway: string, point: string | undefined, moved: Map<Series, number>): Series {
    if (point === undefined) throw new Error(`a sample of ${gateway} names a point outside its dictionary`)
    const points = this.#of(gateway)
    const known = points.get(point)
    if (known !== undefined) return known
    const row = this.#addSeries.get(`${gateway}/${point}`, unwritten)
    const added: Series = { id: Number(row?.id), newestSlot: unwritten }
    points.set(point, added)
    moved.set(added, unwritten)
    return added
  }

  #forgetAdded(moved: ReadonlyMap<Series, number>): void {
    for (const points of this.#series.values()) {
      for (const [point, series] of points) {
        if (moved.get(series) === unwritten) points.delete(point)
      }
    }
  }

  #insert(rows: Rows): number[] {
    // In key order each page is visited once. The sort is stable: of two values at one time the later one stays.
    const order = new Uint32Array(rows.length).map((_, index) => index).sort(byKey(rows))
    const slots = new Set<number>()
    let done = 0
    for (const insert of this.#inserts) {
      const parameters = new Array<number | Uint8Array | null>(insert.rows * 5)
      for (; done + insert.rows <= rows.length; done += insert.rows) {
        fill(parameters, rows, order.subarray(done, done + insert.rows), slots)
        insert.statement.run(...parameters)
      }
    }
    return [...slots]
  }
}

/** A series of which nothing is stored yet: older than any slot. */
const unwritten = -1e10

function move(series: Series, slot: number, moved: Map<Series, number>): void {
  if (!moved.has(series)) moved.set(series, series.newestSlot)
  series.newestSlot = slot
}

function byKey({ slot, series, at }: Rows): (a: number, b: number) => number {
  return (a, b) =>
    (slot[a] ?? 0) - (slot[b] ?? 0) || (series[a] ?? 0) - (series[b] ?? 0) || (at[a] ?? 0) - (at[b] ?? 0)
}

function fill(
  parameters: (number | Uint8Array | null)[],
  rows: Rows,
  order: Uint32Array,
  slots: Set<number>,
): void {
  let p = 0
  for (const row of order) {
    const slot = rows.slot[row] ?? 0
    slots.add(slot)
    parameters[p++] = slot
    parameters[p++] = rows.series[row] ?? 0
    parameters[p++] = rows.at[row] ?? 0
    parameters[p++] = rows.value[row] ?? null
    parameters[p++] = rows.kind[row] ?? 0
  }
}

/** Texts go in as bytes: the column would turn the text `12` into a number. */
function storedValue(samples: GatewaySamples['samples'], index: number): number | Uint8Array | null {
  const value = samples.value[index] ?? 0
  switch (samples.type[index]) {
    case valueTypes.number:
    case valueTypes.boolean:
      return value
    case valueTypes.text:
      return Buffer.from(samples.texts[value] ?? '')
    default:
      return null
  }
}

function insertOf(rows: number): string {
  const values = new Array(rows).fill('(?, ?, ?, ?, ?)').join(', ')
  return `INSERT OR REPLACE INTO samples (slot, series, at, value, kind) VALUES ${values}`
}

function splitPoint(point: string): [gateway: string, point: string] {
  const slash = point.indexOf('/')
  return [point.slice(0, slash), point.slice(slash + 1)]
}
