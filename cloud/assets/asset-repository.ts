import { type Expression, type SqlBool, sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { AssetChangeRow, AssetRow } from '#cloud/state/tables.ts'
import type { AssetKind } from '#contract/assets.ts'

export type AssetFilter = {
  readonly kind?: AssetKind | undefined
  readonly gateway?: string | undefined
  readonly place?: string | undefined
  readonly q?: string | undefined
  readonly state?: 'present' | 'removed' | 'all' | undefined
  readonly contradicting?: boolean | undefined
  readonly ids?: readonly string[] | undefined
}
export type AssetSearch = AssetFilter & {
  readonly after?: readonly [gateway: string, device: string] | undefined
  readonly limit: number
  /** Only what stands at one of these places or below. */
  readonly nodes?: readonly string[] | undefined
}

/** With what the inventory and the tree say of it now. */
export type StoredAsset = AssetRow & {
  readonly title_zh: string | null
  readonly title_en: string | null
  readonly location_zh: string | null
  readonly location_en: string | null
  readonly place: string | null
}

/** `d` is the device, `g` its gateway. A device stands at its own place, else at that of its gateway. */
const placeNow = sql<string | null>`coalesce(d.place, g.place)`
const searched = [
  ...['a.id', 'a.gateway', 'a.device', 'a.maker', 'a.model', 'a.serial', 'a.firmware', 'a.address'],
  ...['a.hand_text', 'd.title_zh', 'd.title_en', 'd.location_zh', 'd.location_en'],
]

/** The asset register as it is read. Works on a transaction as well as on the database. */
export class AssetRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async byId(id: string): Promise<StoredAsset | undefined> {
    return await this.#rows().where('a.id', '=', id).executeTakeFirst()
  }

  /** By gateway and id, a gateway before its devices. */
  async search({ nodes, after, limit, ...filter }: AssetSearch): Promise<StoredAsset[]> {
    const { kind, gateway, place, q, state = 'present', contradicting, ids } = filter
    let query = this.#rows()
    if (state !== 'all') query = query.where('a.removed_at', state === 'present' ? 'is' : 'is not', null)
    if (kind !== undefined) query = query.where('a.kind', '=', kind)
    if (gateway !== undefined) query = query.where('a.gateway', '=', gateway)
    if (contradicting === true) query = query.where('a.contradicts', '=', 1)
    if (ids !== undefined) query = query.where('a.id', 'in', [...ids, ''])
    if (q !== undefined) query = query.where(contains(q))
    if (place !== undefined) query = query.where(placeIn(placeNow, [place]))
    if (nodes !== undefined) query = query.where(placeIn(placeNow, nodes))
    // As one comparison it begins where the index has it, and not at the first row.
    if (after !== undefined)
      query = query.where(sql<SqlBool>`(a.gateway, a.device) > (${sql.join([...after])})`)
    return await query.orderBy('a.gateway').orderBy('a.device').limit(limit).execute()
  }

  /** Newest first. */
  async changes(
    asset: string,
    { before, limit }: { before?: number | undefined; limit: number },
  ): Promise<AssetChangeRow[]> {
    let query = this.#db.selectFrom('asset_changes').selectAll().where('asset', '=', asset)
    if (before !== undefined) query = query.where('seq', '<', before)
    return await query.orderBy('seq', 'desc').limit(limit).execute()
  }

  #rows() {
    return this.#db
      .selectFrom('assets as a')
      .innerJoin('gateways as g', 'g.id', 'a.gateway')
      .leftJoin('devices as d', (join) =>
        join.onRef('d.gateway', '=', 'a.gateway').onRef('d.id', '=', 'a.device'),
      )
      .selectAll('a')
      .select(sql<string | null>`case when a.device = '' then g.title_zh else d.title_zh end`.as('title_zh'))
      .select(sql<string | null>`case when a.device = '' then g.title_en else d.title_en end`.as('title_en'))
      .select(['d.location_zh', 'd.location_en'])
      .select(placeNow.as('place'))
  }
}

/** Part of any of the searched columns, whatever its case; `%` and `_` in it are ordinary characters. */
function contains(q: string): Expression<SqlBool> {
  const pattern = `%${q.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  const like = [
    ...searched.map((column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`),
    ...['g.title_zh', 'g.title_en'].map(
      (column) => sql`(a.device = '' and lower(${sql.ref(column)}) like ${pattern} escape '\\')`,
    ),
    // As it stands in a list: `<gateway>/<device>`.
    sql`(a.gateway || '/' || a.device) like ${pattern} escape '\\'`,
  ]
  return sql<SqlBool>`(${sql.join(like, sql` or `)})`
}
