import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { RolloutGatewayRow, RolloutRow } from '#cloud/state/tables.ts'
import type {
  Rollout,
  RolloutGatewayState,
  RolloutState,
  RolloutSummary,
} from '#contract/api/configuration.ts'
import type { ConfigContent } from '#contract/configuration.ts'
import { hasFailed, type Pace, type Progress } from './plan-rollout.ts'

/** Rows as the API and the planning see them. Pure. */
export function rolloutSummary(row: RolloutRow, gateways: readonly RolloutGatewayRow[]): RolloutSummary {
  return {
    id: row.id,
    at: instant(row.at),
    by: { username: row.username, displayName: row.display_name },
    comment: row.comment,
    change: JSON.parse(row.change_json) as ConfigContent,
    stages: JSON.parse(row.stages_json) as string[],
    withinS: row.within_s,
    soakS: row.soak_s,
    state: row.state as RolloutState,
    ...optional('reason', row.reason),
    ...optionalInstant('finishedAt', row.finished_at),
    total: gateways.length,
    running: gateways.filter(({ state }) => state === 'running').length,
    failed: gateways.map(progressOf).filter(hasFailed).length,
  }
}

export function rolloutView(row: RolloutRow, gateways: readonly RolloutGatewayRow[]): Rollout {
  return {
    ...rolloutSummary(row, gateways),
    gateways: gateways.map(({ gateway, stage, state, version, reason, at }) => ({
      ...{ gateway, stage, state: state as RolloutGatewayState },
      ...optional('version', version),
      ...optional('reason', reason),
      ...optionalInstant('at', at),
    })),
  }
}

export function progressOf({ gateway, stage, state, at, accepted }: RolloutGatewayRow): Progress {
  const since = at === null ? {} : { at }
  return { gateway, stage, state: state as RolloutGatewayState, accepted: accepted === 1, ...since }
}

export function paceOf({ within_s, soak_s }: RolloutRow): Pace {
  return { withinMs: within_s * 1000, soakMs: soak_s * 1000 }
}
