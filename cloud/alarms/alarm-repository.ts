import { placeIn, placeOfDevice } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { AlarmRow } from '#cloud/state/tables.ts'

export type AlarmSearch = {
  readonly open: boolean
  readonly priority?: number | undefined
  readonly gateway?: string | undefined
  /** Only what stands at one of these places or below. */
  readonly nodes?: readonly string[] | undefined
  readonly after?: readonly [receivedAt: number, gateway: string, occurrence: string] | undefined
  readonly limit: number
}

const columns = [
  'gateway',
  'occurrence',
  'rule',
  'point',
  'device',
  'priority',
  'title_zh',
  'title_en',
  'state',
  'raised_at',
  'cleared_at',
  'raise_value_json',
  'limit_value',
  'received_at',
] as const

/** Occurrences of alarms, as they were stored when they came in. */
export class AlarmRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async byKey(gateway: string, occurrence: string): Promise<AlarmRow | undefined> {
    return this.#db
      .selectFrom('alarm_events')
      .select(columns)
      .where('gateway', '=', gateway)
      .where('occurrence', '=', occurrence)
      .executeTakeFirst()
  }

  /** What these rules have raised and not cleared, of all gateways. */
  async openByRule(rules: readonly string[]): Promise<AlarmRow[]> {
    return this.#db
      .selectFrom('alarm_events')
      .select(columns)
      .where('state', '=', 'raised')
      .where('rule', 'in', rules)
      .orderBy('received_at')
      .execute()
  }

  /** Newest first, by when the cloud heard of them. */
  async search({ open, priority, gateway, nodes, after, limit }: AlarmSearch): Promise<AlarmRow[]> {
    let query = this.#db.selectFrom('alarm_events').select(columns)
    if (open) query = query.where('state', '=', 'raised')
    if (priority !== undefined) query = query.where('priority', '=', priority)
    if (gateway !== undefined) query = query.where('gateway', '=', gateway)
    if (nodes !== undefined)
      query = query.where(placeIn(placeOfDevice('alarm_events.gateway', 'alarm_events.device'), nodes))
    if (after !== undefined) {
      const [at, g, o] = after
      query = query.where((eb) =>
        eb.or([
          eb('received_at', '<', at),
          eb.and([eb('received_at', '=', at), eb('gateway', '>', g)]),
          eb.and([eb('received_at', '=', at), eb('gateway', '=', g), eb('occurrence', '>', o)]),
        ]),
      )
    }
    return query
      .orderBy('received_at', 'desc')
      .orderBy('gateway')
      .orderBy('occurrence')
      .limit(limit)
      .execute()
  }
}
