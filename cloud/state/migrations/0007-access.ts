import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Roles at places of the tree instead of one role for everything, and what a query needs to keep to them. */
export const access: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createGrants(db)
    await createPaths(db)
    await nameDevices(db)
  },
}

async function createGrants(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('grants')
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('role', 'text', (column) => column.notNull())
    // Empty: everywhere. A key takes no NULL.
    .addColumn('node', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('grants_pk', ['user_id', 'role', 'node'])
    .execute()
  await sql`insert into grants (user_id, role, node) select id, role, '' from users`.execute(db)
  await db.schema.alterTable('users').dropColumn('role').execute()
}

async function createPaths(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tree_paths')
    .addColumn('ancestor', 'text', (column) => column.notNull())
    .addColumn('node', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('tree_paths_pk', ['ancestor', 'node'])
    .execute()
  await db.schema.createIndex('tree_paths_by_node').on('tree_paths').columns(['node']).execute()
  await sql`
    insert into tree_paths (ancestor, node)
    with recursive up (ancestor, node) as (
      select id, id from tree_nodes
      union
      select parent, node from up join tree_nodes on tree_nodes.id = up.ancestor where parent is not null
    )
    select ancestor, node from up`.execute(db)
}

/** An alarm's device beside its point: a query follows it to the place. */
async function nameDevices(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('alarm_events').addColumn('device', 'text').execute()
  const { rows } = await sql<{
    point: string
  }>`select distinct point from alarm_events where point <> ''`.execute(db)
  for (const { point } of rows) {
    const [device] = point.split('/', 1)
    await sql`update alarm_events set device = ${device} where point = ${point}`.execute(db)
  }
}
