import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Hidden dangers with what happened to each, and their pictures. */
export const dangers: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('dangers')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('report_key', 'text', (column) => column.notNull().unique())
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('category', 'text', (column) => column.notNull())
      .addColumn('grade', 'text')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('alarm', 'text')
      .addColumn('found_at', 'bigint', (column) => column.notNull())
      .addColumn('found_by_json', 'text', (column) => column.notNull())
      .addColumn('assignee', 'text')
      .addColumn('assignee_json', 'text')
      .addColumn('due', 'text')
      .addColumn('fixed_by', 'text')
      .addColumn('fixed_by_json', 'text')
      .addColumn('closed_at', 'bigint')
      .addColumn('overdue', 'integer', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('dangers_by_state').on('dangers').columns(['state', 'due']).execute()
    await db.schema
      .createTable('danger_steps')
      .addColumn('danger', 'text', (column) => column.notNull().references('dangers.id'))
      .addColumn('n', 'integer', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('by_json', 'text')
      .addColumn('note', 'text', (column) => column.notNull())
      .addColumn('more_json', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('danger_steps_pk', ['danger', 'n'])
      .execute()
    await db.schema
      .createTable('danger_photos')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('danger', 'text', (column) => column.notNull().references('dangers.id'))
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('by_json', 'text', (column) => column.notNull())
      .addColumn('content', 'blob', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('danger_photos_by_danger').on('danger_photos').columns(['danger']).execute()
  },
}
