import { type ExpressionBuilder, sql } from 'kysely'
import { placeIn, placeOfDevice } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DeviceRow, LinkEventRow, PointRow, Tables } from '#cloud/state/tables.ts'
import type { Catalogue } from '#contract/catalogue.ts'

import { deviceRow, pointRow, portions, putDevices, putPoints } from './catalogue-rows.ts'

export type DeviceKey = { readonly gateway: string; readonly id: string }
export type DeviceSearch = {
  readonly gateway?: string | undefined
  /** The node of the tree where it stands. */
  readonly place?: string | undefined
  /** Part of an id, a title, a place, a vendor or a model. */
  readonly q?: string | undefined
  readonly after?: readonly [gateway: string, id: string] | undefined
  readonly limit: number
  /** Only what stands at one of these places or below. */
  readonly nodes?: readonly string[] | undefined
}
export type PointSearch = {
  readonly device?: DeviceKey | undefined
  readonly after?: readonly [gateway: string, device: string, id: string] | undefined
  readonly limit: number
  readonly nodes?: readonly string[] | undefined
}

const deviceColumns = [
  'gateway',
  'id',
  'title_zh',
  'title_en',
  'profile',
  'vendor',
  'model',
  'category',
  'location_zh',
  'location_en',
  'link_state',
  'link_at',
  'link_reason',
  'removed_at',
  'address',
  'profile_version',
  'variant',
  'hidden_json',
  'added',
  'machine_json',
  'place',
] as const
/** Of the gateway that a device hangs on. */
const gatewayConnected = sql<number>`(select g.connected from gateways as g where g.id = devices.gateway)`.as(
  'gateway_connected',
)

export type StoredDevice = DeviceRow & { readonly gateway_connected: number }

const pointColumns = [
  'gateway',
  'device',
  'id',
  'kind',
  'unit',
  'title_zh',
  'title_en',
  'stale_after_ms',
  'writable_json',
  'removed_at',
  'quantity',
] as const
const searched = ['id', 'title_zh', 'title_en', 'location_zh', 'location_en', 'vendor', 'model'] as const

/** The inventory: what the gateways' catalogues say. Works on a transaction as well as on the database. */
export class DeviceRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Takes over a catalogue: what it does not list any more is marked as removed and keeps its history. Call it on a
   * transaction.
   */
  async applyCatalogue(gateway: string, { devices }: Catalogue, now: number): Promise<void> {
    for (const table of ['devices', 'points'] as const) {
      await this.#db
        .updateTable(table)
        .set({ removed_at: now })
        .where('gateway', '=', gateway)
        .where('removed_at', 'is', null)
        .execute()
    }
    for (const rows of portions(devices.map((device) => deviceRow(gateway, device)))) {
      await putDevices(this.#db, rows)
    }
    const points = devices.flatMap((device) =>
      device.points.map((point) => pointRow(gateway, device.id, point)),
    )
    for (const rows of portions(points)) await putPoints(this.#db, rows)
  }

  async byKey({ gateway, id }: DeviceKey): Promise<StoredDevice | undefined> {
    return this.#db
      .selectFrom('devices')
      .select(deviceColumns)
      .select(gatewayConnected)
      .where('gateway', '=', gateway)
      .where('id', '=', id)
      .executeTakeFirst()
  }

  /** The last changes of its link, newest first. */
  async links({ gateway, id }: DeviceKey, limit: number): Promise<LinkEventRow[]> {
    return this.#db
      .selectFrom('link_events')
      .select(['gateway', 'device', 'at', 'state', 'reason'])
      .where('gateway', '=', gateway)
      .where('device', '=', id)
      .orderBy('at', 'desc')
      .limit(limit)
      .execute()
  }

  /** Present ones, by gateway and id. */
  async search({ gateway, place, q, after, limit, nodes }: DeviceSearch): Promise<StoredDevice[]> {
    let query = this.#db
      .selectFrom('devices')
      .select(deviceColumns)
      .select(gatewayConnected)
      .where('removed_at', 'is', null)
    if (gateway !== undefined) query = query.where('gateway', '=', gateway)
    if (place !== undefined) query = query.where('place', '=', place)
    if (q !== undefined) query = query.where((eb) => contains(eb, q))
    if (nodes !== undefined)
      query = query.where(placeIn(placeOfDevice('devices.gateway', 'devices.id'), nodes))
    if (after !== undefined) {
      const [afterGateway, afterId] = after
      query = query.where((eb) =>
        eb.or([
          eb('gateway', '>', afterGateway),
          eb.and([eb('gateway', '=', afterGateway), eb('id', '>', afterId)]),
        ]),
      )
    }
    return query.orderBy('gateway').orderBy('id').limit(limit).execute()
  }

  /** Present points of these devices. */
  async pointsOf(devices: readonly DeviceKey[]): Promise<PointRow[]> {
    if (devices.length === 0) return []
    return this.#db
      .selectFrom('points')
      .select(pointColumns)
      .where('removed_at', 'is', null)
      .where('gateway', 'in', [...new Set(devices.map(({ gateway }) => gateway))])
      .where('device', 'in', [...new Set(devices.map(({ id }) => id))])
      .orderBy('gateway')
      .orderBy('device')
      .orderBy('id')
      .execute()
  }

  /** Present points by gateway, device and id; of one device when it is given. */
  async points({ device, after, limit, nodes }: PointSearch): Promise<PointRow[]> {
    let query = this.#db.selectFrom('points').select(pointColumns).where('removed_at', 'is', null)
    if (device !== undefined)
      query = query.where('gateway', '=', device.gateway).where('device', '=', device.id)
    if (nodes !== undefined)
      query = query.where(placeIn(placeOfDevice('points.gateway', 'points.device'), nodes))
    if (after !== undefined) {
      const [g, d, p] = after
      query = query.where((eb) =>
        eb.or([
          eb('gateway', '>', g),
          eb.and([eb('gateway', '=', g), eb('device', '>', d)]),
          eb.and([eb('gateway', '=', g), eb('device', '=', d), eb('id', '>', p)]),
        ]),
      )
    }
    return query.orderBy('gateway').orderBy('device').orderBy('id').limit(limit).execute()
  }

  /** The unit of each point that is or was in a catalogue. */
  async unitsOf(points: readonly string[]): Promise<Map<string, string>> {
    const units = new Map<string, string>()
    for (const point of points) {
      const [gateway = '', device = '', ...rest] = point.split('/')
      const row = await this.#db
        .selectFrom('points')
        .select('unit')
        .where('gateway', '=', gateway)
        .where('device', '=', device)
        .where('id', '=', rest.join('/'))
        .executeTakeFirst()
      if (row !== undefined) units.set(point, row.unit)
    }
    return units
  }
}

/** `q` in any of the searched columns, whatever its case; `%` and `_` in it are ordinary characters. */
function contains(eb: ExpressionBuilder<Tables, 'devices'>, q: string) {
  const pattern = `%${q.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  return eb.or(searched.map((column) => sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`))
}
