import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Types that SQLite and PostgreSQL both know; `bigint` for instants and counts. */
export const init: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createInventory(db)
    await createLedger(db)
    await createEvents(db)
    await createUsers(db)
  },
}

async function createInventory(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('gateways')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('title_zh', 'text')
    .addColumn('title_en', 'text')
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('connected', 'integer', (column) => column.notNull())
    .addColumn('connected_at', 'bigint')
    .addColumn('last_seen_at', 'bigint')
    .addColumn('epoch_started_at', 'bigint')
    .addColumn('software', 'text')
    .addColumn('runtime', 'text')
    .addColumn('config_version', 'text')
    .addColumn('catalogue_version', 'text')
    .addColumn('clock_offset_ms', 'bigint')
    .addColumn('status_json', 'text')
    .execute()

  await db.schema
    .createTable('devices')
    .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('title_zh', 'text')
    .addColumn('title_en', 'text')
    .addColumn('profile', 'text', (column) => column.notNull())
    .addColumn('vendor', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('location_zh', 'text')
    .addColumn('location_en', 'text')
    .addColumn('link_state', 'text')
    .addColumn('link_at', 'bigint')
    .addColumn('link_reason', 'text')
    .addColumn('removed_at', 'bigint')
    .addPrimaryKeyConstraint('devices_pk', ['gateway', 'id'])
    .execute()

  await db.schema
    .createTable('points')
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('unit', 'text', (column) => column.notNull())
    .addColumn('title_zh', 'text')
    .addColumn('title_en', 'text')
    .addColumn('stale_after_ms', 'bigint')
    .addColumn('writable_json', 'text')
    .addColumn('removed_at', 'bigint')
    .addPrimaryKeyConstraint('points_pk', ['gateway', 'device', 'id'])
    .addForeignKeyConstraint('points_device_fk', ['gateway', 'device'], 'devices', ['gateway', 'id'])
    .execute()
}

async function createLedger(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('streams')
    .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('produced_seq', 'bigint', (column) => column.notNull())
    .addColumn('produced_samples', 'bigint', (column) => column.notNull())
    .addColumn('received_samples', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('streams_pk', ['gateway', 'stream', 'epoch'])
    .execute()

  await db.schema
    .createTable('received_ranges')
    .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('first_seq', 'bigint', (column) => column.notNull())
    .addColumn('last_seq', 'bigint', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('received_ranges_pk', ['gateway', 'stream', 'epoch', 'first_seq'])
    .execute()

  await db.schema
    .createTable('dropped_ranges')
    .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('first_seq', 'bigint', (column) => column.notNull())
    .addColumn('last_seq', 'bigint', (column) => column.notNull())
    .addColumn('samples', 'bigint', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('from_t', 'bigint')
    .addColumn('to_t', 'bigint')
    .addPrimaryKeyConstraint('dropped_ranges_pk', ['gateway', 'stream', 'epoch', 'first_seq'])
    .execute()
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alarm_events')
    .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
    .addColumn('occurrence', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('point', 'text', (column) => column.notNull())
    .addColumn('priority', 'integer', (column) => column.notNull())
    .addColumn('title_zh', 'text')
    .addColumn('title_en', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('raised_at', 'bigint')
    .addColumn('cleared_at', 'bigint')
    .addColumn('raise_value_json', 'text')
    .addColumn('limit_value', 'double precision')
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('alarm_events_pk', ['gateway', 'occurrence'])
    .execute()
  // The list is read newest first, open ones most often.
  await db.schema
    .createIndex('alarm_events_by_state')
    .on('alarm_events')
    .columns(['state', 'received_at'])
    .execute()
  await db.schema.createIndex('alarm_events_by_time').on('alarm_events').columns(['received_at']).execute()

  await db.schema
    .createTable('command_results')
    .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('point', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('verified', 'integer')
    .addColumn('read_back_json', 'text')
    .addColumn('code', 'text')
    .addColumn('message', 'text')
    .addPrimaryKeyConstraint('command_results_pk', ['gateway', 'id'])
    .execute()
}

async function createUsers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('sessions')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('sessions_by_expiry').on('sessions').columns(['expires_at']).execute()
}
