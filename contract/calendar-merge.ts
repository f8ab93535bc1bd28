/** What holds at a place: its own part over those above it. Pure. */
import {
  type Calendar,
  type CalendarPart,
  type Exam,
  emptyCalendar,
  type Holiday,
  type MakeUpDay,
} from './calendar.ts'

/** What a place says, from the top of the tree downwards. */
export type PlacedPart = { readonly node: string; readonly part: CalendarPart }

/** Where each thing was said; absent: nowhere, it is the default. */
export type CalendarSources = {
  readonly zone?: string
  readonly terms?: string
  readonly timetables?: string
  readonly night?: string
  /** One for each entry of the list. */
  readonly holidays: readonly string[]
  readonly makeUpDays: readonly string[]
  readonly exams: readonly string[]
}

export type MergedCalendar = { readonly calendar: Calendar; readonly sources: CalendarSources }

type From<T> = { readonly node: string; readonly entry: T }
const whole = ['zone', 'terms', 'timetables', 'night'] as const

/**
 * Zone, terms, timetables and night are those of the nearest place that has its own. Holidays, make-up days and examinations are
 * added up; about one day the nearest place decides: its holiday takes a make-up day from above away, and the other way round.
 */
export function mergeCalendars(parts: readonly PlacedPart[]): MergedCalendar {
  let calendar: Calendar = emptyCalendar
  const sources: Partial<Record<(typeof whole)[number], string>> = {}
  let holidays: From<Holiday>[] = []
  let makeUpDays: From<MakeUpDay>[] = []
  let exams: From<Exam>[] = []
  for (const { node, part } of parts) {
    for (const section of whole) {
      if (part[section] === undefined) continue
      calendar = { ...calendar, [section]: part[section] }
      sources[section] = node
    }
    const from = <T>(entries: readonly T[] = []) => entries.map((entry) => ({ node, entry }))
    makeUpDays = [
      ...from(part.makeUpDays),
      ...makeUpDays.filter(
        ({ entry: { day } }) =>
          part.makeUpDays?.some((own) => own.day === day) !== true &&
          part.holidays?.some(({ first, last }) => first <= day && day <= last) !== true,
      ),
    ]
    // The nearest first: `dayOf` takes the first that holds.
    holidays = [...from(part.holidays), ...holidays]
    exams = [
      ...from(part.exams),
      ...exams.filter(({ entry }) => !part.exams?.some(({ id }) => id === entry.id)),
    ]
  }
  const entriesOf = <T>(list: readonly From<T>[]) => list.map(({ entry }) => entry)
  const nodesOf = (list: readonly From<unknown>[]) => list.map(({ node }) => node)
  return {
    calendar: {
      ...calendar,
      ...{ holidays: entriesOf(holidays), makeUpDays: entriesOf(makeUpDays), exams: entriesOf(exams) },
    },
    sources: {
      ...sources,
      ...{ holidays: nodesOf(holidays), makeUpDays: nodesOf(makeUpDays), exams: nodesOf(exams) },
    },
  }
}
