import { placeIn } from '#cloud/access/scope.ts'
import { instant, type Range } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DangerRow } from '#cloud/state/tables.ts'
import type { DangerSummary } from '#contract/api/dangers.ts'
import { type DangerState, unfixedStates } from '#contract/dangers.ts'
import { siteDayOf } from '#contract/site-day.ts'

export type SummaryRow = Pick<DangerRow, 'grade' | 'state' | 'found_at' | 'closed_at' | 'due'>

/** The figures of a place and of what is below it. */
export async function readSummary(
  db: Database,
  where: { readonly node?: string | undefined; readonly nodes: readonly string[] | undefined },
  range: Range,
  today: string,
): Promise<DangerSummary> {
  let query = db.selectFrom('dangers').select(['grade', 'state', 'found_at', 'closed_at', 'due'])
  const { node, nodes } = where
  if (node !== undefined) query = query.where((eb) => placeIn(eb.ref('node'), [node]))
  if (nodes !== undefined) query = query.where((eb) => placeIn(eb.ref('node'), nodes))
  return summaryOf(await query.execute(), range, today)
}

/** Pure. */
export function summaryOf(rows: readonly SummaryRow[], { from, to }: Range, today: string): DangerSummary {
  const open = rows.filter(({ state }) => state !== 'closed')
  const isUnfixed = ({ state }: SummaryRow) => unfixedStates.includes(state as DangerState)
  const within = (at: number | null) => at !== null && at >= from && at < to
  const [firstDay, lastDay] = [siteDayOf(from), siteDayOf(to - 1)]
  const due = rows.filter((row) => row.due !== null && row.due >= firstDay && row.due <= lastDay)
  const closedOfDue = due.filter(({ closed_at }) => closed_at !== null)
  const graded = (grade: string | null) => open.filter((row) => row.grade === grade).length
  return {
    ...{ from: instant(from), to: instant(to) },
    open: open.length,
    overdue: rows.filter((row) => isUnfixed(row) && row.due !== null && row.due < today).length,
    byGrade: { general: graded('general'), major: graded('major'), ungraded: graded(null) },
    found: rows.filter(({ found_at }) => within(found_at)).length,
    closed: rows.filter(({ closed_at }) => within(closed_at)).length,
    due: due.length,
    closedOfDue: closedOfDue.length,
    closedInTime: closedOfDue.filter((row) => siteDayOf(row.closed_at ?? 0) <= (row.due ?? '')).length,
  }
}
