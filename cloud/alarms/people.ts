import { Access, type PlaceIndex, type Thing } from '#cloud/access/access.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Grant } from '#contract/api/session.ts'
import type { Role } from '#contract/permissions.ts'
import type { Actor } from './stored-alarm.ts'

/** Who may handle what: for choosing to whom an alarm goes. */
export class AlarmPeopleList {
  readonly #db: Database
  readonly #places: PlaceIndex

  constructor(db: Database, places: PlaceIndex) {
    this.#db = db
    this.#places = places
  }

  async handling(thing: Thing): Promise<Actor[]> {
    const rows = await this.#db
      .selectFrom('users as u')
      .innerJoin('grants as g', 'g.user_id', 'u.id')
      .select(['u.id', 'u.username', 'u.display_name', 'g.role', 'g.node'])
      .orderBy('u.display_name')
      .execute()
    return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((some) => {
      const access = new Access(some.map(grantOf), this.#places)
      const [row] = some
      if (row === undefined || !access.can('alarms.handle', thing)) return []
      return [{ id: row.id, username: row.username, displayName: row.display_name }]
    })
  }
}

function grantOf({ role, node }: { readonly role: string; readonly node: string }): Grant {
  return { role: role as Role, ...(node === '' ? {} : { node }) }
}
