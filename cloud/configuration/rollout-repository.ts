import type { Database } from '#cloud/state/database.ts'
import type { RolloutGatewayRow, RolloutRow } from '#cloud/state/tables.ts'
import type { RolloutGatewayState, RolloutState } from '#contract/api/configuration.ts'

const columns = [
  'id',
  'at',
  'username',
  'display_name',
  'comment',
  'change_json',
  'stages_json',
  'within_s',
  'soak_s',
  'state',
  'reason',
  'finished_at',
] as const satisfies readonly (keyof RolloutRow)[]
const gatewayColumns = [
  'rollout',
  'gateway',
  'n',
  'stage',
  'state',
  'version',
  'reason',
  'at',
  'accepted',
] as const satisfies readonly (keyof RolloutGatewayRow)[]

export type RolloutMove = {
  readonly state: RolloutGatewayState
  readonly at: number
  readonly version?: number
  readonly reason?: string | undefined
}

/** Works on a transaction as well as on the database. */
export class RolloutRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async add(rollout: RolloutRow, gateways: readonly RolloutGatewayRow[]): Promise<void> {
    await this.#db.insertInto('rollouts').values(rollout).execute()
    for (let i = 0; i < gateways.length; i += 100)
      await this.#db
        .insertInto('rollout_gateways')
        .values(gateways.slice(i, i + 100))
        .execute()
  }

  async byId(id: string): Promise<RolloutRow | undefined> {
    return this.#db.selectFrom('rollouts').select(columns).where('id', '=', id).executeTakeFirst()
  }

  /** The newest first, after the key `after`. */
  async list(limit: number, after?: readonly [number, string]): Promise<RolloutRow[]> {
    let query = this.#db
      .selectFrom('rollouts')
      .select(columns)
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
    if (after !== undefined) {
      const [at, id] = after
      query = query.where(({ eb, or, and }) =>
        or([eb('at', '<', at), and([eb('at', '=', at), eb('id', '<', id)])]),
      )
    }
    return query.execute()
  }

  /** Those that have no end yet. */
  async open(): Promise<RolloutRow[]> {
    return this.#db
      .selectFrom('rollouts')
      .select(columns)
      .where('state', 'in', ['running', 'paused', 'stopped'])
      .orderBy('at')
      .execute()
  }

  async gateways(rollouts: readonly string[]): Promise<RolloutGatewayRow[]> {
    if (rollouts.length === 0) return []
    return this.#db
      .selectFrom('rollout_gateways')
      .select(gatewayColumns)
      .where('rollout', 'in', [...rollouts])
      .orderBy('n')
      .execute()
  }

  async setState(
    id: string,
    state: RolloutState,
    more: { reason?: string; finishedAt?: number } = {},
  ): Promise<void> {
    await this.#db
      .updateTable('rollouts')
      .set({ state, reason: more.reason ?? null, finished_at: more.finishedAt ?? null })
      .where('id', '=', id)
      .execute()
  }

  async move(rollout: string, gateway: string, { state, at, version, reason }: RolloutMove): Promise<void> {
    await this.#db
      .updateTable('rollout_gateways')
      .set({ state, at, reason: reason ?? null, ...(version === undefined ? {} : { version }) })
      .where('rollout', '=', rollout)
      .where('gateway', '=', gateway)
      .execute()
  }

  /** A person goes on although these failed. */
  async acceptFailures(rollout: string): Promise<void> {
    await this.#db
      .updateTable('rollout_gateways')
      .set({ accepted: 1 })
      .where('rollout', '=', rollout)
      .where('state', 'in', ['refused', 'rolled-back', 'lost'])
      .execute()
  }
}
