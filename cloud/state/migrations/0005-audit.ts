import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

const texts = [
  'action',
  'user_id',
  'username',
  'display_name',
  'role',
  'address',
  'user_agent',
  'target',
  'before_json',
  'after_json',
  'outcome',
  'request',
  'algorithm',
  'prev_hash',
  'hash',
] as const

/** Who did what. Rows are added and, when they are old, deleted; never changed. */
export const audit: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    let table = db.schema
      .createTable('audit')
      .addColumn('seq', 'bigint', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
    for (const name of texts) table = table.addColumn(name, 'text', (column) => column.notNull())
    await table.execute()
    await db.schema.createIndex('audit_by_time').on('audit').columns(['at']).execute()
  },
}
