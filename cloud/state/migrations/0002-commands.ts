import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What people told devices to do, and every step of what became of it. */
export const commands: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('commands')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('point', 'text', (column) => column.notNull())
      .addColumn('value_json', 'text', (column) => column.notNull())
      .addColumn('confirmed', 'integer', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('expires_in_s', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('waiting_for', 'text')
      .addColumn('decided_by', 'text')
      .addColumn('finished_at', 'bigint')
      .addColumn('verified', 'integer')
      .addColumn('read_back_json', 'text')
      .addColumn('code', 'text')
      .addColumn('message', 'text')
      .addColumn('reason_zh', 'text')
      .addColumn('reason_en', 'text')
      .addUniqueConstraint('commands_key', ['user_id', 'key'])
      .execute()
    // Open ones are looked at all the time, the history of a device by time.
    await db.schema.createIndex('commands_by_state').on('commands').columns(['state', 'expires_at']).execute()
    await db.schema
      .createIndex('commands_by_device')
      .on('commands')
      .columns(['gateway', 'device', 'created_at'])
      .execute()
    await db.schema.createIndex('commands_by_time').on('commands').columns(['created_at', 'id']).execute()

    await db.schema
      .createTable('command_steps')
      .addColumn('command', 'text', (column) => column.notNull().references('commands.id'))
      .addColumn('n', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('code', 'text')
      .addColumn('message', 'text')
      .addPrimaryKeyConstraint('command_steps_pk', ['command', 'n'])
      .execute()

    for (const column of ['reason_zh', 'reason_en'])
      await db.schema.alterTable('command_results').addColumn(column, 'text').execute()
  },
}
