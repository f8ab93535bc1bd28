import { sql } from 'kysely'
import type { Database } from '#cloud/state/database.ts'
import type { SharedChannel } from '#contract/notice.ts'
import type { Role } from '#contract/permissions.ts'
import type { Notice } from './notice.ts'
import type { Person, Shared } from './plan-jobs.ts'
import { settingsOf } from './settings.ts'

export type Receivers = { readonly people: readonly Person[]; readonly shared: readonly Shared[] }

/** Whom a notice may concern: who holds a role at its place or above, who is named, and the robots and webhooks there. */
export async function receiversOf(db: Database, { node, to }: Notice): Promise<Receivers> {
  const isForRoles = to === undefined || to.roles !== undefined
  const roles = isForRoles ? await rolesAt(db, node, to?.roles) : new Map<string, Role[]>()
  const named = new Set(to?.users ?? [])
  const ids = [...new Set([...roles.keys(), ...named])]
  return {
    people: await peopleOf(db, ids, { roles, named }),
    shared: await sharedOf(db, { node, isForRoles, ids: to?.channels ?? [] }),
  }
}

async function rolesAt(
  db: Database,
  node: string | undefined,
  wanted: readonly Role[] | undefined,
): Promise<Map<string, Role[]>> {
  let query = db
    .selectFrom('grants')
    .select(['user_id', 'role'])
    .where(isAtOrAbove('grants.node', node, ''))
  if (wanted !== undefined) query = query.where('role', 'in', wanted)
  const found = new Map<string, Role[]>()
  // Only values of the union are ever written.
  for (const { user_id, role } of await query.orderBy('user_id').execute())
    found.set(user_id, [...(found.get(user_id) ?? []), role as Role])
  return found
}

/** `everywhere` is what the column says where it names no place. */
function isAtOrAbove(column: string, node: string | undefined, everywhere: '' | null) {
  const place = sql.ref(column)
  const isEverywhere = everywhere === null ? sql<boolean>`${place} is null` : sql<boolean>`${place} = ''`
  if (node === undefined) return isEverywhere
  return sql<boolean>`(${isEverywhere} or ${place} in (select ancestor from tree_paths where node = ${node}))`
}

type Known = { readonly roles: ReadonlyMap<string, Role[]>; readonly named: ReadonlySet<string> }

async function peopleOf(db: Database, ids: readonly string[], { roles, named }: Known): Promise<Person[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('users')
    .leftJoin('notification_settings', 'notification_settings.user_id', 'users.id')
    .select(['users.id', 'notification_settings.settings_json'])
    .where('users.id', 'in', ids)
    // Who cannot sign in has no business with it.
    .where('users.disabled_at', 'is', null)
    .orderBy('users.id')
    .execute()
  const subscriptions = await db
    .selectFrom('push_subscriptions')
    .select(['id', 'user_id'])
    .where('user_id', 'in', ids)
    .orderBy('created_at')
    .execute()
  return rows.map(({ id, settings_json }) => ({
    user: id,
    roles: roles.get(id) ?? [],
    settings: settingsOf(settings_json),
    subscriptions: subscriptions.filter(({ user_id }) => user_id === id).map((one) => one.id),
    named: named.has(id),
  }))
}

type SharedSearch = {
  readonly node: string | undefined
  readonly isForRoles: boolean
  readonly ids: readonly string[]
}

async function sharedOf(db: Database, { node, isForRoles, ids }: SharedSearch): Promise<Shared[]> {
  if (!isForRoles && ids.length === 0) return []
  let query = db.selectFrom('notification_channels').select(['id', 'kind', 'min_priority', 'enabled'])
  query = isForRoles
    ? query.where(isAtOrAbove('notification_channels.node', node, null))
    : query.where('id', 'in', ids)
  return (await query.orderBy('created_at').orderBy('id').execute()).map(
    ({ id, kind, min_priority, enabled }) => ({
      id,
      kind: kind as SharedChannel,
      minPriority: min_priority,
      // A test is for finding out whether it would work.
      enabled: enabled === 1 || !isForRoles,
    }),
  )
}
