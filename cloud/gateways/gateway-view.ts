import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { Gateway, GatewayStatus } from '#contract/api/gateways.ts'
import type { Status } from '#contract/gateway-state.ts'
import type { LocalText } from '#contract/text.ts'
import type { StoredGateway } from './gateway-repository.ts'

/** A row as the API shows it. Pure. */
export function gatewayView(row: StoredGateway): Gateway {
  const status = row.status_json === null ? undefined : statusView(JSON.parse(row.status_json) as Status)
  return {
    id: row.id,
    title: titleOf(row),
    connected: row.connected === 1,
    ...(row.connected === 1 ? optionalInstant('connectedAt', row.connected_at) : {}),
    ...optionalInstant('lastSeenAt', row.last_seen_at),
    ...optionalInstant('startedAt', row.epoch_started_at),
    ...optional('software', row.software),
    ...optional('runtime', row.runtime),
    ...optional('configVersion', row.config_version),
    ...optional('catalogueVersion', row.catalogue_version),
    ...optional('clockOffsetMs', row.clock_offset_ms),
    ...optional('status', status),
  }
}

function titleOf({ title_zh, title_en }: StoredGateway): LocalText {
  return { ...optional('zh', title_zh), ...optional('en', title_en) }
}

function statusView({
  at,
  backlog,
  diskBudget,
  diskUsed,
  autonomyH,
  devices,
  rssBytes,
}: Status): GatewayStatus {
  return {
    at: instant(at),
    backlog: backlog.map(({ oldestAt, ...lane }) => ({ ...lane, ...optionalInstant('oldestAt', oldestAt) })),
    diskBudget,
    diskUsed,
    ...optional('autonomyH', autonomyH),
    devices,
    rssBytes,
  }
}
