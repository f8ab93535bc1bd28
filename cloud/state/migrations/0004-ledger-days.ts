import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What arrived on which day and by which lane, and what it takes to check that samples add up. */
export const ledgerDays: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('received_days')
      .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('stream', 'text', (column) => column.notNull())
      .addColumn('epoch', 'bigint', (column) => column.notNull())
      .addColumn('lane', 'text', (column) => column.notNull())
      .addColumn('first_seq', 'bigint', (column) => column.notNull())
      .addColumn('last_seq', 'bigint', (column) => column.notNull())
      .addColumn('batches', 'bigint', (column) => column.notNull())
      .addColumn('samples', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('received_days_pk', ['gateway', 'day', 'stream', 'epoch', 'lane'])
      .execute()
    for (const column of ['counted_seq', 'uncertain_samples'])
      await db.schema
        .alterTable('streams')
        .addColumn(column, 'bigint', (definition) => definition.notNull().defaultTo(0))
        .execute()
  },
}
