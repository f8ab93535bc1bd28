import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The places of the organisation, drawings of floors, and where gateways and devices stand. */
export const organisation: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('tree_nodes')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('parent', 'text', (column) => column.references('tree_nodes.id'))
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('title_zh', 'text')
      .addColumn('title_en', 'text')
      .addColumn('school_code', 'text')
      .addColumn('stages_json', 'text')
      .addColumn('people', 'integer')
      .addColumn('area_m2', 'double precision')
      .addColumn('floors', 'integer')
      .addColumn('level', 'integer')
      .addColumn('room_type', 'text')
      .addColumn('footprint_json', 'text')
      .execute()

    await db.schema
      .createTable('floor_plans')
      .addColumn('node', 'text', (column) => column.primaryKey().references('tree_nodes.id'))
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('content', 'blob', (column) => column.notNull())
      .execute()

    for (const table of ['gateways', 'devices']) {
      await db.schema
        .alterTable(table)
        .addColumn('place', 'text', (column) => column.references('tree_nodes.id'))
        .execute()
      await db.schema.createIndex(`${table}_by_place`).on(table).column('place').execute()
    }
  },
}
