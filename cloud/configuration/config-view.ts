import { instant, optional } from '#cloud/http/instants.ts'
import type { ConfigReportRow, ConfigVersionRow } from '#cloud/state/tables.ts'
import type { ConfigVersion, GatewayConfiguration, ReportedConfig } from '#contract/api/configuration.ts'
import type { ConfigProblem, ConfigState } from '#contract/configuration.ts'

/** Rows as the API shows them. Pure. */
export function versionView(row: ConfigVersionRow): ConfigVersion {
  return {
    version: row.version,
    digest: row.digest,
    at: instant(row.at),
    by: { username: row.username, displayName: row.display_name },
    comment: row.comment,
    ...optional('rollbackOf', row.rollback_of),
    ...optional('rollout', row.rollout),
  }
}

export function reportView(row: ConfigReportRow): ReportedConfig {
  return {
    version: row.version,
    state: row.state as ConfigState,
    at: instant(row.at),
    ...optional('reason', row.reason),
    problems: row.problems_json === null ? [] : (JSON.parse(row.problems_json) as ConfigProblem[]),
    running: row.running_version,
    ...optional('pauseMs', row.pause_ms),
  }
}

/** What is so of the newest version; what was said of an older one does not count. */
export function stateOf(
  desired: Pick<ConfigVersionRow, 'version' | 'digest'> | undefined,
  report: Pick<ConfigReportRow, 'version' | 'digest' | 'state'> | undefined,
): GatewayConfiguration['state'] {
  if (desired === undefined) return 'none'
  const isAbout = report?.version === desired.version && report.digest === desired.digest
  return isAbout ? (report.state as ConfigState) : 'pending'
}
