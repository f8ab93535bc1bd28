import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What places say of the school calendar, and which one each gateway has. */
export const calendars: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('calendars')
      .addColumn('node', 'text', (column) =>
        column.primaryKey().references('tree_nodes.id').onDelete('cascade'),
      )
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('part_json', 'text')
      .addColumn('changed_at', 'bigint', (column) => column.notNull())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('calendar_reports')
      .addColumn('gateway', 'text', (column) =>
        column.primaryKey().references('gateways.id').onDelete('cascade'),
      )
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('version', 'text')
      .addColumn('refused_version', 'text')
      .addColumn('refused_reason', 'text')
      .execute()
  },
}
