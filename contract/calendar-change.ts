/** When the school calendar will answer differently, so that nobody has to ask it every second. Pure. */
import type { Calendar } from './calendar.ts'
import { dayOf, examsAt, isNight } from './calendar-day.ts'
import { addDays, instantsOf, minuteOf, nextJump, wallOf } from './wall-clock.ts'

const dayMs = 86_400_000
/** A vacation without nights is not longer than a year. */
const horizonDays = 400

/** The first instant after `at` at which one of the answers differs; `undefined` when none does for more than a year. */
export function nextChange(calendar: Calendar, at: number): number | undefined {
  const { zone } = calendar
  const now = answersAt(calendar, at)
  const today = wallOf(zone, at).day
  // Yesterday as well: a clock that is set back over midnight shows it again.
  for (let ahead = -1; ahead <= horizonDays; ahead++) {
    const day = addDays(today, ahead)
    const candidates = [...minutesOf(calendar, day)].flatMap((minute) => instantsOf(zone, day, minute))
    const noon = Date.parse(`${day}T12:00:00.000Z`)
    const jump = nextJump(zone, noon - 1.5 * dayMs, noon + 1.5 * dayMs)
    // With the day that it leads to: found from the day before, it would come before what is earlier.
    if (jump !== undefined && wallOf(zone, jump).day === day) candidates.push(jump)
    for (const one of candidates.sort((a, b) => a - b))
      if (one > at && answersAt(calendar, one) !== now) return one
  }
  return undefined
}

/** Everything that is answered, as one text. Of the day only what it is: that tomorrow is another day is no change. */
export function answersAt(calendar: Calendar, at: number): string {
  const { day, ...facts } = dayOf(calendar, at)
  const { minute } = wallOf(calendar.zone, at)
  const { timetableWeekday } = facts
  const periods = calendar.timetables.map(({ weekdays, periods }) =>
    timetableWeekday !== undefined && weekdays.includes(timetableWeekday)
      ? periods.findIndex(({ start, end }) => minuteOf(start) <= minute && minute < minuteOf(end))
      : -1,
  )
  const exams = examsAt(calendar, at).map(({ id }) => id)
  return JSON.stringify([facts, periods, exams, isNight(calendar, at)])
}

function minutesOf({ timetables, exams, night }: Calendar, day: string): Set<number> {
  const times = [
    ...[night.from, night.to],
    ...timetables.flatMap(({ periods }) => periods.flatMap(({ start, end }) => [start, end])),
    ...exams
      .flatMap(({ from, to }) => [from, to])
      .flatMap((one) => (one.startsWith(day) ? [one.slice(11)] : [])),
  ]
  return new Set([0, ...times.map(minuteOf)])
}
