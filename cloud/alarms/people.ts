import type { PlaceIndex, Thing } from '#cloud/access/access.ts'
import { type PersonRow, peopleWith } from '#cloud/access/people.ts'
import type { Database } from '#cloud/state/database.ts'

/** Who may handle what: for choosing to whom an alarm goes. */
export class AlarmPeopleList {
  readonly #db: Database
  readonly #places: PlaceIndex

  constructor(db: Database, places: PlaceIndex) {
    this.#db = db
    this.#places = places
  }

  /** What stands nowhere is for those who may it everywhere. */
  async handling(thing: Exclude<Thing, 'everything'>): Promise<PersonRow[]> {
    const place = 'node' in thing ? thing.node : this.#places.placeOf(thing.gateway, thing.device)
    return await peopleWith(this.#db, 'alarms.handle', place ?? '')
  }
}
