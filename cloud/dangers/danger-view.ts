import type { Access } from '#cloud/access/access.ts'
import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { DangerPhotoRow, DangerRow, DangerStepRow } from '#cloud/state/tables.ts'
import type { Danger, DangerPhoto, DangerStep, Person } from '#contract/api/dangers.ts'
import { type DangerAction, type DangerState, dangerActions } from '#contract/dangers.ts'
import { type Actor, refusalOf } from './judge-action.ts'

/** Rows as the API shows them. Pure. */
export function dangerView(row: DangerRow, actor: Actor, access: Access): Danger {
  return {
    id: row.id,
    node: row.node,
    title: row.title,
    description: row.description,
    category: row.category as Danger['category'],
    ...optional('grade', row.grade as Danger['grade'] | null),
    state: row.state as DangerState,
    ...optional('alarm', row.alarm),
    foundAt: instant(row.found_at),
    foundBy: personOf(row.found_by_json),
    ...optional('assignee', row.assignee_json === null ? null : personOf(row.assignee_json)),
    ...optional('due', row.due),
    ...optional('fixedBy', row.fixed_by_json === null ? null : personOf(row.fixed_by_json)),
    ...optionalInstant('closedAt', row.closed_at),
    overdue: row.overdue,
    can: dangerActions.filter((action: DangerAction) => refusalOf(row, action, actor, access) === undefined),
  }
}

export function stepView(row: DangerStepRow): DangerStep {
  const more = JSON.parse(row.more_json) as Partial<DangerStep>
  return {
    ...more,
    n: row.n,
    at: instant(row.at),
    action: row.action as DangerStep['action'],
    state: row.state as DangerState,
    ...optional('by', row.by_json === null ? null : personOf(row.by_json)),
    note: row.note,
  }
}

export type PhotoRow = Omit<DangerPhotoRow, 'content'> & { readonly bytes: number }

export function photoView(row: PhotoRow): DangerPhoto {
  return {
    id: row.id,
    type: row.type,
    bytes: row.bytes,
    digest: row.digest,
    at: instant(row.at),
    by: personOf(row.by_json),
  }
}

function personOf(json: string): Person {
  return JSON.parse(json) as Person
}
