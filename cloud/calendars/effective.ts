import { createHash } from 'node:crypto'
import type { Calendar, CalendarPart } from '#contract/calendar.ts'
import { type CalendarSources, mergeCalendars } from '#contract/calendar-merge.ts'
import type { WayRow } from './calendar-repository.ts'

export type Effective = {
  readonly calendar: Calendar
  readonly sources: CalendarSources
  /** Absent where nobody says anything. */
  readonly version: string | undefined
}

/** What holds at the end of a way through the tree. Pure. */
export function effectiveOf(way: readonly Pick<WayRow, 'id' | 'part_json'>[]): Effective {
  const parts = way.flatMap(({ id, part_json }) =>
    part_json === null ? [] : [{ node: id, part: JSON.parse(part_json) as CalendarPart }],
  )
  const { calendar, sources } = mergeCalendars(parts)
  return { calendar, sources, version: parts.length === 0 ? undefined : versionOf(calendar) }
}

/** Equal calendars have one name, wherever their parts come from. Pure. */
export function versionOf(calendar: Calendar | null): string {
  return createHash('sha256').update(JSON.stringify(calendar)).digest('hex').slice(0, 16)
}
