import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The register of assets with its history, what was seen and is not registered, and what the data catalogue was told. */
export const assets: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createRegister(db)
    await createUnknown(db)
    await createDataCatalogue(db)
    await nameQuantities(db)
    // What the device said of itself, when it was asked.
    await db.schema.alterTable('devices').addColumn('machine_json', 'text').execute()
  },
}

async function createRegister(db: Kysely<unknown>): Promise<void> {
  let table = db.schema
    .createTable('assets')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('gateway', 'text', (column) => column.notNull())
    // Empty: the gateway itself. A key takes no NULL.
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
  for (const name of ['maker', 'model', 'serial', 'firmware', 'address'])
    table = table.addColumn(name, 'text')
  await table
    .addColumn('reported_json', 'text', (column) => column.notNull())
    .addColumn('hand_json', 'text', (column) => column.notNull())
    .addColumn('hand_text', 'text', (column) => column.notNull())
    .addColumn('contradicts', 'integer', (column) => column.notNull())
    .addColumn('registered_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('removed_at', 'bigint')
    .addUniqueConstraint('assets_by_thing', ['gateway', 'device'])
    .execute()
  await db.schema
    .createTable('asset_changes')
    .addColumn('asset', 'text', (column) => column.notNull().references('assets.id'))
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('field', 'text', (column) => column.notNull())
    .addColumn('before', 'text')
    .addColumn('after', 'text')
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('person', 'text')
    .addPrimaryKeyConstraint('asset_changes_pk', ['asset', 'seq'])
    .execute()
}

async function createUnknown(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('unknown_devices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('protocol', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('address', 'text')
    .addColumn('instance_json', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('ignored_at', 'bigint')
    .addColumn('ignored_by', 'text')
    .addColumn('ignore_reason', 'text')
    .addUniqueConstraint('unknown_devices_by_key', ['gateway', 'protocol', 'key'])
    .execute()
}

async function createDataCatalogue(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('point_entries')
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('point', 'text', (column) => column.notNull())
    .addColumn('data_class', 'text')
    .addColumn('owner', 'text')
    .addColumn('is_primary', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('point_entries_pk', ['gateway', 'device', 'point'])
    .execute()
  await db.schema
    .createTable('data_class_rules')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('data_class', 'text', (column) => column.notNull())
    .execute()
}

/** The last part of a point's id: what it measures, whichever channel of the device it belongs to. */
async function nameQuantities(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('points').addColumn('quantity', 'text').execute()
  const { rows } = await sql<{ id: string }>`select distinct id from points`.execute(db)
  for (const { id } of rows) {
    const quantity = id.slice(id.lastIndexOf('/') + 1)
    await sql`update points set quantity = ${quantity} where id = ${id}`.execute(db)
  }
  await db.schema.createIndex('points_by_quantity').on('points').column('quantity').execute()
}
