import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Configurations of gateways, what became of them, and changes that go to many gateways in stages. */
export const configuration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('config_versions')
      .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('comment', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('content_json', 'text', (column) => column.notNull())
      .addColumn('rollback_of', 'integer')
      .addColumn('rollout', 'text')
      .addPrimaryKeyConstraint('config_versions_pk', ['gateway', 'version'])
      .execute()

    await db.schema
      .createTable('config_reports')
      .addColumn('gateway', 'text', (column) => column.primaryKey().references('gateways.id'))
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('problems_json', 'text')
      .addColumn('running_version', 'integer', (column) => column.notNull())
      .addColumn('running_digest', 'text', (column) => column.notNull())
      .addColumn('pause_ms', 'integer')
      .addColumn('own_json', 'text')
      .execute()

    await db.schema
      .createTable('rollouts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('comment', 'text', (column) => column.notNull())
      .addColumn('change_json', 'text', (column) => column.notNull())
      .addColumn('stages_json', 'text', (column) => column.notNull())
      .addColumn('within_s', 'integer', (column) => column.notNull())
      .addColumn('soak_s', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('finished_at', 'bigint')
      .execute()
    await db.schema.createIndex('rollouts_by_time').on('rollouts').columns(['at', 'id']).execute()

    await db.schema
      .createTable('rollout_gateways')
      .addColumn('rollout', 'text', (column) => column.notNull().references('rollouts.id'))
      .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
      .addColumn('n', 'integer', (column) => column.notNull())
      .addColumn('stage', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('version', 'integer')
      .addColumn('reason', 'text')
      .addColumn('at', 'bigint')
      .addColumn('accepted', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('rollout_gateways_pk', ['rollout', 'gateway'])
      .execute()
    await db.schema
      .createIndex('rollout_gateways_by_gateway')
      .on('rollout_gateways')
      .columns(['gateway', 'state'])
      .execute()
  },
}
