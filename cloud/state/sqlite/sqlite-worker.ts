import { workerData } from 'node:worker_threads'
import { openSqlite, type SqliteStatement } from '#lib/sqlite.ts'
import { serveWorker } from '#lib/worker-rpc.ts'

/** The one connection. Statements arrive in order and run in order. */
export type SqliteQuery = { readonly sql: string; readonly parameters: readonly unknown[] }
export type SqliteAnswer = {
  readonly rows: readonly unknown[]
  readonly changes: number
  readonly lastInsertRowid: number
}

const db = openSqlite({ path: (workerData as { path: string }).path })

/** Preparing costs more than running a small statement. Builders make few distinct texts; the limit is for the rest. */
const maxPrepared = 300
const prepared = new Map<string, SqliteStatement>()

function prepare(sql: string): SqliteStatement {
  const known = prepared.get(sql)
  if (known !== undefined) return known
  const statement = db.prepare(sql)
  if (prepared.size >= maxPrepared) {
    const oldest = prepared.keys().next().value
    if (oldest !== undefined) prepared.delete(oldest)
  }
  prepared.set(sql, statement)
  return statement
}

const methods = {
  query({ sql, parameters }: SqliteQuery): SqliteAnswer {
    const statement = prepare(sql)
    const values = parameters as (null | number | bigint | string | Uint8Array)[]
    if (statement.columns().length > 0)
      return { rows: statement.all(...values), changes: 0, lastInsertRowid: 0 }
    const { changes, lastInsertRowid } = statement.run(...values)
    return { rows: [], changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) }
  },
  /** SQLite has rolled back by itself when the disk is full; a second one would hide the first error. */
  rollback(): void {
    if (db.isTransaction) db.exec('ROLLBACK')
  },
}
export type SqliteWorker = typeof methods

serveWorker(methods, () => db.close())
