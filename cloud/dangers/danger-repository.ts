import { type ExpressionBuilder, sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DangerPhotoRow, DangerRow, DangerStepRow, Tables } from '#cloud/state/tables.ts'
import { type DangerState, unfixedStates } from '#contract/dangers.ts'
import type { PhotoRow } from './danger-view.ts'

export type DangerSearch = {
  readonly state?: DangerState | 'open' | 'all' | 'overdue' | { readonly assignee: string } | undefined
  readonly grade?: string | undefined
  /** This place and what is below it. */
  readonly node?: string | undefined
  readonly q?: string | undefined
  /** Only what is at one of these places or below. */
  readonly nodes: readonly string[] | undefined
  readonly today: string
  readonly after?: readonly [due: string, foundAt: number, id: string] | undefined
  readonly limit: number
}

/** Sorts behind every day: who has no due day comes last. */
const noDay = '9999-99-99'
const dueOrLast = sql<string>`coalesce(due, ${noDay})`

/** Hidden dangers. Works on a transaction as well as on the database. */
export class DangerRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async byId(id: string): Promise<DangerRow | undefined> {
    return this.#db.selectFrom('dangers').selectAll().where('id', '=', id).executeTakeFirst()
  }

  async byKey(key: string): Promise<DangerRow | undefined> {
    return this.#db.selectFrom('dangers').selectAll().where('report_key', '=', key).executeTakeFirst()
  }

  async add(row: DangerRow): Promise<void> {
    await this.#db.insertInto('dangers').values(row).execute()
  }

  async change(id: string, values: Partial<DangerRow>): Promise<void> {
    await this.#db.updateTable('dangers').set(values).where('id', '=', id).execute()
  }

  /** The due day first that is first. */
  async search({ after, limit, ...filter }: DangerSearch): Promise<DangerRow[]> {
    let query = this.#db
      .selectFrom('dangers')
      .selectAll()
      .where((eb) => matches(eb, filter))
    if (after !== undefined) {
      const [due, foundAt, id] = after
      query = query.where((eb) =>
        eb.or([
          eb(dueOrLast, '>', due),
          eb.and([eb(dueOrLast, '=', due), eb('found_at', '<', foundAt)]),
          eb.and([eb(dueOrLast, '=', due), eb('found_at', '=', foundAt), eb('id', '>', id)]),
        ]),
      )
    }
    return query.orderBy(dueOrLast).orderBy('found_at', 'desc').orderBy('id').limit(limit).execute()
  }

  /** Those that somebody still has to mend and that were due before today. */
  async late(today: string): Promise<DangerRow[]> {
    return this.#db
      .selectFrom('dangers')
      .selectAll()
      .where('state', 'in', unfixedStates)
      .where('due', '<', today)
      .where('overdue', '<', 2)
      .execute()
  }

  async addStep(step: Omit<DangerStepRow, 'n'>): Promise<void> {
    const last = await this.#db
      .selectFrom('danger_steps')
      .select((eb) => eb.fn.max('n').as('n'))
      .where('danger', '=', step.danger)
      .executeTakeFirst()
    await this.#db
      .insertInto('danger_steps')
      .values({ ...step, n: Number(last?.n ?? 0) + 1 })
      .execute()
  }

  async steps(danger: string): Promise<DangerStepRow[]> {
    return this.#db.selectFrom('danger_steps').selectAll().where('danger', '=', danger).orderBy('n').execute()
  }

  async addPhoto(row: DangerPhotoRow): Promise<void> {
    await this.#db.insertInto('danger_photos').values(row).execute()
  }

  async photos(danger: string): Promise<PhotoRow[]> {
    return this.#db
      .selectFrom('danger_photos')
      .select(['id', 'danger', 'type', 'digest', 'at', 'by_json'])
      .select(sql<number>`length(content)`.as('bytes'))
      .where('danger', '=', danger)
      .orderBy('at')
      .orderBy('id')
      .execute()
  }

  async photo(danger: string, id: string): Promise<DangerPhotoRow | undefined> {
    return this.#db
      .selectFrom('danger_photos')
      .selectAll()
      .where('danger', '=', danger)
      .where('id', '=', id)
      .executeTakeFirst()
  }
}

type Filter = Omit<DangerSearch, 'after' | 'limit'>

function matches(
  eb: ExpressionBuilder<Tables, 'dangers'>,
  { state = 'open', grade, node, q, nodes, today }: Filter,
) {
  return eb.and([
    ...stateMatches(eb, state, today),
    ...(grade === undefined ? [] : [eb('grade', '=', grade)]),
    ...(node === undefined ? [] : [placeIn(eb.ref('node'), [node])]),
    ...(nodes === undefined ? [] : [placeIn(eb.ref('node'), nodes)]),
    ...(q === undefined ? [] : [contains(eb, q)]),
  ])
}

function stateMatches(
  eb: ExpressionBuilder<Tables, 'dangers'>,
  state: NonNullable<DangerSearch['state']>,
  today: string,
) {
  if (state === 'all') return []
  if (state === 'open') return [eb('state', '<>', 'closed')]
  if (state === 'overdue') return [eb('state', 'in', unfixedStates), eb('due', '<', today)]
  if (typeof state === 'object')
    return [eb('state', 'in', unfixedStates), eb('assignee', '=', state.assignee)]
  return [eb('state', '=', state)]
}

function contains(eb: ExpressionBuilder<Tables, 'dangers'>, q: string) {
  const pattern = `%${q.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  const columns = ['title', 'description'] as const
  return eb.or(columns.map((column) => sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`))
}

export function cursorKey(row: DangerRow): [string, number, string] {
  return [row.due ?? noDay, row.found_at, row.id]
}
