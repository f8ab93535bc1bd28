/** What the school calendar answers for an instant. No clock inside: everything is told. Pure. */
import type { Calendar, Exam, LockedThing, Period, Timetable } from './calendar.ts'
import type { Stage } from './organisation.ts'
import type { LocalText } from './text.ts'
import { addDays, daysBetween, minuteOf, wallOf, weekdayOf } from './wall-clock.ts'

export const dayKinds = ['school-day', 'make-up', 'weekend', 'holiday', 'vacation'] as const
export type DayKind = (typeof dayKinds)[number]

export type DayFacts = {
  readonly day: string
  readonly kind: DayKind
  /** Id of the term. */
  readonly term?: string
  /** Of the term, from 1. */
  readonly week?: number
  /** Whose timetable counts; absent where there is no school. */
  readonly timetableWeekday?: number
  /** Of the holiday or the make-up day. */
  readonly name?: LocalText
}

/** Whose lessons are meant. */
export type Group = { readonly stage?: Stage | undefined; readonly grade?: number | undefined }

/** What an examination may lock. */
export type ExamQuestion = {
  /** The place with everything above it: a place belongs to what is above it. Absent: anywhere. */
  readonly places?: readonly string[]
  readonly grade?: number | undefined
  readonly thing?: LockedThing
}

export function dayOf(calendar: Calendar, at: number): DayFacts {
  return factsOfDay(calendar, wallOf(calendar.zone, at).day)
}

/**
 * The first that holds: a make-up day in a term; a holiday; a day outside of all terms (a calendar without terms knows no
 * vacation); a weekend; else a school day. So a place makes a day of a holiday from above a working day by naming it.
 */
export function factsOfDay(calendar: Calendar, day: string): DayFacts {
  const { terms, holidays, makeUpDays } = calendar
  const term = terms.find(({ first, last }) => first <= day && day <= last)
  const inTerm = term === undefined ? {} : { term: term.id, week: weekOf(term.first, day) }
  const head = { day, ...inTerm }
  const hasSchool = term !== undefined || terms.length === 0
  const makeUp = hasSchool ? makeUpDays.find((one) => one.day === day) : undefined
  if (makeUp !== undefined)
    return { ...head, kind: 'make-up', timetableWeekday: makeUp.follows, ...named(makeUp.name) }
  const holiday = holidays.find(({ first, last }) => first <= day && day <= last)
  if (holiday !== undefined) return { ...head, kind: 'holiday', ...named(holiday.name) }
  if (!hasSchool) return { ...head, kind: 'vacation' }
  const weekday = weekdayOf(day)
  return weekday >= 6
    ? { ...head, kind: 'weekend' }
    : { ...head, kind: 'school-day', timetableWeekday: weekday }
}

/** The wall clock decides: a period in the hour that is shown twice happens twice, one in a skipped hour not at all. */
export function periodAt(calendar: Calendar, at: number, group: Group = {}): Period | undefined {
  const { day, minute } = wallOf(calendar.zone, at)
  const { timetableWeekday } = factsOfDay(calendar, day)
  const timetable =
    timetableWeekday === undefined ? undefined : timetableOf(calendar, timetableWeekday, group)
  return timetable?.periods.find((period) => isIn(period, minute))
}

/** Whether the group has a lesson; without a group, whether anybody has. */
export function isLesson(calendar: Calendar, at: number, group?: Group): boolean {
  if (group?.stage !== undefined || group?.grade !== undefined)
    return periodAt(calendar, at, group)?.kind === 'lesson'
  const { day, minute } = wallOf(calendar.zone, at)
  const { timetableWeekday } = factsOfDay(calendar, day)
  return calendar.timetables.some(
    ({ weekdays, periods }) =>
      timetableWeekday !== undefined &&
      weekdays.includes(timetableWeekday) &&
      periods.some((period) => period.kind === 'lesson' && isIn(period, minute)),
  )
}

export function isNight(calendar: Calendar, at: number): boolean {
  const { minute } = wallOf(calendar.zone, at)
  const [from, to] = [minuteOf(calendar.night.from), minuteOf(calendar.night.to)]
  return from <= to ? from <= minute && minute < to : minute >= from || minute < to
}

/** Which examinations are on. Who does not say a place or a grade gets those of all of them: a lock errs on the side of silence. */
export function examsAt(calendar: Calendar, at: number, { places, grade, thing }: ExamQuestion = {}): Exam[] {
  const { day, minute } = wallOf(calendar.zone, at)
  const now = wallText(day, minute)
  return calendar.exams.filter(
    (exam) =>
      exam.from <= now &&
      now < exam.to &&
      (thing === undefined || exam.locks.includes(thing)) &&
      (exam.places === undefined ||
        places === undefined ||
        exam.places.some((one) => places.includes(one))) &&
      (exam.grades === undefined || grade === undefined || exam.grades.includes(grade)),
  )
}

export function isExamLock(calendar: Calendar, at: number, question?: ExamQuestion): boolean {
  return examsAt(calendar, at, question).length > 0
}

/** That of the grade, else that of its stage, else everybody's. */
export function timetableOf(
  { timetables }: Calendar,
  weekday: number,
  { stage, grade }: Group,
): Timetable | undefined {
  const ofDay = timetables.filter(({ weekdays }) => weekdays.includes(weekday))
  const wanted = stage ?? (grade === undefined ? undefined : stageOfGrade(grade))
  return (
    ofDay.find(({ grades = [] }) => grade !== undefined && grades.includes(grade)) ??
    ofDay.find(
      ({ stages = [], grades }) => !grades?.length && wanted !== undefined && stages.includes(wanted),
    ) ??
    ofDay.find(isForAll)
  )
}

export function isForAll({ stages = [], grades = [] }: Timetable): boolean {
  return stages.length === 0 && grades.length === 0
}

/** Six years, three and three: the common division; a school that divides 五四 gives its timetables to grades. */
export function stageOfGrade(grade: number): Stage {
  if (grade <= 6) return 'primary'
  return grade <= 9 ? 'junior' : 'senior'
}

/** `2026-06-07T07:00` */
export function wallText(day: string, minute: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${day}T${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

function weekOf(first: string, day: string): number {
  const monday = addDays(first, 1 - weekdayOf(first))
  return Math.floor(daysBetween(monday, day) / 7) + 1
}

function isIn({ start, end }: Period, minute: number): boolean {
  return minuteOf(start) <= minute && minute < minuteOf(end)
}

function named(name: LocalText | undefined): { name?: LocalText } {
  return name === undefined ? {} : { name }
}
