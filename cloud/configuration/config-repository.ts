import type { Database } from '#cloud/state/database.ts'
import type { ConfigReportRow, ConfigVersionRow } from '#cloud/state/tables.ts'
import type { ConfigContent, ConfigReport } from '#contract/configuration.ts'

const columns = [
  'gateway',
  'version',
  'at',
  'username',
  'display_name',
  'comment',
  'digest',
  'content_json',
  'rollback_of',
  'rollout',
] as const satisfies readonly (keyof ConfigVersionRow)[]
const reportColumns = [
  'gateway',
  'version',
  'digest',
  'state',
  'at',
  'reason',
  'problems_json',
  'running_version',
  'running_digest',
  'pause_ms',
  'own_json',
] as const satisfies readonly (keyof ConfigReportRow)[]

/** Versions of each gateway's configuration, and what the gateways said of them. Works on a transaction as well as on the database. */
export class ConfigRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async newest(gateway: string): Promise<ConfigVersionRow | undefined> {
    return (await this.history(gateway, 1))[0]
  }

  async byVersion(gateway: string, version: number): Promise<ConfigVersionRow | undefined> {
    return this.#db
      .selectFrom('config_versions')
      .select(columns)
      .where('gateway', '=', gateway)
      .where('version', '=', version)
      .executeTakeFirst()
  }

  /** The newest first. */
  async history(gateway: string, limit: number): Promise<ConfigVersionRow[]> {
    return this.#db
      .selectFrom('config_versions')
      .select(columns)
      .where('gateway', '=', gateway)
      .orderBy('version', 'desc')
      .limit(limit)
      .execute()
  }

  async add(row: ConfigVersionRow): Promise<void> {
    await this.#db.insertInto('config_versions').values(row).execute()
  }

  async report(gateway: string): Promise<ConfigReportRow | undefined> {
    return this.#db
      .selectFrom('config_reports')
      .select(reportColumns)
      .where('gateway', '=', gateway)
      .executeTakeFirst()
  }

  /** What is not said again stays: a gateway tells of its own file once a connection. */
  async keepReport(gateway: string, report: ConfigReport, at: number): Promise<void> {
    const { version, digest, state, reason, problems = [], running, pauseMs, own } = report
    const said = {
      ...{ version, digest, state, at },
      reason: reason ?? null,
      problems_json: problems.length === 0 ? null : JSON.stringify(problems),
      running_version: running.version,
      running_digest: running.digest,
      pause_ms: pauseMs ?? null,
      ...(own === undefined ? {} : { own_json: JSON.stringify(own) }),
    }
    await this.#db
      .insertInto('config_reports')
      .values({ gateway, own_json: null, ...said })
      .onConflict((conflict) => conflict.column('gateway').doUpdateSet(said))
      .execute()
  }

  /** Connected gateways that have not said anything yet about what is wanted of them. */
  async unheard(): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('config_versions as wanted')
      .innerJoin('gateways', 'gateways.id', 'wanted.gateway')
      .innerJoin('config_reports as said', 'said.gateway', 'wanted.gateway')
      .select('wanted.gateway')
      .where('gateways.connected', '=', 1)
      .where(({ eb, selectFrom }) =>
        eb(
          'wanted.version',
          '=',
          selectFrom('config_versions as other')
            .select(({ fn }) => fn.max('other.version').as('newest'))
            .whereRef('other.gateway', '=', 'wanted.gateway'),
        ),
      )
      .whereRef('said.version', '!=', 'wanted.version')
      .execute()
    return rows.map(({ gateway }) => gateway)
  }
}

export function contentOf(row: Pick<ConfigVersionRow, 'content_json'> | undefined): ConfigContent {
  return row === undefined ? {} : (JSON.parse(row.content_json) as ConfigContent)
}

export function ownOf(row: Pick<ConfigReportRow, 'own_json'> | undefined): ConfigContent | undefined {
  return row === undefined || row.own_json === null ? undefined : (JSON.parse(row.own_json) as ConfigContent)
}
