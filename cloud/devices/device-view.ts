import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { DeviceRow, LinkEventRow, PointRow } from '#cloud/state/tables.ts'
import type { Latest } from '#cloud/telemetry/telemetry-store.ts'
import type { Device, LinkHistory } from '#contract/api/devices.ts'
import type { LastValue, Point } from '#contract/api/points.ts'
import type { LocalText } from '#contract/text.ts'
import type { StoredDevice } from './device-repository.ts'

/** Rows as the API shows them. Pure. */
export function deviceView(row: StoredDevice, points: Point[]): Device {
  const location = localText(row.location_zh, row.location_en)
  return {
    id: `${row.gateway}/${row.id}`,
    gateway: row.gateway,
    title: localText(row.title_zh, row.title_en),
    profile: row.profile,
    vendor: row.vendor,
    model: row.model,
    category: row.category,
    ...(Object.keys(location).length > 0 ? { location } : {}),
    ...optional('place', row.place),
    link: linkView(row),
    gatewayConnected: row.gateway_connected === 1,
    ...optional('address', row.address),
    ...optional('profileVersion', row.profile_version),
    ...optional('variant', row.variant),
    ...(row.hidden_json === null ? {} : { hidden: JSON.parse(row.hidden_json) as string[] }),
    added: row.added === 1,
    ...optionalInstant('removedAt', row.removed_at),
    points,
  }
}

/** What a person may change of a device, as it is now: for the audit log. Pure. */
export function deviceFacts(row: DeviceRow): object {
  return {
    profile: row.profile,
    title: localText(row.title_zh, row.title_en),
    location: localText(row.location_zh, row.location_en),
    hidden: row.hidden_json === null ? [] : JSON.parse(row.hidden_json),
  }
}

export function linkView({ link_state, link_at, link_reason }: DeviceRow): Device['link'] {
  return {
    state: link_state === 'up' || link_state === 'down' ? link_state : 'unknown',
    ...optionalInstant('at', link_at),
    ...optional('reason', link_reason),
  }
}

export function linkEventView({ state, at, reason }: LinkEventRow): LinkHistory['items'][number] {
  return { state: state === 'up' ? 'up' : 'down', at: instant(at), ...optional('reason', reason) }
}

export function pointView(row: PointRow, latest: Latest | undefined): Point {
  return {
    id: pointId(row),
    device: `${row.gateway}/${row.device}`,
    kind: row.kind as Point['kind'],
    unit: row.unit,
    title: localText(row.title_zh, row.title_en),
    ...optional('staleAfterMs', row.stale_after_ms),
    ...(row.writable_json === null ? {} : { writable: JSON.parse(row.writable_json) as Point['writable'] }),
    ...optionalInstant('removedAt', row.removed_at),
    ...(latest === undefined ? {} : { last: lastView(latest) }),
  } as Point
}

export function pointId({ gateway, device, id }: Pick<PointRow, 'gateway' | 'device' | 'id'>): string {
  return `${gateway}/${device}/${id}`
}

function lastView({ t, value, quality, reason }: Latest): LastValue {
  return { at: instant(t), value, quality, ...optional('reason', reason) }
}

function localText(zh: string | null, en: string | null): LocalText {
  return { ...optional('zh', zh), ...optional('en', en) }
}
