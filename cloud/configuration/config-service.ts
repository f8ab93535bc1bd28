import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { ConfigVersionRow } from '#cloud/state/tables.ts'
import type {
  ConfigAuthor,
  ConfigChecked,
  ConfigDraft,
  ConfigRollback,
  GatewayConfiguration,
  StoredConfig,
} from '#contract/api/configuration.ts'
import { diffContent, effectiveContent } from '#contract/config-diff.ts'
import type { ConfigContent, ConfigMessage, ConfigProblem, ConfigReport } from '#contract/configuration.ts'
import { AppError } from '#contract/errors.ts'
import { canonicalJson, jsonDigest } from '#lib/canonical-json.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { ConfigRepository, contentOf, ownOf } from './config-repository.ts'
import { reportView, stateOf, versionView } from './config-view.ts'

export type CheckContent = (own: ConfigContent, content: ConfigContent) => readonly ConfigProblem[]

export type ConfigServiceOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  /** What a gateway whose own file says `own` would find wrong. */
  readonly check: CheckContent
  /** False when the gateway is away: then nothing was sent. */
  readonly send: (gateway: string, message: ConfigMessage) => Promise<boolean>
}

/** A content that is to become the newest version. */
export type NewConfig = {
  readonly gateway: string
  readonly content: ConfigContent
  readonly author: ConfigAuthor
  readonly comment: string
  readonly rollbackOf?: number
  readonly rollout?: string
}

/** Well below the limit of a message. */
const maxContentBytes = 512 * 1024
const shownHistory = 100
const sendAgainMs = 30_000

/** Configurations of gateways: kept in versions, sent until the gateway has said what became of them. */
export class ConfigService implements AsyncDisposable {
  readonly #options: ConfigServiceOptions
  readonly #configs: ConfigRepository
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(options: ConfigServiceOptions) {
    this.#options = options
    this.#configs = new ConfigRepository(options.db)
  }

  start(): void {
    this.#loop = this.#run()
  }

  async view(gateway: string): Promise<GatewayConfiguration> {
    const [history, report] = await Promise.all([
      this.#configs.history(gateway, shownHistory),
      this.#configs.report(gateway),
    ])
    const [desired] = history
    const own = ownOf(report)
    const running = report === undefined ? 0 : report.running_version
    return {
      gateway,
      version: desired?.version ?? 0,
      content: contentOf(desired),
      ...(desired === undefined ? {} : { desired: versionView(desired) }),
      ...(report === undefined ? {} : { reported: reportView(report) }),
      state: stateOf(desired, report),
      changes: this.#changes(own, await this.#contentAt(gateway, running), contentOf(desired)),
      ...(own === undefined ? {} : { own }),
      history: history.map(versionView),
    }
  }

  async stored(gateway: string, version: number): Promise<StoredConfig> {
    const row = await this.#find(gateway, version)
    return { ...versionView(row), content: contentOf(row) }
  }

  /** What would be wrong and what would be different. Changes nothing. */
  async check(gateway: string, content: ConfigContent): Promise<ConfigChecked> {
    const [newest, report] = await Promise.all([this.#configs.newest(gateway), this.#configs.report(gateway)])
    const own = ownOf(report)
    return {
      problems: this.problems(own, content),
      changes: this.#changes(own, contentOf(newest), content),
    }
  }

  problems(own: ConfigContent | undefined, content: ConfigContent): ConfigProblem[] {
    const bytes = Buffer.byteLength(canonicalJson(content))
    if (bytes > maxContentBytes)
      return [{ path: '', message: `${bytes} bytes, at most ${maxContentBytes} are taken` }]
    return [...this.#options.check(own ?? {}, content)]
  }

  /** Resolves when it is stored and, where the gateway is there, on its way. Throws AppError with every problem. */
  async put(
    gateway: string,
    draft: ConfigDraft,
    author: ConfigAuthor,
    audit: ChangeAudit,
  ): Promise<GatewayConfiguration> {
    const { baseVersion, comment = '', content } = draft
    audit.note({ target: gateway, after: { baseVersion, comment } })
    refuseFor(this.problems(ownOf(await this.#configs.report(gateway)), content))
    await this.#store({ gateway, content, author, comment }, { audit, baseVersion })
    return await this.view(gateway)
  }

  async rollback(
    gateway: string,
    { to, comment = '' }: ConfigRollback,
    author: ConfigAuthor,
    audit: ChangeAudit,
  ) {
    audit.note({ target: gateway, after: { rollbackOf: to, comment } })
    // 0 is the gateway's own file: nothing of it is changed from here.
    const content = to === 0 ? {} : contentOf(await this.#find(gateway, to))
    refuseFor(this.problems(ownOf(await this.#configs.report(gateway)), content))
    await this.#store({ gateway, content, author, comment, rollbackOf: to }, { audit })
    return await this.view(gateway)
  }

  /** Makes it the newest version in the caller's transaction. `undefined`: it is that already. Call `deliver` afterwards. */
  async add(trx: Database, given: NewConfig): Promise<{ row: ConfigVersionRow; isNew: boolean }> {
    const configs = new ConfigRepository(trx)
    const [newest, report] = [await configs.newest(given.gateway), await configs.report(given.gateway)]
    const digest = jsonDigest(given.content)
    const state = stateOf(newest, report)
    const hasFailed = state === 'refused' || state === 'rolled-back'
    // Equal to what is wanted is nothing new, unless the gateway gave it up: then it is another try.
    if (newest?.digest === digest && !hasFailed) return { row: newest, isNew: false }
    const row: ConfigVersionRow = {
      ...{ gateway: given.gateway, version: (newest?.version ?? 0) + 1, at: this.#options.clock.now() },
      ...{ username: given.author.username, display_name: given.author.displayName, comment: given.comment },
      ...{ digest, content_json: JSON.stringify(given.content) },
      rollback_of: given.rollbackOf ?? null,
      rollout: given.rollout ?? null,
    }
    await configs.add(row)
    return { row, isNew: true }
  }

  /** Sends what is wanted, if the gateway is there. */
  async deliver(gateway: string): Promise<void> {
    const row = await this.#configs.newest(gateway)
    if (row === undefined) return
    const { version, digest } = row
    await this.#options.send(gateway, { v: 1, kind: 'desired', version, digest, content: contentOf(row) })
  }

  /** Stored when it resolves; only then the gateway is told that it was heard. */
  async heard(gateway: string, report: ConfigReport): Promise<void> {
    await this.#configs.keepReport(gateway, report, this.#options.clock.now())
    await this.#options.send(gateway, { v: 1, kind: 'noted', at: report.at })
    const wanted = await this.#configs.newest(gateway)
    if (wanted !== undefined && stateOf(wanted, report) === 'pending') await this.deliver(gateway)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  async #store(
    given: NewConfig,
    { audit, baseVersion }: { audit: ChangeAudit; baseVersion?: number },
  ): Promise<void> {
    const { db, log } = this.#options
    const { gateway } = given
    const { row, isNew } = await db.transaction().execute(async (trx) => {
      const before = await new ConfigRepository(trx).newest(gateway)
      if (baseVersion !== undefined && (before?.version ?? 0) !== baseVersion)
        throw conflict(before, baseVersion)
      const stored = await this.add(trx, given)
      const changes = diffContent(contentOf(before), given.content)
      audit.note({
        before: { version: before?.version ?? 0, digest: before?.digest ?? '' },
        after: { version: stored.row.version, digest: stored.row.digest, comment: given.comment, changes },
      })
      await audit.write(trx)
      return stored
    })
    if (!isNew) return
    log.info({ gateway, version: row.version, by: row.username }, 'configuration changed')
    await this.deliver(gateway)
  }

  async #contentAt(gateway: string, version: number): Promise<ConfigContent> {
    return version === 0 ? {} : contentOf(await this.#configs.byVersion(gateway, version))
  }

  #changes(own: ConfigContent | undefined, before: ConfigContent, after: ConfigContent) {
    return diffContent(effectiveContent(own ?? {}, before), effectiveContent(own ?? {}, after))
  }

  async #find(gateway: string, version: number): Promise<ConfigVersionRow> {
    const row = await this.#configs.byVersion(gateway, version)
    if (row === undefined) throw new AppError('NOT_FOUND', `${gateway} has no configuration ${version}`)
    return row
  }

  /** A message that was lost on the way to a gateway that stayed connected. */
  async #run(): Promise<void> {
    const { clock, log } = this.#options
    for (;;) {
      await clock.sleep(sendAgainMs, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      try {
        for (const gateway of await this.#configs.unheard()) await this.deliver(gateway)
      } catch (err) {
        log.error({ err }, 'configurations not sent again')
      }
    }
  }
}

function refuseFor(problems: readonly ConfigProblem[]): void {
  if (problems.length === 0) return
  const text = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  throw new AppError('CONFIG_INVALID', `nothing was changed: ${text}`.slice(0, 2_000), { details: problems })
}

function conflict(newest: ConfigVersionRow | undefined, baseVersion: number): AppError {
  const version = newest?.version ?? 0
  return new AppError(
    'CONFLICT',
    `made from version ${baseVersion}, and ${newest?.display_name ?? 'somebody'} has made version ${version} meanwhile: look at it first`,
    { details: { version } },
  )
}
