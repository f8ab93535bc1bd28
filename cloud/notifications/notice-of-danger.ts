import type { Role } from '#contract/permissions.ts'
import type { Notice } from './notice.ts'

/** A hidden danger that is not mended in time. */
export type LateDanger = {
  readonly id: string
  readonly title: string
  readonly node: string
  /** `2026-11-27` */
  readonly due: string | null
}

const school: readonly Role[] = ['admin', 'lead', 'facilities', 'guard']

/** Level 1 is for the school, level 2 for the district as well. Pure. */
export function noticeOfDanger({ id, title, node, due }: LateDanger, level: 1 | 2, now: number): Notice {
  return {
    key: `danger.overdue:${id}:${level}`,
    kind: 'danger.overdue',
    code: 'danger.overdue',
    priority: level === 2 ? 2 : 3,
    params: { title, ...(due === null ? {} : { due }) },
    node,
    link: `/dangers/${id}`,
    to: { roles: level === 2 ? [...school, 'bureau'] : school },
    at: now,
  }
}
