/** What is wrong with a part of a calendar beyond its form, every problem with its path. Pure. */
import type { CalendarPart, Exam, Holiday, MakeUpDay, Term, Timetable } from './calendar.ts'
import { isForAll } from './calendar-day.ts'
import { addDays, isDay, isZone, minuteOf } from './wall-clock.ts'

export type CalendarProblem = { readonly path: string; readonly message: string }

const maxDays = 1_000

export function calendarProblems(part: CalendarPart): CalendarProblem[] {
  const { zone, terms = [], holidays = [], makeUpDays = [], timetables = [], exams = [] } = part
  return [
    ...(zone === undefined || isZone(zone) ? [] : [{ path: 'zone', message: `${zone} is no time zone` }]),
    ...twice('terms', terms),
    ...twice('timetables', timetables),
    ...twice('exams', exams),
    ...nameless('terms', terms),
    ...nameless('holidays', holidays),
    ...nameless('timetables', timetables),
    ...nameless('exams', exams),
    ...rangeProblems('terms', terms),
    ...rangeProblems('holidays', holidays),
    ...makeUpProblems(makeUpDays, holidays),
    ...timetables.flatMap((one, index) => periodProblems(one, `timetables[${index}]`)),
    ...doubleTimetables(timetables),
    ...exams.flatMap((one, index) => examProblems(one, `exams[${index}]`)),
  ]
}

function twice(path: string, entries: readonly { readonly id: string }[]): CalendarProblem[] {
  const ids = entries.map(({ id }) => id)
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index ? [] : [{ path: `${path}[${index}].id`, message: `${id} is there twice` }],
  )
}

type Named = { readonly name: { readonly zh?: string; readonly en?: string } }

function nameless(path: string, entries: readonly Named[]): CalendarProblem[] {
  return entries.flatMap(({ name }, index) =>
    (name.zh ?? name.en ?? '').trim() === ''
      ? [{ path: `${path}[${index}].name`, message: 'has no text in any language' }]
      : [],
  )
}

function rangeProblems(path: string, entries: readonly (Term | Holiday)[]): CalendarProblem[] {
  return entries.flatMap(({ first, last }, index) => {
    const at = `${path}[${index}]`
    const unreal = [...noDay(`${at}.first`, first), ...noDay(`${at}.last`, last)]
    if (unreal.length > 0) return unreal
    if (last < first) return [{ path: `${at}.last`, message: `${last} is before ${first}` }]
    if (last > addDays(first, maxDays)) return [{ path: `${at}.last`, message: `more than ${maxDays} days` }]
    const other = entries.findIndex((one, i) => i < index && one.first <= last && first <= one.last)
    return other === -1 ? [] : [{ path: at, message: `has days in common with ${path}[${other}]` }]
  })
}

function makeUpProblems(days: readonly MakeUpDay[], holidays: readonly Holiday[]): CalendarProblem[] {
  return days.flatMap(({ day }, index) => {
    const path = `makeUpDays[${index}].day`
    const unreal = noDay(path, day)
    if (unreal.length > 0) return unreal
    if (days.findIndex((one) => one.day === day) < index) return [{ path, message: `${day} is there twice` }]
    const holiday = holidays.findIndex(({ first, last }) => first <= day && day <= last)
    return holiday === -1 ? [] : [{ path, message: `${day} is a day of holidays[${holiday}] as well` }]
  })
}

function periodProblems({ periods }: Timetable, at: string): CalendarProblem[] {
  const problems = twice(`${at}.periods`, periods)
  periods.forEach(({ start, end }, index) => {
    const path = `${at}.periods[${index}]`
    if (minuteOf(end) <= minuteOf(start))
      problems.push({ path: `${path}.end`, message: `${end} is not after ${start}` })
    const other = periods.findIndex((one, i) => i < index && one.start < end && start < one.end)
    if (other !== -1) problems.push({ path, message: `happens at the same time as ${at}.periods[${other}]` })
  })
  return [...problems, ...nameless(`${at}.periods`, periods)]
}

/** Two for the same people on the same weekday: nobody could say which counts. */
function doubleTimetables(timetables: readonly Timetable[]): CalendarProblem[] {
  return timetables.flatMap((one, index) => {
    const other = timetables.findIndex((before, i) => i < index && isSameGroup(before, one))
    return other === -1
      ? []
      : [
          {
            path: `timetables[${index}]`,
            message: `is for the same people and weekday as timetables[${other}]`,
          },
        ]
  })
}

function isSameGroup(a: Timetable, b: Timetable): boolean {
  if (!a.weekdays.some((day) => b.weekdays.includes(day))) return false
  if (isForAll(a) || isForAll(b)) return isForAll(a) && isForAll(b)
  const [ofGrades, ofOther] = [a.grades ?? [], b.grades ?? []]
  // The timetable of a grade goes before that of its stage: the two do not compete.
  if (ofGrades.length > 0 || ofOther.length > 0) return ofGrades.some((grade) => ofOther.includes(grade))
  return (a.stages ?? []).some((stage) => b.stages?.includes(stage))
}

function examProblems({ from, to }: Exam, at: string): CalendarProblem[] {
  const unreal = [...noDay(`${at}.from`, from.slice(0, 10)), ...noDay(`${at}.to`, to.slice(0, 10))]
  if (unreal.length > 0) return unreal
  return from < to ? [] : [{ path: `${at}.to`, message: `${to} is not after ${from}` }]
}

function noDay(path: string, day: string): CalendarProblem[] {
  return isDay(day) ? [] : [{ path, message: `${day} is no day` }]
}
