import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The life of an alarm beside what its gateway said: who has seen it, what hides it, what happened to it. */
export const alarmLife: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await extendEvents(db)
    await createKeys(db)
    await createHistory(db)
    await createEvidence(db)
    await takeOver(db)
  },
}

async function extendEvents(db: Kysely<unknown>): Promise<void> {
  const counts = ['latching', 'life_safety', 'chattering', 'escalated', 'untold', 'steps'] as const
  const texts = ['quiet', 'acked_json', 'assigned_json', 'closed_json'] as const
  const instants = ['annunciated_at', 'due_at'] as const
  const events = () => db.schema.alterTable('alarm_events')
  await events()
    .addColumn('life', 'text', (column) => column.notNull().defaultTo('normal'))
    .execute()
  await events()
    .addColumn('repeats', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  for (const name of counts)
    await events()
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
  for (const name of texts) await events().addColumn(name, 'text').execute()
  for (const name of instants) await events().addColumn(name, 'bigint').execute()

  const index = (name: string) => db.schema.createIndex(`alarm_events_by_${name}`).on('alarm_events')
  // Each of these is true for a few rows of many.
  await index('life').columns(['life', 'received_at']).where(sql.ref('life'), '<>', 'normal').execute()
  await index('unclosed')
    .column('received_at')
    .where(sql.ref('acked_json'), 'is not', null)
    .where(sql.ref('closed_json'), 'is', null)
    .execute()
  await index('due').column('due_at').where(sql.ref('due_at'), 'is not', null).execute()
  await index('untold').column('received_at').where(sql.ref('untold'), '<>', 0).execute()
  await index('key').columns(['gateway', 'rule', 'point']).execute()
}

async function createKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alarm_keys')
    .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('point', 'text', (column) => column.notNull())
    .addColumn('occurrence', 'text')
    .addColumn('activations_json', 'text', (column) => column.notNull())
    .addColumn('shelved_until', 'bigint')
    .addColumn('shelf_json', 'text')
    .addColumn('service_json', 'text')
    .addColumn('suppressed_by', 'text')
    .addColumn('suppressed_at', 'bigint')
    .addColumn('pending_json', 'text')
    .addPrimaryKeyConstraint('alarm_keys_pk', ['gateway', 'rule', 'point'])
    .execute()
  await db.schema
    .createIndex('alarm_keys_by_shelf')
    .on('alarm_keys')
    .column('shelved_until')
    .where(sql.ref('shelved_until'), 'is not', null)
    .execute()
}

async function createHistory(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alarm_history')
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('occurrence', 'text', (column) => column.notNull())
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('what', 'text', (column) => column.notNull())
    .addColumn('life', 'text', (column) => column.notNull())
    .addColumn('counted', 'integer', (column) => column.notNull())
    .addColumn('by_json', 'text')
    .addColumn('note', 'text')
    .addColumn('detail_json', 'text')
    .addPrimaryKeyConstraint('alarm_history_pk', ['gateway', 'occurrence', 'n'])
    .execute()
  // What the figures are worked out from: the annunciations of some weeks.
  await db.schema
    .createIndex('alarm_history_counted')
    .on('alarm_history')
    .column('at')
    .where(sql.ref('counted'), '=', 1)
    .execute()
}

async function createEvidence(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('alarm_ticks')
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('occurrence', 'text', (column) => column.notNull())
    .addColumn('step', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('by_json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('alarm_ticks_pk', ['gateway', 'occurrence', 'step'])
    .execute()
  await db.schema
    .createTable('alarm_photos')
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('occurrence', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('content', 'blob', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('by_json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('alarm_photos_pk', ['gateway', 'occurrence', 'digest'])
    .execute()
}

/** What is on from before waits for somebody to see it, and calls nobody. */
async function takeOver(db: Kysely<unknown>): Promise<void> {
  await sql`update alarm_events set life = 'unacknowledged', quiet = 'late' where state = 'raised'`.execute(
    db,
  )
  await sql`
    insert into alarm_keys (gateway, rule, point, occurrence, activations_json)
    select e.gateway, e.rule, e.point, min(e.occurrence), '[]' from alarm_events e
    where e.state = 'raised' and not exists (
      select 1 from alarm_events l
      where l.gateway = e.gateway and l.rule = e.rule and l.point = e.point
        and l.state = 'raised' and coalesce(l.raised_at, 0) > coalesce(e.raised_at, 0))
    group by e.gateway, e.rule, e.point`.execute(db)
}
