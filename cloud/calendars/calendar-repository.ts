import { sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { CalendarRow } from '#cloud/state/tables.ts'
import type { CalendarReport } from '#contract/calendar.ts'

/** A place on the way to another, with what it says. */
export type WayRow = {
  readonly id: string
  readonly kind: string
  readonly title_zh: string | null
  readonly title_en: string | null
  readonly version: number | null
  readonly part_json: string | null
}

export type PlacedGateway = {
  readonly id: string
  readonly title_zh: string | null
  readonly title_en: string | null
  readonly place: string
  readonly connected: number
  readonly at: number | null
  readonly version: string | null
  readonly refused_version: string | null
  readonly refused_reason: string | null
}

export type GatewaySearch = {
  readonly connected?: true
  readonly gateway?: string
  readonly node?: string | undefined
  readonly nodes?: readonly string[] | undefined
  readonly after?: string | undefined
  readonly limit?: number
}

/** How many places are above: the order from the top. */
const depth = (node: string) =>
  sql<number>`(select count(*) from tree_paths as d where d.node = ${sql.ref(node)})`

/** Parts of calendars and what gateways have of them. Works on a transaction as well as on the database. */
export class CalendarRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** From the top of the tree to the place itself; empty where there is no such place. */
  async way(node: string): Promise<WayRow[]> {
    return await this.#db
      .selectFrom('tree_paths as p')
      .innerJoin('tree_nodes as n', 'n.id', 'p.ancestor')
      .leftJoin('calendars as c', 'c.node', 'p.ancestor')
      .select(['n.id', 'n.kind', 'n.title_zh', 'n.title_en', 'c.version', 'c.part_json'])
      .where('p.node', '=', node)
      .orderBy(depth('p.ancestor'))
      .execute()
  }

  /** Which parts hold at each place, from the top, without the parts themselves. */
  async partsAt(places: readonly string[]): Promise<{ place: string; node: string; version: number }[]> {
    if (places.length === 0) return []
    return await this.#db
      .selectFrom('tree_paths as p')
      .innerJoin('calendars as c', 'c.node', 'p.ancestor')
      .select(['p.node as place', 'c.node', 'c.version'])
      .where('p.node', 'in', places)
      .where('c.part_json', 'is not', null)
      .orderBy('p.node')
      .orderBy(depth('p.ancestor'))
      .execute()
  }

  async find(node: string): Promise<CalendarRow | undefined> {
    return await this.#db.selectFrom('calendars').selectAll().where('node', '=', node).executeTakeFirst()
  }

  async put(row: CalendarRow): Promise<void> {
    const { node, ...changing } = row
    await this.#db
      .insertInto('calendars')
      .values(row)
      .onConflict((conflict) => conflict.column('node').doUpdateSet(changing))
      .execute()
  }

  /** Which of these are places at the node or below. */
  async below(node: string, places: readonly string[]): Promise<Set<string>> {
    if (places.length === 0) return new Set()
    const rows = await this.#db
      .selectFrom('tree_paths')
      .select('node')
      .where('ancestor', '=', node)
      .where('node', 'in', places)
      .execute()
    return new Set(rows.map((row) => row.node))
  }

  /** Those that stand somewhere, by their id. */
  async gateways(search: GatewaySearch): Promise<PlacedGateway[]> {
    const { connected, gateway, node, nodes, after, limit } = search
    let query = this.#db
      .selectFrom('gateways as g')
      .leftJoin('calendar_reports as r', 'r.gateway', 'g.id')
      .select(['g.id', 'g.title_zh', 'g.title_en', 'g.connected'])
      .select(['r.at', 'r.version', 'r.refused_version', 'r.refused_reason'])
      .select(sql<string>`g.place`.as('place'))
      .where('g.place', 'is not', null)
      .orderBy('g.id')
    if (connected) query = query.where('g.connected', '=', 1)
    if (gateway !== undefined) query = query.where('g.id', '=', gateway)
    if (node !== undefined) query = query.where(({ ref }) => placeIn(ref('g.place'), [node]))
    if (nodes !== undefined) query = query.where(({ ref }) => placeIn(ref('g.place'), nodes))
    if (after !== undefined) query = query.where('g.id', '>', after)
    if (limit !== undefined) query = query.limit(limit)
    return await query.execute()
  }

  async keepReport(gateway: string, { version, refused }: CalendarReport, now: number): Promise<void> {
    const changing = {
      at: now,
      version: version ?? null,
      refused_version: refused?.version ?? null,
      refused_reason: refused?.reason ?? null,
    }
    await this.#db
      .insertInto('calendar_reports')
      .values({ gateway, ...changing })
      .onConflict((conflict) => conflict.column('gateway').doUpdateSet(changing))
      .execute()
  }
}
