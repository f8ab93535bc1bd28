import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** The only file that names the SQLite binding. Everything here blocks: use it in a worker thread. */
export type Sqlite = DatabaseSync
export type SqliteStatement = StatementSync

export type SqliteOptions = {
  /** A file, or `:memory:`. */
  readonly path: string
  readonly readOnly?: boolean
  /** Read-only, and reads what is there of a file that is shorter than its header says. For rescuing rows. */
  readonly damaged?: boolean
  /** `FULL` (default): a commit is on the disk when it returns. `NORMAL`: the last commits may be lost in a power cut. */
  readonly synchronous?: 'FULL' | 'NORMAL'
  /** Fixed when the file is created: freed pages can be given back to the file system by `incremental_vacuum`. */
  readonly incrementalVacuum?: boolean
  /** Nobody else opens the file. It needs no `-shm` beside it then, which a full disk refuses. */
  readonly exclusive?: boolean
  readonly busyTimeoutMs?: number
  /** More pragmas, set last. */
  readonly pragmas?: Readonly<Record<string, string | number>>
}

/** As `PRAGMA auto_vacuum` answers. */
const incremental = 2

export function openSqlite(options: SqliteOptions): Sqlite {
  const isDamaged = options.damaged ?? false
  const readOnly = isDamaged || (options.readOnly ?? false)
  const db = new DatabaseSync(options.path, {
    readOnly,
    timeout: options.busyTimeoutMs ?? 5_000,
    defensive: !isDamaged,
  })
  try {
    if (isDamaged) db.exec('PRAGMA writable_schema = ON')
    // Must come before the log is touched.
    if (options.exclusive) db.exec('PRAGMA locking_mode = EXCLUSIVE')
    // Must come before the first page is written, and switching to WAL writes it. Set again it is written again: a full disk
    // would keep a file from being opened.
    if (options.incrementalVacuum && pragmaNumber(db, 'auto_vacuum') !== incremental)
      db.exec('PRAGMA auto_vacuum = INCREMENTAL')
    if (!readOnly) db.exec('PRAGMA journal_mode = WAL')
    db.exec(`PRAGMA synchronous = ${options.synchronous ?? 'FULL'}`)
    db.exec('PRAGMA foreign_keys = ON')
    for (const [name, value] of Object.entries(options.pragmas ?? {})) db.exec(`PRAGMA ${name} = ${value}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Copies a database as it is at one moment, while others read and write it. `to` is empty or does not exist; it is whole when this
 * returns, and on the disk when the caller has flushed it.
 */
export function copySqlite(from: string, to: string): void {
  using db = new DatabaseSync(from, { readOnly: true, timeout: 5_000 })
  db.prepare('VACUUM INTO ?').run(to)
}

/** Runs `work` in one transaction: all of it is stored, or nothing when it throws. */
export function transaction<T>(db: Sqlite, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite rolls back by itself when the disk is full; a second ROLLBACK would hide the first error.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** The file has a version that this program does not know. */
export class NewerFile extends Error {
  readonly version: number

  constructor(version: number, known: number) {
    super(`file has version ${version}, this program knows ${known}: use a newer program`)
    this.version = version
  }
}

/**
 * Brings the file to the newest version: `migrations[n]` leads from version n to n + 1, each in its own transaction.
 * A file from a newer program is refused.
 */
export function migrateSqlite(db: Sqlite, migrations: readonly string[]): void {
  const version = pragmaNumber(db, 'user_version')
  if (version > migrations.length) throw new NewerFile(version, migrations.length)
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    transaction(db, () => {
      db.exec(sql)
      db.exec(`PRAGMA user_version = ${index + 1}`)
    })
  }
}

export function pragmaNumber(db: Sqlite, name: string): number {
  const row = db.prepare(`PRAGMA ${name}`).get()
  return Number(Object.values(row ?? {})[0] ?? 0)
}

/** https://www.sqlite.org/rescode.html: the low byte is the primary code. */
const primary = { ioerr: 10, corrupt: 11, full: 13, notadb: 26 }

function primaryCode(error: unknown): number | undefined {
  const errcode = error instanceof Error ? (error as Error & { errcode?: unknown }).errcode : undefined
  return typeof errcode === 'number' ? errcode & 0xff : undefined
}

/** The disk (or the page limit) is full. Nothing of the transaction was stored. */
export function isDiskFull(error: unknown): boolean {
  return primaryCode(error) === primary.full
}

/** The file is damaged or is no database. */
export function isCorrupt(error: unknown): boolean {
  const code = primaryCode(error)
  return code === primary.corrupt || code === primary.notadb
}

export function isIoError(error: unknown): boolean {
  return primaryCode(error) === primary.ioerr
}
