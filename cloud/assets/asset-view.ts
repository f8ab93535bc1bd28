import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { AssetChangeRow } from '#cloud/state/tables.ts'
import type { Asset, AssetChange, AssetLabel } from '#contract/api/assets.ts'
import type { AssetKind } from '#contract/assets.ts'
import type { LocalText } from '#contract/text.ts'
import { type ByHand, contradictionsOf, type Reported } from './asset-facts.ts'
import type { StoredAsset } from './asset-repository.ts'
import type { PlaceNames } from './place-names.ts'

/** Rows as the API shows them. Pure. */
export function assetView(row: StoredAsset, { names }: PlaceNames): Asset {
  const reported = JSON.parse(row.reported_json) as Reported
  const byHand = JSON.parse(row.hand_json) as ByHand
  return {
    ...headOf(row),
    ...optional('category', reported.category),
    ...optional('profile', reported.profile),
    ...optional('profileVersion', reported.profileVersion),
    ...optional('variant', reported.variant),
    ...optional('runtime', reported.runtime),
    ...optional('maker', row.maker),
    ...optional('model', row.model),
    ...optional('serial', row.serial),
    ...optional('firmware', row.firmware),
    ...optional('address', row.address),
    byHand,
    contradictions: contradictionsOf(reported, byHand),
    ...optional('place', row.place),
    where: [...names],
    ...locationOf(row),
    registeredAt: instant(row.registered_at),
    updatedAt: instant(row.updated_at),
    ...optionalInstant('removedAt', row.removed_at),
  }
}

export function labelView(row: StoredAsset, { names }: PlaceNames): AssetLabel {
  return { ...headOf(row), where: [...names], ...locationOf(row) }
}

export function changeView(row: AssetChangeRow): AssetChange {
  return {
    at: instant(row.at),
    field: row.field as AssetChange['field'],
    ...optional('from', row.before),
    ...optional('to', row.after),
    source: row.source as AssetChange['source'],
    ...optional('by', row.person),
  }
}

function headOf(row: StoredAsset) {
  const { id, kind, gateway, device } = row
  return {
    ...{ id, kind: kind as AssetKind, gateway },
    ...(device === '' ? {} : { device: `${gateway}/${device}` }),
    title: localText(row.title_zh, row.title_en),
  }
}

function locationOf(row: StoredAsset): { location?: LocalText } {
  const location = localText(row.location_zh, row.location_en)
  return Object.keys(location).length === 0 ? {} : { location }
}

function localText(zh: string | null, en: string | null): LocalText {
  return { ...optional('zh', zh), ...optional('en', en) }
}
