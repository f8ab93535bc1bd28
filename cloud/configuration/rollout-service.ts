import { randomUUID } from 'node:crypto'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { RolloutGatewayRow, RolloutRow } from '#cloud/state/tables.ts'
import type {
  ConfigAuthor,
  Rollout,
  RolloutDraft,
  RolloutGatewayState,
  RolloutState,
} from '#contract/api/configuration.ts'
import { applyChange, baseOfChange } from '#contract/config-diff.ts'
import type { ConfigContent, ConfigProblem, ConfigReport } from '#contract/configuration.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { oneAtATime } from '#lib/one-at-a-time.ts'
import { ConfigRepository, contentOf, ownOf } from './config-repository.ts'
import type { ConfigService } from './config-service.ts'
import { nextStep, overdue, type Step, stagesOf } from './plan-rollout.ts'
import { RolloutRepository } from './rollout-repository.ts'
import { paceOf, progressOf, rolloutView } from './rollout-view.ts'

export type RolloutServiceOptions = {
  readonly db: Database
  readonly configs: Pick<ConfigService, 'add' | 'deliver' | 'problems'>
  readonly clock: Clock
  readonly log: Logger
}

export type StoredRollout = { readonly row: RolloutRow; readonly gateways: readonly RolloutGatewayRow[] }
export type RolloutAction = 'pause' | 'resume' | 'abort'

const tickMs = 1_000
const defaults = { stages: ['1', '10%', '100%'], withinS: 900, soakS: 60 }

/** From which states an action leads where. */
const actions: Readonly<Record<RolloutAction, { from: readonly RolloutState[]; to: RolloutState }>> = {
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused', 'stopped'], to: 'running' },
  abort: { from: ['running', 'paused', 'stopped'], to: 'aborted' },
}

/** One change for many gateways, in stages. All it knows is in the tables: a restart goes on where it was. */
export class RolloutService implements AsyncDisposable {
  readonly #options: RolloutServiceOptions
  readonly #rollouts: RolloutRepository
  readonly #stop = new AbortController()
  /** What moves a roll-out happens one after the other. */
  readonly #alone = oneAtATime()
  #loop: Promise<void> = Promise.resolve()

  constructor(options: RolloutServiceOptions) {
    this.#options = options
    this.#rollouts = new RolloutRepository(options.db)
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** Throws AppError CONFIG_INVALID with every problem of every gateway; nothing is begun then. */
  async create(draft: RolloutDraft, author: ConfigAuthor, audit: ChangeAudit): Promise<Rollout> {
    const { db, clock, log } = this.#options
    const { change, gateways, comment = '', stages = defaults.stages } = draft
    const { withinS = defaults.withinS, soakS = defaults.soakS } = draft
    audit.note({ target: `${gateways.length} gateways`, after: { change, gateways, comment, stages } })
    const problems: ConfigProblem[] = []
    for (const gateway of gateways) {
      const found = (await this.#planned(db, gateway, change)).problems
      problems.push(...found.map((one) => ({ ...one, path: `${gateway}: ${one.path}`.slice(0, 200) })))
    }
    if (problems.length > 0) throw invalid(problems)
    const row: RolloutRow = {
      ...{ id: randomUUID(), at: clock.now(), comment, state: 'running', reason: null, finished_at: null },
      ...{ username: author.username, display_name: author.displayName, within_s: withinS, soak_s: soakS },
      change_json: JSON.stringify(change),
      stages_json: JSON.stringify(stages),
    }
    const stageOf = stagesOf(gateways.length, stages)
    const rows = gateways.map(
      (gateway, n): RolloutGatewayRow => ({
        ...{ rollout: row.id, gateway, n, stage: stageOf[n] ?? 1, state: 'waiting' },
        ...{ version: null, reason: null, at: null, accepted: 0 },
      }),
    )
    await db.transaction().execute(async (trx) => {
      await new RolloutRepository(trx).add(row, rows)
      audit.note({ target: row.id })
      await audit.write(trx)
    })
    log.info({ rollout: row.id, gateways: gateways.length, by: author.username }, 'roll-out started')
    await this.#alone(() => this.#advance(row))
    return await this.view(row.id)
  }

  async find(id: string): Promise<StoredRollout | undefined> {
    const row = await this.#rollouts.byId(id)
    return row === undefined ? undefined : { row, gateways: await this.#rollouts.gateways([id]) }
  }

  async view(id: string): Promise<Rollout> {
    const found = await this.find(id)
    if (found === undefined) throw new AppError('NOT_FOUND', `there is no roll-out ${id}`)
    return rolloutView(found.row, found.gateways)
  }

  /** The newest first. */
  async list(limit: number, after?: readonly [number, string]): Promise<StoredRollout[]> {
    const rows = await this.#rollouts.list(limit, after)
    const all = await this.#rollouts.gateways(rows.map(({ id }) => id))
    return rows.map((row) => ({ row, gateways: all.filter(({ rollout }) => rollout === row.id) }))
  }

  /** Going on after a stop accepts what failed until then. */
  async act(id: string, action: RolloutAction, audit: ChangeAudit): Promise<Rollout> {
    const { from, to } = actions[action]
    await this.#alone(async () => {
      await this.#options.db.transaction().execute(async (trx) => {
        const rollouts = new RolloutRepository(trx)
        const row = await rollouts.byId(id)
        if (row === undefined) throw new AppError('NOT_FOUND', `there is no roll-out ${id}`)
        const state = row.state as RolloutState
        if (!from.includes(state))
          throw new AppError('CONFLICT', `the roll-out is ${state}; ${action} needs ${from.join(' or ')}`)
        if (action === 'resume') await rollouts.acceptFailures(id)
        const ended = to === 'aborted' ? { finishedAt: this.#options.clock.now() } : {}
        await rollouts.setState(id, to, ended)
        audit.note({ target: id, before: { state }, after: { state: to } })
        await audit.write(trx)
      })
      const row = await this.#rollouts.byId(id)
      if (row !== undefined && to === 'running') await this.#advance(row)
    })
    return await this.view(id)
  }

  /** A gateway said what became of its configuration; it is stored already. */
  async heard(gateway: string, report: ConfigReport): Promise<void> {
    if (report.state === 'applying') return
    const state: RolloutGatewayState = report.state
    await this.#alone(async () => {
      for (const row of await this.#rollouts.open()) {
        const own = (await this.#rollouts.gateways([row.id])).find((one) => one.gateway === gateway)
        if (own?.version !== report.version || !['sent', 'lost'].includes(own.state)) continue
        const reason = [
          report.reason,
          ...(report.problems ?? []).map(({ path, message }) => `${path}: ${message}`),
        ]
          .filter((one) => one !== undefined)
          .join('; ')
        await this.#move(row, gateway, { state, reason: reason === '' ? undefined : reason.slice(0, 500) })
        await this.#advance(row)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await this.#alone(async () => {})
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#stop.signal.aborted) {
      await this.#alone(async () => {
        for (const row of await this.#rollouts.open()) await this.#advance(row)
      }).catch((err: unknown) => log.error({ err }, 'roll-outs not carried on'))
      await clock.sleep(tickMs, this.#stop.signal)
    }
  }

  /** Takes every step that can be taken now. */
  async #advance({ id }: RolloutRow): Promise<void> {
    for (;;) {
      const row = await this.#rollouts.byId(id)
      if (row === undefined) return
      await this.#overtaken(row)
      const all = (await this.#rollouts.gateways([id])).map(progressOf)
      const now = this.#options.clock.now()
      for (const gateway of overdue(all, paceOf(row), now))
        await this.#move(row, gateway, { state: 'lost', reason: `said nothing within ${row.within_s} s` })
      if (row.state !== 'running') return
      const step = nextStep(all, paceOf(row), now)
      if (step.kind === 'wait') return
      await this.#take(row, step)
    }
  }

  async #take(row: RolloutRow, step: Exclude<Step, { kind: 'wait' }>): Promise<void> {
    const { clock, log } = this.#options
    const { id } = row
    switch (step.kind) {
      case 'lost':
        return // marked above
      case 'done':
        await this.#rollouts.setState(id, 'done', { finishedAt: clock.now() })
        log.info({ rollout: id }, 'roll-out done')
        return
      case 'stop': {
        const reason = step.failed.map(({ gateway, state }) => `${gateway} ${state}`).join(', ')
        await this.#rollouts.setState(id, 'stopped', { reason: reason.slice(0, 500) })
        log.warn({ rollout: id, reason }, 'roll-out stopped')
        return
      }
      case 'send':
        for (const gateway of step.gateways) await this.#give(row, gateway)
    }
  }

  /** Version, and that it was given, are stored together. */
  async #give(row: RolloutRow, gateway: string): Promise<void> {
    const { db, configs, clock } = this.#options
    const change = JSON.parse(row.change_json) as ConfigContent
    const author = { username: row.username, displayName: row.display_name }
    const isSent = await db.transaction().execute(async (trx) => {
      const rollouts = new RolloutRepository(trx)
      const { content, problems } = await this.#planned(trx, gateway, change)
      const at = clock.now()
      if (problems.length > 0) {
        const reason = problems.map(({ path, message }) => `${path}: ${message}`).join('; ')
        await rollouts.move(row.id, gateway, { state: 'refused', at, reason: reason.slice(0, 500) })
        return false
      }
      const given = { gateway, content, author, comment: row.comment, rollout: row.id }
      const { row: stored, isNew } = await configs.add(trx, given)
      const report = await new ConfigRepository(trx).report(gateway)
      const runs = !isNew && report?.state === 'running' && report.version === stored.version
      await rollouts.move(row.id, gateway, { state: runs ? 'running' : 'sent', at, version: stored.version })
      return !runs
    })
    if (isSent) await configs.deliver(gateway)
  }

  async #planned(db: Database, gateway: string, change: ConfigContent) {
    const repository = new ConfigRepository(db)
    const own = ownOf(await repository.report(gateway))
    const before = contentOf(await repository.newest(gateway))
    const content = applyChange(baseOfChange(own ?? {}, before, change), change)
    return { content, problems: this.#options.configs.problems(own, content) }
  }

  /** Somebody gave the gateway a newer one meanwhile: what becomes of that is not ours. */
  async #overtaken(row: RolloutRow): Promise<void> {
    const configs = new ConfigRepository(this.#options.db)
    for (const { gateway, version, state } of await this.#rollouts.gateways([row.id])) {
      if (state !== 'sent') continue
      const newest = await configs.newest(gateway)
      if (newest !== undefined && version !== null && newest.version > version)
        await this.#move(row, gateway, {
          state: 'overtaken',
          reason: `version ${newest.version} by ${newest.display_name}`,
        })
    }
  }

  async #move(
    { id }: RolloutRow,
    gateway: string,
    to: { readonly state: RolloutGatewayState; readonly reason?: string | undefined },
  ): Promise<void> {
    await this.#rollouts.move(id, gateway, { ...to, at: this.#options.clock.now() })
    this.#options.log.info({ rollout: id, gateway, ...to }, 'roll-out at a gateway')
  }
}

function invalid(problems: readonly ConfigProblem[]): AppError {
  const text = problems.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return new AppError('CONFIG_INVALID', `nothing was begun: ${text}`.slice(0, 2_000), {
    details: problems.slice(0, 500),
  })
}
