import type { Database } from '#cloud/state/database.ts'
import { type Permission, rolesWith } from '#contract/permissions.ts'

export type PersonRow = { readonly id: string; readonly username: string; readonly displayName: string }

/** Who may do this at a place: by a role there, above it, or everywhere. Who is switched off may not. By name. */
export async function peopleWith(db: Database, permission: Permission, node: string): Promise<PersonRow[]> {
  const rows = await db
    .selectFrom('users')
    .innerJoin('grants', 'grants.user_id', 'users.id')
    .select(['users.id', 'users.username', 'users.display_name'])
    .distinct()
    .where('grants.role', 'in', rolesWith(permission))
    .where('users.disabled_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('grants.node', '=', ''),
        eb('grants.node', 'in', eb.selectFrom('tree_paths').select('ancestor').where('node', '=', node)),
      ]),
    )
    .orderBy('users.display_name')
    .execute()
  return rows.map(({ id, username, display_name }) => ({ id, username, displayName: display_name }))
}
