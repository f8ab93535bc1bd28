/**
 * Hidden dangers (事故隐患) and their life: found, graded, assigned with a due day, fixed with a picture, inspected again by
 * somebody else, closed. Two grades, as 安全生产法 and the 教育系统重大事故隐患判定指南 (Ministry of Education, 2024-06-24) know
 * them; which danger is a major one is a person's judgement by that guide.
 */
export const dangerGrades = ['general', 'major'] as const
export type DangerGrade = (typeof dangerGrades)[number]

export const dangerStates = ['found', 'graded', 'assigned', 'fixed', 'rechecked', 'closed'] as const
export type DangerState = (typeof dangerStates)[number]

/** What a danger is about: the chapters of the guide, and `other`. */
export const dangerCategories = [
  'fire',
  'buildings',
  'food',
  'laboratory',
  'traffic',
  'electricity',
  'gas',
  'equipment',
  'other',
] as const
export type DangerCategory = (typeof dangerCategories)[number]

export const dangerActions = ['grade', 'assign', 'fix', 'pass', 'fail', 'close', 'reopen', 'comment'] as const
export type DangerAction = (typeof dangerActions)[number]

/** Where an action leads from where; what is not listed is refused. `comment` leads nowhere. */
export const dangerMoves: Readonly<
  Record<Exclude<DangerAction, 'comment'>, Partial<Record<DangerState, DangerState>>>
> = {
  grade: { found: 'graded', graded: 'graded' },
  // Once more: to somebody else, or for another day.
  assign: { graded: 'assigned', assigned: 'assigned' },
  fix: { assigned: 'fixed' },
  pass: { fixed: 'rechecked' },
  fail: { fixed: 'assigned' },
  close: { rechecked: 'closed' },
  reopen: { rechecked: 'found', closed: 'found' },
}

/** Those that need the judgement of a lead; the others belong to whoever handles dangers. */
export const reviewActions: readonly DangerAction[] = ['grade', 'assign', 'pass', 'fail', 'close', 'reopen']

export function nextDangerState(state: DangerState, action: DangerAction): DangerState | undefined {
  return action === 'comment' ? state : dangerMoves[action][state]
}

/** States in which somebody still has to mend it. */
export const unfixedStates: readonly DangerState[] = ['found', 'graded', 'assigned']
