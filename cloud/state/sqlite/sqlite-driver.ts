import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely'
import { AppError } from '#contract/errors.ts'
import { startWorker, type WorkerHandle } from '#lib/worker-rpc.ts'
import type { SqliteWorker } from './sqlite-worker.ts'

/** https://www.sqlite.org/rescode.html */
const constraint = { primaryKey: 1555, unique: 2067 }
/** The low byte of a code that says "not now" or "not on this disk": busy, read-only, I/O, corrupt, full, can't open. */
const unavailable = new Set([5, 8, 10, 11, 13, 14, 26])

/**
 * Kysely on `node:sqlite` in a worker thread, because SQLite blocks. One connection: Kysely hands it to one query or
 * transaction at a time, so transactions never mix.
 */
export class SqliteDriver implements Driver {
  readonly #path: string
  #worker: WorkerHandle<SqliteWorker> | undefined

  constructor(path: string) {
    this.#path = path
  }

  async init(): Promise<void> {
    this.#worker = startWorker<SqliteWorker>(new URL('./sqlite-worker.ts', import.meta.url), {
      name: 'state-store',
      workerData: { path: this.#path },
    })
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#worker === undefined) throw new Error('the driver was not initialised')
    return new SqliteConnection(this.#worker)
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // Immediate: another process that writes makes this wait here, not fail at the first write.
    await connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'))
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('COMMIT'))
  }

  async rollbackTransaction(): Promise<void> {
    await this.#worker?.call('rollback', undefined)
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]()
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #worker: WorkerHandle<SqliteWorker>

  constructor(worker: WorkerHandle<SqliteWorker>) {
    this.#worker = worker
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const answer = await this.#worker.call('query', { sql, parameters }).catch((error: unknown) => {
      throw translate(error)
    })
    return {
      rows: answer.rows as R[],
      numAffectedRows: BigInt(answer.changes),
      insertId: BigInt(answer.lastInsertRowid),
    }
  }

  // biome-ignore lint/correctness/useYield: the state store reads pages; nothing here is long enough to stream
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the state store does not stream')
  }
}

/** Where the meaning changes: what a caller can decide on gets a code, the rest is a bug and stays as it is. */
function translate(error: unknown): unknown {
  const { code, errcode } = error as { code?: string; errcode?: number }
  if (errcode === constraint.unique || errcode === constraint.primaryKey) {
    return new AppError('CONFLICT', 'there is already such a row', { cause: error })
  }
  if (code === 'WORKER_EXITED' || (errcode !== undefined && unavailable.has(errcode & 0xff))) {
    return new AppError('STORE_UNAVAILABLE', `state store: ${(error as Error).message}`, { cause: error })
  }
  return error
}
