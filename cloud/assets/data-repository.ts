import { type Expression, type SqlBool, sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import { type DataClass, roomQuantities } from '#contract/data-classes.ts'
import { type ClassRules, classExpression } from './class-rules.ts'
import type { Claim } from './sources.ts'

export type PointKey = { readonly gateway: string; readonly device: string; readonly id: string }
export type DataFilter = {
  readonly gateway?: string | undefined
  readonly device?: { readonly gateway: string; readonly id: string } | undefined
  readonly place?: string | undefined
  readonly q?: string | undefined
  readonly dataClass?: DataClass | undefined
  readonly conflict?: boolean | undefined
  /** Only what stands at one of these places or below. */
  readonly nodes?: readonly string[] | undefined
}
export type DataSearch = DataFilter & {
  readonly rules: ClassRules
  readonly after?: readonly [gateway: string, device: string, id: string] | undefined
  readonly limit: number
}

/** `p` is the point, `d` its device, `g` its gateway, `e` what people said of the point. */
const placeNow = sql<string | null>`coalesce(d.place, g.place)`
const searched = ['p.id', 'p.title_zh', 'p.title_en', 'd.profile', 'd.title_zh', 'd.title_en']
const isPrimary = sql<number>`coalesce(e.is_primary, 0)`

export type StoredPoint = Awaited<ReturnType<DataRepository['search']>>[number]

/** Points as the data catalogue sees them: only those that there are. */
export class DataRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async byKey({ gateway, device, id }: PointKey) {
    return await this.#rows()
      .where('p.gateway', '=', gateway)
      .where('p.device', '=', device)
      .where('p.id', '=', id)
      .executeTakeFirst()
  }

  /** By gateway, device and id. */
  async search({ rules, after, limit, nodes, ...filter }: DataSearch) {
    const { gateway, device, place, q, dataClass, conflict } = filter
    let query = this.#rows()
    if (gateway !== undefined) query = query.where('p.gateway', '=', gateway)
    if (device !== undefined)
      query = query.where('p.gateway', '=', device.gateway).where('p.device', '=', device.id)
    if (q !== undefined) query = query.where(contains(q))
    if (place !== undefined) query = query.where(placeIn(placeNow, [place]))
    if (nodes !== undefined) query = query.where(placeIn(placeNow, nodes))
    if (conflict === true) query = query.where(inConflict)
    if (dataClass !== undefined) {
      const columns = {
        own: sql.ref<string | null>('e.data_class'),
        quantity: sql.ref<string | null>('p.quantity'),
        category: sql.ref<string>('d.category'),
      }
      query = query.where(classExpression(columns, rules), '=', dataClass)
    }
    // As one comparison it begins where the index has it, and not at the first row.
    if (after !== undefined)
      query = query.where(sql<SqlBool>`(p.gateway, p.device, p.id) > (${sql.join([...after])})`)
    return await query.orderBy('p.gateway').orderBy('p.device').orderBy('p.id').limit(limit).execute()
  }

  /** Everything that is said of these places, as far as they are rooms. */
  async claims(places: Iterable<string | null>): Promise<Claim[]> {
    const rooms = [...new Set(places)].filter((place) => place !== null)
    const claims: Claim[] = []
    for (let from = 0; from < rooms.length; from += 500)
      claims.push(...(await this.#claims(rooms.slice(from, from + 500))))
    return claims
  }

  /** The same of all rooms. */
  async allClaims(): Promise<Claim[]> {
    return await this.#claims(undefined)
  }

  async #claims(rooms: readonly string[] | undefined): Promise<Claim[]> {
    let query = this.#db
      .selectFrom('points as p')
      .innerJoin('devices as d', (join) =>
        join.onRef('d.gateway', '=', 'p.gateway').onRef('d.id', '=', 'p.device'),
      )
      .innerJoin('tree_nodes as n', 'n.id', 'd.place')
      .leftJoin('point_entries as e', (join) =>
        join
          .onRef('e.gateway', '=', 'p.gateway')
          .onRef('e.device', '=', 'p.device')
          .onRef('e.point', '=', 'p.id'),
      )
      .select(['p.gateway', 'p.device', 'p.id', 'p.quantity', 'n.id as room'])
      .select(isPrimary.as('is_primary'))
      .where('n.kind', '=', 'room')
      .where('p.quantity', 'in', [...roomQuantities])
      .where('p.removed_at', 'is', null)
      .where('d.removed_at', 'is', null)
      .orderBy('p.gateway')
      .orderBy('p.device')
      .orderBy('p.id')
    if (rooms !== undefined) query = query.where('n.id', 'in', rooms)
    return (await query.execute()).map(({ gateway, device, id, quantity, room, is_primary }) => ({
      point: `${gateway}/${device}/${id}`,
      room,
      quantity: quantity ?? '',
      isPrimary: is_primary === 1,
    }))
  }

  #rows() {
    return this.#db
      .selectFrom('points as p')
      .innerJoin('devices as d', (join) =>
        join.onRef('d.gateway', '=', 'p.gateway').onRef('d.id', '=', 'p.device'),
      )
      .innerJoin('gateways as g', 'g.id', 'p.gateway')
      .leftJoin('point_entries as e', (join) =>
        join
          .onRef('e.gateway', '=', 'p.gateway')
          .onRef('e.device', '=', 'p.device')
          .onRef('e.point', '=', 'p.id'),
      )
      .select(['p.gateway', 'p.device', 'p.id', 'p.kind', 'p.unit', 'p.title_zh', 'p.title_en', 'p.quantity'])
      .select(['d.title_zh as device_zh', 'd.title_en as device_en', 'd.profile', 'd.profile_version'])
      .select(['d.category', 'd.address', 'd.place as own_place', 'e.data_class', 'e.owner'])
      .select([placeNow.as('place'), isPrimary.as('is_primary')])
      .where('p.removed_at', 'is', null)
  }
}

/** The same as `standings` decides, for a query. */
const inConflict = sql<SqlBool>`d.removed_at is null and (d.place, p.quantity) in (
  select rd.place, rp.quantity from points as rp
  join devices as rd on rd.gateway = rp.gateway and rd.id = rp.device
  join tree_nodes as rn on rn.id = rd.place
  left join point_entries as re on re.gateway = rp.gateway and re.device = rp.device and re.point = rp.id
  where rn.kind = 'room' and rp.quantity in (${sql.join([...roomQuantities])})
    and rp.removed_at is null and rd.removed_at is null
  group by rd.place, rp.quantity
  having count(*) > 1 and sum(coalesce(re.is_primary, 0)) <> 1)`

function contains(q: string): Expression<SqlBool> {
  const pattern = `%${q.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  const like = [
    ...searched.map((column) => sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`),
    // As it stands in a list: `<gateway>/<device>/<point>`.
    sql`(p.gateway || '/' || p.device || '/' || p.id) like ${pattern} escape '\\'`,
  ]
  return sql<SqlBool>`(${sql.join(like, sql` or `)})`
}
