import { placeIn, placeOfDevice } from '#cloud/access/scope.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { CommandResultRow, CommandRow, CommandStepRow } from '#cloud/state/tables.ts'
import type { CataloguePoint, WritableAs } from '#contract/catalogue.ts'
import { type CommandState, finalCommandStates } from '#contract/command.ts'
import type { CheckedPoint } from './check-command.ts'
import { goesOn, isFinal, type Standing } from './lifecycle.ts'

export type PointKey = { readonly gateway: string; readonly device: string; readonly point: string }

/** A state that a command may go to, with what is known about it. */
export type Move = Standing & {
  readonly at: number
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly verified?: boolean | undefined
  /** JSON of the value. */
  readonly readBack?: string | undefined
  readonly reason?: { readonly zh?: string | undefined; readonly en?: string | undefined } | undefined
}

export type StoredCommand = { readonly row: CommandRow; readonly steps: readonly CommandStepRow[] }

export type CommandSearch = {
  readonly gateway?: string | undefined
  readonly device?: string | undefined
  readonly point?: string | undefined
  readonly state?: CommandState | 'open' | undefined
  /** Only of what stands at one of these places or below. */
  readonly nodes?: readonly string[] | undefined
  readonly after?: readonly [createdAt: number, id: string] | undefined
  readonly limit: number
}

const prunePortion = 500
const openStates = ['queued', 'sent', 'accepted'] as const

/** Commands and their steps. */
export class CommandRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** A present point of a gateway's catalogue. */
  async point({ gateway, device, point }: PointKey): Promise<CheckedPoint | undefined> {
    const row = await this.#db
      .selectFrom('points')
      .select(['kind', 'unit', 'writable_json'])
      .where('gateway', '=', gateway)
      .where('device', '=', device)
      .where('id', '=', point)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const writable = row.writable_json === null ? undefined : (JSON.parse(row.writable_json) as WritableAs)
    return {
      id: `${gateway}/${device}/${point}`,
      kind: row.kind as CataloguePoint['kind'],
      unit: row.unit,
      writable,
    }
  }

  async clockOffsetMs(gateway: string): Promise<number> {
    const row = await this.#db
      .selectFrom('gateways')
      .select('clock_offset_ms')
      .where('id', '=', gateway)
      .executeTakeFirst()
    return row?.clock_offset_ms ?? 0
  }

  /** Stores a new command in its first state. False when this person has used the key before: nothing changed. */
  async add(row: CommandRow, audit: ChangeAudit): Promise<boolean> {
    return await this.#db.transaction().execute(async (trx) => {
      const { numInsertedOrUpdatedRows = 0n } = await trx
        .insertInto('commands')
        .values(row)
        .onConflict((conflict) => conflict.columns(['user_id', 'key']).doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows === 0n) return false
      const first = { command: row.id, n: 1, state: row.state, at: row.created_at, code: null, message: null }
      await trx.insertInto('command_steps').values(first).execute()
      await audit.write(trx)
      return true
    })
  }

  /** Moves a command on where `goesOn` says so. `undefined` when it stays where it is or is not known. */
  async move(id: string, move: Move): Promise<StoredCommand | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      const before = await rowOf(trx, id)
      if (before === undefined || !goesOn(standingOf(before), move)) return undefined
      const last = await trx
        .selectFrom('command_steps')
        .select(({ fn }) => [fn.max('n').as('n'), fn.max('at').as('at')])
        .where('command', '=', id)
        .executeTakeFirstOrThrow()
      // Two clocks tell the times, and what is known of their difference is some milliseconds off.
      const moved = { ...move, at: Math.max(move.at, Number(last.at)) }
      await trx.updateTable('commands').set(columnsOf(moved)).where('id', '=', id).execute()
      const { state, at, code = null, message = null } = moved
      await trx
        .insertInto('command_steps')
        .values({ command: id, n: Number(last.n) + 1, state, at, code, message })
        .execute()
      return await stored(trx, id)
    })
  }

  async byId(id: string): Promise<StoredCommand | undefined> {
    return await stored(this.#db, id)
  }

  async byKey(userId: string, key: string): Promise<StoredCommand | undefined> {
    const found = await this.#db
      .selectFrom('commands')
      .select('id')
      .where('user_id', '=', userId)
      .where('key', '=', key)
      .executeTakeFirst()
    return found === undefined ? undefined : await this.byId(found.id)
  }

  /** Commands without an end, of one gateway or of all, oldest first. */
  async open(gateway?: string): Promise<CommandRow[]> {
    let query = this.#db.selectFrom('commands').selectAll().where('state', 'in', openStates)
    if (gateway !== undefined) query = query.where('gateway', '=', gateway)
    return await query.orderBy('created_at').orderBy('id').execute()
  }

  /** What gateways said about commands and what did not come into their state, for example because the cloud was killed. */
  async unheard(): Promise<CommandResultRow[]> {
    return await this.#db
      .selectFrom('command_results')
      .innerJoin('commands', (join) =>
        join
          .onRef('commands.id', '=', 'command_results.id')
          .onRef('commands.gateway', '=', 'command_results.gateway'),
      )
      .selectAll('command_results')
      .where(({ eb, or, and }) =>
        or([
          eb('commands.state', 'in', openStates),
          and([
            eb('commands.decided_by', '=', 'cloud'),
            eb('command_results.state', 'in', finalCommandStates),
          ]),
        ]),
      )
      .execute()
  }

  /** Newest first. */
  async search({
    gateway,
    device,
    point,
    state,
    nodes,
    after,
    limit,
  }: CommandSearch): Promise<StoredCommand[]> {
    let query = this.#db.selectFrom('commands').selectAll()
    if (gateway !== undefined) query = query.where('gateway', '=', gateway)
    if (device !== undefined) query = query.where('device', '=', device)
    if (point !== undefined) query = query.where('point', '=', point)
    if (nodes !== undefined)
      query = query.where(placeIn(placeOfDevice('commands.gateway', 'commands.device'), nodes))
    if (state === 'open') query = query.where('state', 'in', openStates)
    else if (state !== undefined) query = query.where('state', '=', state)
    if (after !== undefined) {
      const [at, id] = after
      query = query.where((eb) =>
        eb.or([eb('created_at', '<', at), eb.and([eb('created_at', '=', at), eb('id', '>', id)])]),
      )
    }
    const rows = await query.orderBy('created_at', 'desc').orderBy('id').limit(limit).execute()
    return await this.#withSteps(rows)
  }

  /** Deletes what came to its end before `before`, a portion at a time: others want the store meanwhile. */
  async prune(before: number): Promise<number> {
    for (let deleted = 0; ; ) {
      const portion = await this.#db.transaction().execute((trx) => deletePortion(trx, before))
      deleted += portion
      if (portion < prunePortion) return deleted
    }
  }

  async #withSteps(rows: readonly CommandRow[]): Promise<StoredCommand[]> {
    if (rows.length === 0) return []
    const steps = await this.#db
      .selectFrom('command_steps')
      .selectAll()
      .where(
        'command',
        'in',
        rows.map(({ id }) => id),
      )
      .orderBy('n')
      .execute()
    const byCommand = Map.groupBy(steps, ({ command }) => command)
    return rows.map((row) => ({ row, steps: byCommand.get(row.id) ?? [] }))
  }
}

export function standingOf(row: Pick<CommandRow, 'state' | 'waiting_for' | 'decided_by'>): Standing {
  return {
    state: row.state as CommandState,
    waitingFor: (row.waiting_for as Standing['waitingFor'] | null) ?? undefined,
    decidedBy: (row.decided_by as Standing['decidedBy'] | null) ?? undefined,
  }
}

function columnsOf({ state, waitingFor, decidedBy, at, ...rest }: Move): Partial<CommandRow> {
  return {
    state,
    waiting_for: waitingFor ?? null,
    decided_by: isFinal(state) ? (decidedBy ?? null) : null,
    finished_at: isFinal(state) ? at : null,
    verified: rest.verified === undefined ? null : Number(rest.verified),
    read_back_json: rest.readBack ?? null,
    code: rest.code ?? null,
    message: rest.message ?? null,
    reason_zh: rest.reason?.zh ?? null,
    reason_en: rest.reason?.en ?? null,
  }
}

async function rowOf(db: Database, id: string): Promise<CommandRow | undefined> {
  return await db.selectFrom('commands').selectAll().where('id', '=', id).executeTakeFirst()
}

async function stored(db: Database, id: string): Promise<StoredCommand | undefined> {
  const row = await rowOf(db, id)
  if (row === undefined) return undefined
  const steps = await db
    .selectFrom('command_steps')
    .selectAll()
    .where('command', '=', id)
    .orderBy('n')
    .execute()
  return { row, steps }
}

async function deletePortion(trx: Database, before: number): Promise<number> {
  const rows = await trx
    .selectFrom('commands')
    .select(['id', 'gateway'])
    .where('finished_at', '<', before)
    .limit(prunePortion)
    .execute()
  if (rows.length === 0) return 0
  const ids = rows.map(({ id }) => id)
  await trx.deleteFrom('command_steps').where('command', 'in', ids).execute()
  await trx
    .deleteFrom('command_results')
    .where('gateway', 'in', [...new Set(rows.map(({ gateway }) => gateway))])
    .where('id', 'in', ids)
    .execute()
  await trx.deleteFrom('commands').where('id', 'in', ids).execute()
  return rows.length
}
