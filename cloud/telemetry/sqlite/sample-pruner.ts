import { type Sqlite, type SqliteStatement, transaction } from '#lib/sqlite.ts'
import { slotMs, slotOf } from './schema.ts'

/** Deletes old samples in slices, so that the writer in the same thread is never kept waiting for long. Blocks. */
export class SamplePruner {
  readonly #db: Sqlite
  readonly #oldestSlot: SqliteStatement
  readonly #deleteSlice: SqliteStatement

  constructor(db: Sqlite) {
    this.#db = db
    this.#oldestSlot = db.prepare('SELECT min(slot) AS slot FROM samples')
    this.#deleteSlice = db.prepare(
      `DELETE FROM samples WHERE (slot, series, at) IN
         (SELECT slot, series, at FROM samples WHERE slot = ? AND at < ? LIMIT ?)`,
    )
  }

  /** At most `limit` samples older than `before`, of the oldest slot that has any. `deleted: 0` means done. */
  prune(before: number, limit: number): { readonly deleted: number; readonly slot: number | undefined } {
    const oldest = this.#oldestSlot.get()?.slot
    if (typeof oldest !== 'number' || oldest > slotOf(before)) return { deleted: 0, slot: undefined }
    const olderThan = before - oldest * slotMs
    const { changes } = transaction(this.#db, () => this.#deleteSlice.run(oldest, olderThan, limit))
    return { deleted: Number(changes), slot: oldest }
  }
}
