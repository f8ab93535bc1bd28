import type { DeviceRow, GatewayRow } from '#cloud/state/tables.ts'
import type { Contradiction } from '#contract/api/assets.ts'
import {
  type AssetKind,
  type ChangeField,
  type ChangeSource,
  type HandField,
  type InventoryField,
  inventoryFieldNames,
  type SharedField,
  sharedFieldNames,
} from '#contract/assets.ts'
import type { Machine } from '#contract/catalogue.ts'
import { cameraCategory } from '#contract/organisation.ts'

/** What the inventory says of a thing, as texts that can be compared. What is absent is not said. */
export type Reported = { readonly [F in InventoryField | SharedField]?: string }
/** What people wrote of it. */
export type ByHand = { readonly [F in SharedField | HandField]?: string }
/** What became of one field. */
export type FieldChange = {
  readonly field: ChangeField
  readonly before: string | null
  readonly after: string | null
}

export type DeviceFacts = Pick<
  DeviceRow,
  | 'title_zh'
  | 'title_en'
  | 'profile'
  | 'profile_version'
  | 'variant'
  | 'vendor'
  | 'model'
  | 'category'
  | 'location_zh'
  | 'location_en'
  | 'address'
  | 'machine_json'
>
export type GatewayFacts = Pick<GatewayRow, 'title_zh' | 'title_en' | 'software' | 'runtime'>

/** What the device said of itself counts more than what its profile says of all of its kind. Pure. */
export function reportedOfDevice(row: DeviceFacts, place: string | null): Reported {
  const machine: Machine = row.machine_json === null ? {} : JSON.parse(row.machine_json)
  return said({
    title: textOf(row.title_zh, row.title_en),
    category: row.category,
    profile: row.profile,
    profileVersion: row.profile_version,
    variant: row.variant,
    location: textOf(row.location_zh, row.location_en),
    place,
    maker: machine.maker ?? row.vendor,
    model: machine.model ?? row.model,
    serial: machine.serial,
    firmware: machine.firmware,
    address: row.address,
  })
}

/** A gateway says which program it runs; what kind of box it is only people know. Pure. */
export function reportedOfGateway(row: GatewayFacts, place: string | null): Reported {
  return said({
    title: textOf(row.title_zh, row.title_en),
    runtime: row.runtime,
    firmware: row.software,
    place,
  })
}

export function kindOf(device: string, category: string): AssetKind {
  if (device === '') return 'gateway'
  return category === cameraCategory || category.startsWith(`${cameraCategory}.`) ? 'camera' : 'device'
}

/** Where both say something and not the same. Blanks and case are no contradiction. Pure. */
export function contradictionsOf(reported: Reported, byHand: ByHand): Contradiction[] {
  return sharedFieldNames.flatMap((field) => {
    const [theirs, ours] = [reported[field], byHand[field]]
    if (theirs === undefined || ours === undefined || plain(theirs) === plain(ours)) return []
    return [{ field, reported: theirs, byHand: ours }]
  })
}

/** What counts: as reported, else as people wrote. Pure. */
export function settled(reported: Reported, byHand: ByHand): Record<SharedField, string | null> {
  const of = (field: SharedField): string | null => reported[field] ?? byHand[field] ?? null
  return {
    maker: of('maker'),
    model: of('model'),
    serial: of('serial'),
    firmware: of('firmware'),
    address: of('address'),
  }
}

/** Field by field what differs. Pure. */
export function changesBetween(before: Reported, after: Reported): FieldChange[] {
  return [...inventoryFieldNames, ...sharedFieldNames].flatMap((field) =>
    before[field] === after[field]
      ? []
      : [{ field, before: before[field] ?? null, after: after[field] ?? null }],
  )
}

/** Who has said that: each field of the inventory has one source. Pure. */
export function sourceOf(field: ChangeField, kind: AssetKind): ChangeSource {
  if (field === 'place') return 'tree'
  if (kind !== 'gateway') return 'catalogue'
  return field === 'firmware' || field === 'runtime' ? 'birth' : 'configuration'
}

function said(facts: Readonly<Record<string, string | null | undefined>>): Reported {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  )
}

function textOf(zh: string | null, en: string | null): string {
  return [zh, en].filter(Boolean).join(' / ')
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase()
}
