import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Where a device is on its gateway, who added it, and what became of its link lately. */
export const identity: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const column of ['address', 'profile_version', 'variant', 'hidden_json'])
      await db.schema.alterTable('devices').addColumn(column, 'text').execute()
    await db.schema.alterTable('devices').addColumn('added', 'integer').execute()

    await db.schema
      .createTable('link_events')
      .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addPrimaryKeyConstraint('link_events_pk', ['gateway', 'device', 'at', 'state'])
      .execute()
  },
}
