import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Kysely } from 'kysely'
import type { Logger } from '#lib/logger.ts'
import { migrate } from './migrate.ts'
import { createSqliteDialect } from './sqlite/sqlite-dialect.ts'
import type { Tables } from './tables.ts'

/** Its name in the data folder. */
export const stateFile = 'state.db'

/**
 * The state store: organisations, gateways, devices, ledger, users. Disposing closes it. A query on the database itself
 * inside the callback of `transaction()` waits for ever, because there is one connection: use the transaction there.
 */
export type Database = Kysely<Tables>

export type DatabaseOptions = {
  /** A file, created with its folder when absent, or `:memory:`. */
  readonly path: string
  readonly log: Logger
}

/** Resolves when the database is open and has the newest version. Throws AppError STORE_UNAVAILABLE otherwise. */
export async function openDatabase({ path, log }: DatabaseOptions): Promise<Database> {
  if (path !== ':memory:') await mkdir(dirname(path), { recursive: true })
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(path) })
  try {
    await migrate(db, log)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}
