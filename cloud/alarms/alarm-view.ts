import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { AlarmRow } from '#cloud/state/tables.ts'
import type { Alarm } from '#contract/api/alarms.ts'

/** A row as the API and the live stream show it. Pure. */
export function alarmView(row: AlarmRow): Alarm {
  return {
    id: `${row.gateway}/${row.occurrence}`,
    gateway: row.gateway,
    rule: row.rule,
    point: row.point === '' ? row.gateway : `${row.gateway}/${row.point}`,
    priority: row.priority as Alarm['priority'],
    title: { ...optional('zh', row.title_zh), ...optional('en', row.title_en) },
    state: row.state as Alarm['state'],
    ...optionalInstant('raisedAt', row.raised_at),
    ...optionalInstant('clearedAt', row.cleared_at),
    value: row.raise_value_json === null ? null : (JSON.parse(row.raise_value_json) as Alarm['value']),
    ...optional('limit', row.limit_value),
    receivedAt: instant(row.received_at),
  }
}
