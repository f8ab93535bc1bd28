import { type Expression, type SqlBool, sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { AlarmsQuery } from '#contract/api/alarms.ts'
import type { StoredAlarm, StoredKey, StoredStep } from './stored-alarm.ts'

export type AlarmFilter = NonNullable<AlarmsQuery['state']>

export type AlarmSearch = {
  readonly filter: AlarmFilter
  readonly priority?: number | undefined
  readonly gateway?: string | undefined
  /** A place and everything below it. */
  readonly node?: string | undefined
  /** Only what stands at one of these places or below. */
  readonly nodes?: readonly string[] | undefined
  readonly after?: readonly [receivedAt: number, gateway: string, occurrence: string] | undefined
  readonly limit: number
}

type Overlays = Pick<
  StoredKey,
  'shelved_until' | 'shelf_json' | 'service_json' | 'suppressed_by' | 'pending_json'
>

/** An occurrence with where it stands and what hides it. */
export type AlarmInPlace = StoredAlarm & {
  readonly [K in keyof Overlays]: Overlays[K] | null
} & {
  readonly place: string | null
  /** Its campus. */
  readonly post: string | null
  readonly gateway_connected: number | null
  readonly gateway_zh: string | null
  readonly gateway_en: string | null
  readonly link_state: string | null
  readonly device_zh: string | null
  readonly device_en: string | null
}

const place = sql<string | null>`coalesce(d.place, g.place)`
const isHidden = sql<SqlBool>`(k.occurrence is not null and
  (k.shelved_until is not null or k.service_json is not null or k.suppressed_by is not null))`

/** The few that stand, by indexes of their own: without this every list would read all that has ever been. */
const stands = sql<SqlBool>`(e.gateway, e.occurrence) in (
  select gateway, occurrence from alarm_events where life <> 'normal'
  union all select gateway, occurrence from alarm_events where acked_json is not null and closed_json is null
  union all select gateway, occurrence from alarm_keys where occurrence is not null
    and (shelved_until is not null or service_json is not null or suppressed_by is not null))`

/** The lists as SQL: what `tabOf` of contract/alarm-life.ts says of one alarm. */
const conditions: Readonly<Record<Exclude<AlarmFilter, 'all'>, Expression<SqlBool>>> = {
  open: sql`e.state = 'raised'`,
  standing: stands,
  pending: sql`(${stands} and not ${isHidden} and e.life in ('unacknowledged', 'latch-unacknowledged'))`,
  handling: sql`(${stands} and not ${isHidden} and (e.life in ('acknowledged', 'latch-acknowledged')
    or (e.life = 'normal' and e.acked_json is not null and e.closed_json is null)))`,
  returned: sql`(${stands} and not ${isHidden} and e.life = 'rtn-unacknowledged')`,
  shelved: sql`(${stands} and ${isHidden})`,
  history: sql`(not ${isHidden} and e.life = 'normal' and (e.acked_json is null or e.closed_json is not null))`,
}

/** Occurrences of alarms, as they are now. Works on a transaction as well as on the database. */
export class AlarmRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async byKey(gateway: string, occurrence: string): Promise<AlarmInPlace | undefined> {
    return await this.#inPlace()
      .where('e.gateway', '=', gateway)
      .where('e.occurrence', '=', occurrence)
      .executeTakeFirst()
  }

  /** What these rules have raised and not cleared, of all gateways. */
  async openByRule(rules: readonly string[]): Promise<AlarmInPlace[]> {
    return await this.#inPlace()
      .where('e.state', '=', 'raised')
      .where('e.rule', 'in', rules)
      .orderBy('e.received_at')
      .execute()
  }

  /** Newest first, by when the cloud heard of them. */
  async search({
    filter,
    priority,
    gateway,
    node,
    nodes,
    after,
    limit,
  }: AlarmSearch): Promise<AlarmInPlace[]> {
    let query = this.#inPlace()
    if (filter !== 'all') query = query.where(conditions[filter])
    if (priority !== undefined) query = query.where('e.priority', '=', priority)
    if (gateway !== undefined) query = query.where('e.gateway', '=', gateway)
    if (node !== undefined) query = query.where(placeIn(place, [node]))
    if (nodes !== undefined) query = query.where(placeIn(place, nodes))
    if (after !== undefined) {
      const [at, g, o] = after
      query = query.where((eb) =>
        eb.or([
          eb('e.received_at', '<', at),
          eb.and([eb('e.received_at', '=', at), eb('e.gateway', '>', g)]),
          eb.and([eb('e.received_at', '=', at), eb('e.gateway', '=', g), eb('e.occurrence', '>', o)]),
        ]),
      )
    }
    // For the few that stand the plus keeps SQLite from reading all there is in the order of its time.
    const isFew = filter !== 'all' && filter !== 'open' && filter !== 'history'
    return await query
      .orderBy(isFew ? sql`+e.received_at` : 'e.received_at', 'desc')
      .orderBy('e.gateway')
      .orderBy('e.occurrence')
      .limit(limit)
      .execute()
  }

  /** What nobody has heard of, the oldest first. */
  async untold(limit: number): Promise<AlarmInPlace[]> {
    return await this.#inPlace()
      .where(sql<SqlBool>`e.untold <> 0`) // written out, for the index of these few
      .orderBy('e.received_at')
      .orderBy('e.gateway')
      .orderBy('e.occurrence')
      .limit(limit)
      .execute()
  }

  async history(gateway: string, occurrence: string): Promise<StoredStep[]> {
    return await this.#db
      .selectFrom('alarm_history')
      .selectAll()
      .where('gateway', '=', gateway)
      .where('occurrence', '=', occurrence)
      .orderBy('n')
      .execute()
  }

  #inPlace() {
    return this.#db
      .selectFrom('alarm_events as e')
      .leftJoin('alarm_keys as k', (join) =>
        join
          .onRef('k.gateway', '=', 'e.gateway')
          .onRef('k.rule', '=', 'e.rule')
          .onRef('k.point', '=', 'e.point')
          .onRef('k.occurrence', '=', 'e.occurrence'),
      )
      .leftJoin('gateways as g', 'g.id', 'e.gateway')
      .leftJoin('devices as d', (join) =>
        join.onRef('d.gateway', '=', 'e.gateway').onRef('d.id', '=', 'e.device'),
      )
      .selectAll('e')
      .select(['k.shelved_until', 'k.shelf_json', 'k.service_json', 'k.suppressed_by', 'k.pending_json'])
      .select([
        'g.connected as gateway_connected',
        'g.title_zh as gateway_zh',
        'g.title_en as gateway_en',
        'd.link_state',
        'd.title_zh as device_zh',
        'd.title_en as device_en',
        place.as('place'),
        sql<string | null>`(select p.ancestor from tree_paths as p
          join tree_nodes as n on n.id = p.ancestor
          where p.node = ${place} and n.kind = 'campus')`.as('post'),
      ])
  }
}
