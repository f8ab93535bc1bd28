import { sql } from 'kysely'
import type { Database } from '#cloud/state/database.ts'
import type { AssetChangeRow, AssetRow } from '#cloud/state/tables.ts'
import type { AssetKind } from '#contract/assets.ts'
import type { Clock } from '#lib/clock.ts'
import { assetCode } from './asset-code.ts'
import {
  type ByHand,
  changesBetween,
  contradictionsOf,
  type FieldChange,
  kindOf,
  type Reported,
  reportedOfDevice,
  reportedOfGateway,
  settled,
  sourceOf,
} from './asset-facts.ts'

/** A thing of the inventory as it is now. */
type Found = {
  readonly gateway: string
  readonly device: string
  readonly kind: AssetKind
  readonly reported: Reported
  readonly removedAt: number | null
}
type Known = Pick<AssetRow, 'id' | 'gateway' | 'device' | 'reported_json' | 'hand_json' | 'removed_at'>
type Noted = { readonly asset: string; readonly kind: AssetKind; readonly changes: readonly FieldChange[] }

/** Rows per statement, below what an engine takes at once. */
const portion = 200

/**
 * The register follows the inventory: whoever has changed that says so, and what differs is written down with its history.
 * Nothing is ever deleted from it; what is gone is marked.
 */
export class AssetRegister {
  readonly #db: Database
  readonly #clock: Clock

  constructor(db: Database, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  /** Takes over what the inventory says of one gateway and its devices, or of all. Works in a transaction of its own. */
  async follow(gateway?: string): Promise<void> {
    await this.#db.transaction().execute((transaction) => this.followIn(transaction, gateway))
  }

  /** The same in the transaction that changes the inventory. */
  async followIn(transaction: Database, gateway?: string): Promise<void> {
    const now = this.#clock.now()
    const known = await knownOf(transaction, gateway)
    const byThing = new Map(known.map((one) => [`${one.gateway}/${one.device}`, one]))
    const added: AssetRow[] = []
    const noted: Noted[] = []
    for (const found of await foundOf(transaction, gateway, now)) {
      const before = byThing.get(`${found.gateway}/${found.device}`)
      if (before === undefined) {
        const row = newRow(found, now)
        added.push(row)
        noted.push({ asset: row.id, kind: found.kind, changes: [firstEntry(found)] })
      } else {
        const changes = changesOf(before, found)
        if (changes.length === 0) continue
        await change(transaction, before, found, now)
        noted.push({ asset: before.id, kind: found.kind, changes })
      }
    }
    for (const rows of portions(added)) await transaction.insertInto('assets').values(rows).execute()
    await note(transaction, noted, now)
  }
}

async function knownOf(db: Database, gateway: string | undefined): Promise<Known[]> {
  let query = db
    .selectFrom('assets')
    .select(['id', 'gateway', 'device', 'reported_json', 'hand_json', 'removed_at'])
  if (gateway !== undefined) query = query.where('gateway', '=', gateway)
  return await query.execute()
}

/** Its right to connect was taken away, or it was taken out of the configuration and never got a certificate or a token for one. */
const isOut = sql<number>`case when revoked_at is not null or (token_hash = ''
  and not exists (select 1 from enrolment_tokens as t where t.gateway = gateways.id)
  and not exists (select 1 from gateway_certificates as c where c.gateway = gateways.id))
  then 1 else 0 end`

async function foundOf(db: Database, gateway: string | undefined, now: number): Promise<Found[]> {
  let gateways = db
    .selectFrom('gateways')
    .select(['id', 'title_zh', 'title_en', 'software', 'runtime', 'place', isOut.as('is_out')])
  let devices = db
    .selectFrom('devices as d')
    .innerJoin('gateways as g', 'g.id', 'd.gateway')
    .select(['d.gateway', 'd.id', 'd.title_zh', 'd.title_en', 'd.profile', 'd.profile_version', 'd.variant'])
    .select(['d.vendor', 'd.model', 'd.category', 'd.location_zh', 'd.location_en', 'd.address'])
    .select(['d.machine_json', 'd.removed_at'])
    .select(sql<string | null>`coalesce(d.place, g.place)`.as('place'))
  if (gateway !== undefined) {
    gateways = gateways.where('id', '=', gateway)
    devices = devices.where('d.gateway', '=', gateway)
  }
  return [
    ...(await gateways.execute()).map((row) => ({
      ...{ gateway: row.id, device: '', kind: 'gateway' as const },
      reported: reportedOfGateway(row, row.place),
      removedAt: row.is_out === 1 ? now : null,
    })),
    ...(await devices.execute()).map((row) => ({
      ...{ gateway: row.gateway, device: row.id, kind: kindOf(row.id, row.category) },
      reported: reportedOfDevice(row, row.place),
      removedAt: row.removed_at,
    })),
  ]
}

function newRow(found: Found, now: number): AssetRow {
  return {
    id: assetCode(),
    gateway: found.gateway,
    device: found.device,
    kind: found.kind,
    ...settled(found.reported, {}),
    reported_json: JSON.stringify(found.reported),
    ...{ hand_json: '{}', hand_text: '' },
    contradicts: 0,
    registered_at: now,
    updated_at: now,
    removed_at: found.removedAt,
  }
}

function firstEntry({ gateway, device }: Found): FieldChange {
  return { field: 'registered', before: null, after: device === '' ? gateway : `${gateway}/${device}` }
}

function changesOf(before: Known, { reported, removedAt }: Found): FieldChange[] {
  const presence: FieldChange[] =
    (before.removed_at === null) === (removedAt === null)
      ? []
      : [{ field: removedAt === null ? 'returned' : 'removed', before: null, after: null }]
  const isSame = before.reported_json === JSON.stringify(reported)
  return isSame ? presence : [...changesBetween(JSON.parse(before.reported_json), reported), ...presence]
}

async function change(db: Database, before: Known, found: Found, now: number): Promise<void> {
  const { reported, kind } = found
  const byHand = JSON.parse(before.hand_json) as ByHand
  const isGone = before.removed_at !== null && found.removedAt !== null
  await db
    .updateTable('assets')
    .set({
      kind,
      ...settled(reported, byHand),
      reported_json: JSON.stringify(reported),
      contradicts: Number(contradictionsOf(reported, byHand).length > 0),
      updated_at: now,
      removed_at: isGone ? before.removed_at : found.removedAt,
    })
    .where('id', '=', before.id)
    .execute()
}

async function note(db: Database, noted: readonly Noted[], now: number): Promise<void> {
  for (const some of portions(noted)) {
    const last = await lastNumbers(
      db,
      some.map(({ asset }) => asset),
    )
    const rows = some.flatMap(({ asset, kind, changes }) =>
      changes.map(
        ({ field, before, after }, index): AssetChangeRow => ({
          ...{ asset, seq: (last.get(asset) ?? 0) + index + 1, at: now, field, before, after },
          ...{ source: sourceOf(field, kind), person: null },
        }),
      ),
    )
    for (const part of portions(rows)) await db.insertInto('asset_changes').values(part).execute()
  }
}

/** The number of the last entry in the history of each. */
export async function lastNumbers(db: Database, assets: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('asset_changes')
    .select(['asset', ({ fn }) => fn.max('seq').as('seq')])
    .where('asset', 'in', assets)
    .groupBy('asset')
    .execute()
  return new Map(rows.map(({ asset, seq }) => [asset, Number(seq)]))
}

function portions<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / portion) }, (_, i) =>
    rows.slice(i * portion, (i + 1) * portion),
  )
}
