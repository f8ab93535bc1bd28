import { expect, test } from 'vitest'
import type { CalendarPart } from './calendar.ts'
import { dayOf } from './calendar-day.ts'
import { mergeCalendars } from './calendar-merge.ts'
import { instantsOf } from './wall-clock.ts'

const national: CalendarPart = {
  holidays: [{ name: { zh: '劳动节' }, first: '2026-05-01', last: '2026-05-05' }],
  makeUpDays: [{ day: '2026-05-09', follows: 2 }],
  terms: [{ id: 'spring', name: { zh: '春' }, first: '2026-03-02', last: '2026-07-03' }],
}
const noon = (day: string) => instantsOf('Asia/Shanghai', day, 720)[0] ?? 0
const kinds = (parts: CalendarPart[]) => {
  const { calendar } = mergeCalendars(parts.map((part, i) => ({ node: `n${i}`, part })))
  return (day: string) => dayOf(calendar, noon(day)).kind
}

test('where nobody said anything, the defaults hold and come from nowhere', () => {
  const { calendar, sources } = mergeCalendars([])
  expect(calendar).toMatchObject({ zone: 'Asia/Shanghai', night: { from: '22:00', to: '06:00' } })
  expect(sources).toEqual({ holidays: [], makeUpDays: [], exams: [] })
})

test('a campus has its own bell times and adds a holiday; the rest comes from above, and it is told from where', () => {
  const timetables = [{ id: 'a', name: { zh: '全校' }, weekdays: [1], periods: [] }]
  const own = [{ name: { zh: '校庆' }, first: '2026-04-15', last: '2026-04-15' }]
  const { calendar, sources } = mergeCalendars([
    { node: 'bureau', part: national },
    { node: 'district', part: {} },
    { node: 'campus', part: { timetables, holidays: own } },
  ])
  expect(calendar.holidays.map(({ first }) => first)).toEqual(['2026-04-15', '2026-05-01'])
  expect(calendar.timetables).toEqual(timetables)
  expect(sources).toEqual({
    ...{ terms: 'bureau', timetables: 'campus' },
    ...{ holidays: ['campus', 'bureau'], makeUpDays: ['bureau'], exams: [] },
  })
})

test('about one day the nearest place decides, whatever is above', () => {
  const name = { zh: '运动会' }
  const off = kinds([national, { holidays: [{ name, first: '2026-05-08', last: '2026-05-09' }] }])
  expect(off('2026-05-09')).toBe('holiday')
  const on = kinds([national, { makeUpDays: [{ day: '2026-05-05', follows: 2 }] }])
  expect([on('2026-05-04'), on('2026-05-05'), on('2026-05-09')]).toEqual(['holiday', 'make-up', 'make-up'])
})

test('an empty list of its own is a list: no terms here, whatever is above', () => {
  expect(kinds([national])('2026-07-15')).toBe('vacation')
  expect(kinds([national, { terms: [] }])('2026-07-15')).toBe('school-day')
})

test('an examination with the same id replaces that from above', () => {
  const exam = { id: 'final', name: { zh: '期末' }, locks: ['bell' as const] }
  const { calendar, sources } = mergeCalendars([
    { node: 'bureau', part: { exams: [{ ...exam, from: '2026-06-20T08:00', to: '2026-06-20T10:00' }] } },
    { node: 'campus', part: { exams: [{ ...exam, from: '2026-06-21T08:00', to: '2026-06-21T10:00' }] } },
  ])
  expect(calendar.exams.map(({ from }) => from)).toEqual(['2026-06-21T08:00'])
  expect(sources.exams).toEqual(['campus'])
})
