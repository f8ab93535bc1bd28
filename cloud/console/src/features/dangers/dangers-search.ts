import { type DangerGrade, dangerGrades } from '#contract/dangers.ts'

export const dangerFilters = ['open', 'mine', 'overdue', 'fixed', 'closed', 'all'] as const
export type DangerFilter = (typeof dangerFilters)[number]
export type DangersSearch = {
  show?: DangerFilter
  grade?: DangerGrade
  node?: string
  q?: string
  after?: string
}

/** The filters of the list, as they stand in the address; open ones unless it says otherwise. */
export function dangersSearch({ show, grade, node, q, after }: Record<string, unknown>): DangersSearch {
  const filter = dangerFilters.find((one) => one === show && one !== 'open')
  const grave = dangerGrades.find((one) => one === grade)
  const text = typeof q === 'string' || typeof q === 'number' ? String(q).trim().slice(0, 100) : ''
  return {
    ...(filter === undefined ? {} : { show: filter }),
    ...(grave === undefined ? {} : { grade: grave }),
    ...(typeof node === 'string' && node !== '' ? { node } : {}),
    ...(text === '' ? {} : { q: text }),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
  }
}

export type NewDangerSearch = { alarm?: string; node?: string; title?: string }

/** What an alarm already knows of the danger that is reported from it. */
export function newDangerSearch({ alarm, node, title }: Record<string, unknown>): NewDangerSearch {
  return {
    ...(typeof alarm === 'string' ? { alarm: alarm.slice(0, 200) } : {}),
    ...(typeof node === 'string' ? { node } : {}),
    ...(typeof title === 'string' ? { title: title.slice(0, 200) } : {}),
  }
}
