import type { DangerGrade, DangerState } from '#contract/dangers.ts'
import { unfixedStates } from '#contract/dangers.ts'
import { addSiteDays } from '#contract/site-day.ts'

export type Late = {
  readonly state: DangerState
  readonly grade: DangerGrade | undefined
  readonly due: string | undefined
}

/**
 * Who has to know by now: 0 nobody, 1 the school's lead, 2 the district. It is late on the day after the due day; a major one
 * goes to the district at once (安全生产法 Art. 41: major ones are reported to the authority), others after some days. Pure.
 */
export function overdueLevel(
  { state, grade, due }: Late,
  today: string,
  districtAfterDays: number,
): 0 | 1 | 2 {
  if (due === undefined || !unfixedStates.includes(state) || today <= due) return 0
  if (grade === 'major') return 2
  return today > addSiteDays(due, districtAfterDays) ? 2 : 1
}
