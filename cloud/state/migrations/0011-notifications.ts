import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What people want to be told and how, robots and webhooks, what was to be told and what became of it. */
export const notifications: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('notification_settings')
      .addColumn('user_id', 'text', (column) =>
        column.primaryKey().references('users.id').onDelete('cascade'),
      )
      .addColumn('settings_json', 'text', (column) => column.notNull())
      .addColumn('changed_at', 'bigint', (column) => column.notNull())
      .execute()

    await db.schema
      .createTable('push_subscriptions')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addColumn('endpoint', 'text', (column) => column.notNull().unique())
      .addColumn('p256dh', 'text', (column) => column.notNull())
      .addColumn('auth', 'text', (column) => column.notNull())
      .addColumn('browser', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('push_subscriptions_by_user')
      .on('push_subscriptions')
      .column('user_id')
      .execute()

    await db.schema
      .createTable('notification_channels')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('node', 'text', (column) => column.references('tree_nodes.id').onDelete('cascade'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('min_priority', 'integer', (column) => column.notNull())
      .addColumn('language', 'text', (column) => column.notNull())
      .addColumn('mentions_json', 'text', (column) => column.notNull())
      .addColumn('url', 'text')
      .addColumn('token', 'text')
      .addColumn('secret', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()

    await db.schema
      .createTable('notices')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('priority', 'integer', (column) => column.notNull())
      .addColumn('code', 'text', (column) => column.notNull())
      .addColumn('params_json', 'text', (column) => column.notNull())
      .addColumn('node', 'text')
      .addColumn('link', 'text')
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('notices_by_time').on('notices').column('created_at').execute()

    await db.schema
      .createTable('notification_jobs')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('notice', 'text', (column) => column.notNull().references('notices.key').onDelete('cascade'))
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('receiver', 'text', (column) => column.notNull())
      .addColumn('user_id', 'text')
      .addColumn('priority', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('detail', 'text')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('next_at', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('finished_at', 'bigint')
      .addColumn('told_with', 'text')
      .addUniqueConstraint('notification_jobs_once', ['notice', 'channel', 'receiver'])
      .execute()
    await db.schema
      .createIndex('notification_jobs_due')
      .on('notification_jobs')
      .columns(['state', 'next_at'])
      .execute()
    await db.schema
      .createIndex('notification_jobs_by_receiver')
      .on('notification_jobs')
      .columns(['channel', 'receiver', 'state', 'finished_at'])
      .execute()
    await db.schema
      .createIndex('notification_jobs_last')
      .on('notification_jobs')
      .columns(['receiver', 'created_at'])
      .execute()
    await db.schema
      .createIndex('notification_jobs_by_time')
      .on('notification_jobs')
      .columns(['created_at', 'id'])
      .execute()
  },
}
