import { expect, test } from 'vitest'
import type { CalendarPart, Period, Timetable } from './calendar.ts'
import { calendarProblems } from './calendar-problems.ts'

const name = { zh: '名' }
const term = (first: string, last: string, id = 't') => ({ id, name, first, last })
const period = (start: string, end: string, id = start.replace(':', '')): Period => ({
  ...{ id, name, kind: 'lesson' },
  ...{ start, end },
})
const table = (more: Partial<Timetable>): Timetable => ({
  ...{ id: 'a', name, weekdays: [1, 2], periods: [] },
  ...more,
})
const exam = (from: string, to: string) => ({ id: 'e', name, from, to, locks: ['bell' as const] })

const wrong: readonly (readonly [CalendarPart, readonly string[]])[] = [
  [{ zone: 'Asia/Peking' }, ['zone']],
  [{ terms: [term('2026-09-01', '2026-08-31')] }, ['terms[0].last']],
  [{ terms: [term('2026-02-30', '2026-13-01')] }, ['terms[0].first', 'terms[0].last']],
  [{ terms: [term('2026-03-01', '2026-07-01'), term('2026-07-01', '2026-08-01', 'u')] }, ['terms[1]']],
  [{ terms: [term('2026-03-01', '2026-07-01'), term('2026-09-01', '2027-01-01')] }, ['terms[1].id']],
  [{ terms: [term('2026-03-01', '2096-07-01')] }, ['terms[0].last']],
  [{ holidays: [{ name: {}, first: '2026-05-01', last: '2026-05-05' }] }, ['holidays[0].name']],
  [
    {
      makeUpDays: [
        { day: '2026-05-09', follows: 1 },
        { day: '2026-05-09', follows: 2 },
      ],
    },
    ['makeUpDays[1].day'],
  ],
  [
    {
      holidays: [{ name, first: '2026-05-01', last: '2026-05-05' }],
      makeUpDays: [{ day: '2026-05-05', follows: 1 }],
    },
    ['makeUpDays[0].day'],
  ],
  [
    {
      timetables: [
        table({ periods: [period('08:00', '08:40'), period('08:39', '09:00'), period('10:00', '10:00')] }),
      ],
    },
    ['timetables[0].periods[1]', 'timetables[0].periods[2].end'],
  ],
  [{ timetables: [table({}), table({ id: 'b', weekdays: [2] })] }, ['timetables[1]']],
  [
    {
      timetables: [
        table({ stages: ['junior', 'senior'] }),
        table({ id: 'b', stages: ['senior'], weekdays: [2] }),
        table({ id: 'c', grades: [12] }),
        table({ id: 'd', grades: [12], weekdays: [1] }),
      ],
    },
    ['timetables[1]', 'timetables[3]'],
  ],
  [{ exams: [exam('2026-06-07T09:00', '2026-06-07T09:00')] }, ['exams[0].to']],
  [{ exams: [exam('2026-06-31T09:00', '2026-07-07T09:00')] }, ['exams[0].from']],
]

test.each(wrong)('%j is refused at its place', (part, paths) => {
  expect(calendarProblems(part).map(({ path }) => path)).toEqual(paths)
})

test('what does not compete stands together', () => {
  const part: CalendarPart = {
    zone: 'Europe/Berlin',
    terms: [term('2026-03-01', '2026-07-01'), term('2026-07-02', '2026-08-01', 'u')],
    timetables: [
      table({ periods: [period('08:00', '08:40'), period('08:40', '24:00')] }),
      table({ id: 'b', weekdays: [3] }),
      table({ id: 'c', stages: ['senior'] }),
      table({ id: 'd', grades: [12] }),
    ],
  }
  expect(calendarProblems(part)).toEqual([])
})
