import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { CommandRow, CommandStepRow } from '#cloud/state/tables.ts'
import type { CommandStep, IssuedCommand } from '#contract/api/commands.ts'

/** A command with its steps as the API and the live stream show it. Pure. */
export function commandView(row: CommandRow, steps: readonly CommandStepRow[]): IssuedCommand {
  const reason = { ...optional('zh', row.reason_zh), ...optional('en', row.reason_en) }
  const device = `${row.gateway}/${row.device}`
  return {
    id: row.id,
    point: `${device}/${row.point}`,
    device,
    value: valueFrom(row.value_json),
    key: row.key,
    by: { username: row.username, displayName: row.display_name },
    state: row.state as IssuedCommand['state'],
    ...optional('waitingFor', row.waiting_for as IssuedCommand['waitingFor']),
    createdAt: instant(row.created_at),
    expiresAt: instant(row.expires_at),
    ...optionalInstant('finishedAt', row.finished_at),
    ...(row.verified === null ? {} : { verified: row.verified === 1 }),
    ...(row.read_back_json === null ? {} : { readBack: valueFrom(row.read_back_json) }),
    ...optional('code', row.code),
    ...optional('message', row.message),
    ...(Object.keys(reason).length > 0 ? { reason } : {}),
    steps: steps.map(stepView),
  }
}

function stepView({ state, at, code, message }: CommandStepRow): CommandStep {
  return {
    state: state as CommandStep['state'],
    at: instant(at),
    ...optional('code', code),
    ...optional('message', message),
  }
}

function valueFrom(json: string): IssuedCommand['value'] {
  return JSON.parse(json) as IssuedCommand['value']
}
