import { sql } from 'kysely'
import type { Database } from '#cloud/state/database.ts'
import type { DeviceRow, PointRow } from '#cloud/state/tables.ts'
import type { CatalogueDevice, CataloguePoint } from '#contract/catalogue.ts'

/** What a catalogue says of a device; its link is told by events, its place by people. */
export type CatalogueDeviceRow = Omit<DeviceRow, 'link_state' | 'link_at' | 'link_reason' | 'place'>

export function deviceRow(gateway: string, device: CatalogueDevice): CatalogueDeviceRow {
  const { id, title, profile, vendor, model, category, location, hidden = [] } = device
  return {
    gateway,
    id,
    title_zh: title.zh ?? null,
    title_en: title.en ?? null,
    profile,
    vendor,
    model,
    category,
    location_zh: location?.zh ?? null,
    location_en: location?.en ?? null,
    removed_at: null,
    address: device.address ?? null,
    profile_version: device.profileVersion ?? null,
    variant: device.variant ?? null,
    hidden_json: hidden.length === 0 ? null : JSON.stringify(hidden),
    added: Number(device.added ?? false),
    machine_json: device.machine === undefined ? null : JSON.stringify(device.machine),
  }
}

export function pointRow(gateway: string, device: string, point: CataloguePoint): PointRow {
  return {
    gateway,
    device,
    id: point.id,
    kind: point.kind,
    unit: point.unit,
    title_zh: point.title.zh ?? null,
    title_en: point.title.en ?? null,
    stale_after_ms: point.staleAfterMs ?? null,
    writable_json: point.writable === undefined ? null : JSON.stringify(point.writable),
    removed_at: null,
    quantity: point.id.slice(point.id.lastIndexOf('/') + 1),
  }
}

/** Rows per statement: few calls to the database, and well below the number of values an engine takes at once. */
export function portions<T>(rows: readonly T[], size = 200): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size))
}

/** What the catalogue does not say, such as the link, stays. */
export async function putDevices(db: Database, rows: CatalogueDeviceRow[]): Promise<void> {
  await db
    .insertInto('devices')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['gateway', 'id']).doUpdateSet(({ ref }) => ({
        title_zh: ref('excluded.title_zh'),
        title_en: ref('excluded.title_en'),
        profile: ref('excluded.profile'),
        vendor: ref('excluded.vendor'),
        model: ref('excluded.model'),
        category: ref('excluded.category'),
        location_zh: ref('excluded.location_zh'),
        location_en: ref('excluded.location_en'),
        removed_at: null,
        address: ref('excluded.address'),
        profile_version: ref('excluded.profile_version'),
        variant: ref('excluded.variant'),
        hidden_json: ref('excluded.hidden_json'),
        added: ref('excluded.added'),
        // A device is asked who it is after its gateway was started: until then what it said before counts.
        machine_json: sql<string | null>`case
          when excluded.machine_json is null and excluded.profile = devices.profile then devices.machine_json
          else excluded.machine_json end`,
      })),
    )
    .execute()
}

export async function putPoints(db: Database, rows: PointRow[]): Promise<void> {
  await db
    .insertInto('points')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['gateway', 'device', 'id']).doUpdateSet(({ ref }) => ({
        kind: ref('excluded.kind'),
        unit: ref('excluded.unit'),
        title_zh: ref('excluded.title_zh'),
        title_en: ref('excluded.title_en'),
        stale_after_ms: ref('excluded.stale_after_ms'),
        writable_json: ref('excluded.writable_json'),
        removed_at: null,
        quantity: ref('excluded.quantity'),
      })),
    )
    .execute()
}
