import type { Access } from '#cloud/access/access.ts'
import type { DangerRow } from '#cloud/state/tables.ts'
import { type DangerAction, type DangerState, nextDangerState, reviewActions } from '#contract/dangers.ts'
import { AppError } from '#contract/errors.ts'

export type Actor = { readonly id: string }

type Judged = Pick<DangerRow, 'id' | 'node' | 'state' | 'assignee' | 'fixed_by'>

/**
 * Why this person may not do this now, or `undefined`. Grading, assigning, inspecting and closing are a lead's; whoever is
 * assigned mends it; nobody inspects his own work. Pure.
 */
export function refusalOf(
  danger: Judged,
  action: DangerAction,
  actor: Actor,
  access: Pick<Access, 'can'>,
): AppError | undefined {
  const needs = reviewActions.includes(action) ? 'dangers.review' : 'dangers.handle'
  const place = { node: danger.node }
  if (!access.can(needs, place))
    return new AppError('FORBIDDEN', `this needs the permission ${needs} at ${danger.node}`)
  if (action === 'fix' && danger.assignee !== actor.id && !access.can('dangers.review', place))
    return new AppError('FORBIDDEN', 'it is assigned to somebody else')
  if ((action === 'pass' || action === 'fail') && danger.fixed_by === actor.id)
    return new AppError('FORBIDDEN', 'whoever mended it does not inspect it: ask another lead')
  if (nextDangerState(danger.state as DangerState, action) === undefined)
    return new AppError('CONFLICT', `a danger that is ${danger.state} can't be changed by ${action}`, {
      details: { state: danger.state },
    })
  return undefined
}
