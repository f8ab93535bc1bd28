import type { Database } from '#cloud/state/database.ts'
import type { PlaceIndex } from './access.ts'

const none: ReadonlySet<string> = new Set()

/** Where everything stands, in memory: every event of the live stream asks for it. Whoever changes the tree reloads it. */
export class Places implements PlaceIndex {
  readonly #db: Database
  #above = new Map<string, Set<string>>()
  #gateways = new Map<string, string>()
  #devices = new Map<string, string>()

  private constructor(db: Database) {
    this.#db = db
  }

  static async load(db: Database): Promise<Places> {
    const places = new Places(db)
    await places.reload()
    return places
  }

  async reload(): Promise<void> {
    const { paths, gateways, devices } = await this.#db.transaction().execute(async (trx) => ({
      paths: await trx.selectFrom('tree_paths').select(['ancestor', 'node']).execute(),
      gateways: await trx
        .selectFrom('gateways')
        .select(['id', 'place'])
        .where('place', 'is not', null)
        .execute(),
      devices: await trx
        .selectFrom('devices')
        .select(['gateway', 'id', 'place'])
        .where('place', 'is not', null)
        .execute(),
    }))
    const above = new Map<string, Set<string>>()
    for (const { ancestor, node } of paths) {
      const known = above.get(node)
      if (known === undefined) above.set(node, new Set([ancestor]))
      else known.add(ancestor)
    }
    this.#above = above
    this.#gateways = new Map(gateways.map(({ id, place }) => [id, place ?? '']))
    this.#devices = new Map(devices.map(({ gateway, id, place }) => [`${gateway}/${id}`, place ?? '']))
  }

  above(node: string): ReadonlySet<string> {
    return this.#above.get(node) ?? none
  }

  placeOf(gateway: string, device?: string): string | undefined {
    const own = device === undefined ? undefined : this.#devices.get(`${gateway}/${device}`)
    return own ?? this.#gateways.get(gateway)
  }
}
