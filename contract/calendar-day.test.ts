import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Calendar, emptyCalendar, type Period } from './calendar.ts'
import { answersAt, nextChange } from './calendar-change.ts'
import { dayKinds, dayOf, examsAt, isExamLock, isLesson, isNight, periodAt } from './calendar-day.ts'
import holidays2026 from './calendar-samples/holidays-2026.json' with { type: 'json' }
import { instantsOf, minuteOf, wallOf } from './wall-clock.ts'

const minuteMs = 60_000
const period = (id: string, start: string, end: string, kind: Period['kind'] = 'lesson'): Period => ({
  ...{ id, start, end, kind },
  name: { zh: id },
})
const { holidays, makeUpDays } = holidays2026

const school: Calendar = {
  ...emptyCalendar,
  terms: [
    { id: 'spring', name: { zh: '2025–2026学年第二学期' }, first: '2026-03-02', last: '2026-07-03' },
    { id: 'autumn', name: { zh: '2026–2027学年第一学期' }, first: '2026-09-01', last: '2027-01-22' },
  ],
  ...{ holidays, makeUpDays },
  timetables: [
    {
      ...{ id: 'all', name: { zh: '全校' }, weekdays: [1, 2, 3, 4, 5] },
      periods: [
        period('p1', '08:00', '08:40'),
        period('b1', '08:40', '08:50', 'break'),
        period('p2', '08:50', '09:30'),
      ],
    },
    {
      ...{ id: 'senior', name: { zh: '高中' }, stages: ['senior'], weekdays: [1, 2, 3, 4] },
      periods: [period('early', '07:00', '07:40', 'self-study'), period('p1', '07:50', '08:35')],
    },
    {
      ...{ id: 'grade-12', name: { zh: '高三' }, grades: [12], weekdays: [1] },
      periods: [period('p1', '07:30', '08:15')],
    },
  ],
  exams: [
    {
      ...{ id: 'gaokao', name: { zh: '高考' }, from: '2026-06-07T07:00', to: '2026-06-09T18:00' },
      ...{ places: ['building-1'], locks: ['lighting', 'bell'] },
    },
    {
      ...{ id: 'mock', name: { zh: '模拟考试' }, from: '2026-05-12T08:00', to: '2026-05-12T11:00' },
      ...{ grades: [9], locks: ['network'] },
    },
  ],
}
/** On the school's clock. */
const at = (wall: string, calendar = school) => {
  const [first] = instantsOf(calendar.zone, wall.slice(0, 10), minuteOf(wall.slice(11)))
  if (first === undefined) throw new Error(`${wall} does not exist`)
  return first
}

describe('a day', () => {
  test.each([
    ['2026-03-01', 'vacation', undefined, undefined],
    ['2026-03-02', 'school-day', 1, 1],
    ['2026-03-08', 'weekend', 1, undefined],
    ['2026-03-09', 'school-day', 2, 1],
    ['2026-04-05', 'holiday', 5, undefined],
    ['2026-05-09', 'make-up', 10, 2],
    ['2026-05-10', 'weekend', 10, undefined],
    ['2026-07-03', 'school-day', 18, 5],
    ['2026-07-04', 'vacation', undefined, undefined],
    // Not Monday: week 1 is the week of the first day.
    ['2026-09-01', 'school-day', 1, 2],
    ['2026-09-07', 'school-day', 2, 1],
    // A Sunday with the timetable of a Thursday.
    ['2026-09-20', 'make-up', 3, 4],
    ['2026-10-07', 'holiday', 6, undefined],
    ['2026-10-10', 'make-up', 6, 3],
    ['2026-12-31', 'school-day', 18, 4],
    ['2027-01-01', 'school-day', 18, 5],
    // A holiday in the vacation is a holiday; a working day of the country in the vacation is no school day.
    ['2026-02-17', 'holiday', undefined, undefined],
    ['2026-02-14', 'vacation', undefined, undefined],
  ])('%s is a %s', (day, kind, week, timetableWeekday) => {
    for (const time of ['00:00', '12:00', '23:59']) {
      const facts = dayOf(school, at(`${day}T${time}`))
      expect(facts).toMatchObject({ day, kind })
      expect(facts.week).toBe(week)
      expect(facts.timetableWeekday).toBe(timetableWeekday)
    }
  })

  test('begins at midnight of the site, not of UTC', () => {
    expect(dayOf(school, Date.parse('2026-03-01T15:59:59.999Z')).kind).toBe('vacation')
    expect(dayOf(school, Date.parse('2026-03-01T16:00:00.000Z')).kind).toBe('school-day')
  })

  test('a calendar without terms knows no vacation', () => {
    expect(dayOf(emptyCalendar, at('2026-07-15T10:00')).kind).toBe('school-day')
    expect(dayOf(emptyCalendar, at('2026-07-18T10:00')).kind).toBe('weekend')
  })

  test('tells what the holiday is called', () => {
    expect(dayOf(school, at('2026-06-20T10:00')).name).toEqual({ zh: '端午节', en: 'Dragon Boat Festival' })
  })
})

describe('a period', () => {
  test.each([
    ['2026-03-04T07:59', {}, undefined],
    ['2026-03-04T08:00', {}, 'p1'],
    ['2026-03-04T08:40', {}, 'b1'],
    ['2026-03-04T09:30', {}, undefined],
    ['2026-03-04T07:10', { stage: 'senior' }, 'early'],
    ['2026-03-04T07:10', { grade: 11 }, 'early'],
    ['2026-03-04T07:10', { grade: 8 }, undefined],
    // Friday is everybody's, also of the upper school.
    ['2026-03-06T08:00', { stage: 'senior' }, 'p1'],
    // Grade 12 has its own Monday.
    ['2026-03-09T07:40', { grade: 12 }, 'p1'],
    ['2026-03-09T07:40', { grade: 11 }, undefined],
    // A Saturday that follows Tuesday; a Saturday; a holiday.
    ['2026-05-09T08:10', {}, 'p1'],
    ['2026-05-16T08:10', {}, undefined],
    ['2026-05-01T08:10', {}, undefined],
  ] as const)('%s %o: %s', (wall, group, id) => {
    expect(periodAt(school, at(wall), group)?.id).toBe(id)
  })

  test('a break is no lesson, and without a group anybody’s lesson counts', () => {
    expect(isLesson(school, at('2026-03-04T08:45'))).toBe(false)
    expect(isLesson(school, at('2026-03-04T07:55'))).toBe(true)
    expect(isLesson(school, at('2026-03-04T07:55'), { stage: 'primary' })).toBe(false)
  })

  test('one in the skipped hour does not happen, one in the hour shown twice happens twice', () => {
    const periods = [period('late', '02:00', '02:30')]
    const weekdays = [1, 2, 3, 4, 5]
    const berlin: Calendar = {
      ...{ ...emptyCalendar, zone: 'Europe/Berlin' },
      makeUpDays: ['2026-03-29', '2026-10-25'].map((day) => ({ day, follows: 1 })),
      timetables: [{ id: 'night-school', name: { en: 'Night school' }, weekdays, periods }],
    }
    const minutesOf = (day: string) => {
      const [from = 0, to = 0] = [...instantsOf(berlin.zone, day, 0), ...instantsOf(berlin.zone, day, 1440)]
      const minutes = Array.from({ length: (to - from) / minuteMs }, (_, i) => from + i * minuteMs)
      return [minutes.length, minutes.filter((one) => periodAt(berlin, one) !== undefined).length]
    }
    expect(minutesOf('2026-03-29')).toEqual([1380, 0])
    expect(minutesOf('2026-10-25')).toEqual([1500, 60])
    expect(minutesOf('2026-10-26')).toEqual([1440, 30])
  })
})

test.each([
  ['21:59', false],
  ['22:00', true],
  ['00:00', true],
  ['05:59', true],
  ['06:00', false],
])('at %s night is %s', (time, night) => {
  expect(isNight(school, at(`2026-03-04T${time}`))).toBe(night)
})

test('a night within one day, and none', () => {
  const noon = { ...school, night: { from: '12:00', to: '13:00' } }
  expect([isNight(noon, at('2026-03-04T12:30')), isNight(noon, at('2026-03-04T23:00'))]).toEqual([
    true,
    false,
  ])
  const none = { ...school, night: { from: '06:00', to: '06:00' } }
  expect(isNight(none, at('2026-03-04T06:00'))).toBe(false)
})

test('an examination locks its places and what is below them, its grades, its things, from the minute to the minute', () => {
  const during = at('2026-06-08T10:00')
  expect(isExamLock(school, during, { places: ['room-1', 'building-1', 'campus'] })).toBe(true)
  expect(isExamLock(school, during, { places: ['room-9', 'building-2', 'campus'] })).toBe(false)
  expect(isExamLock(school, during, { thing: 'network' })).toBe(false)
  expect(isExamLock(school, during, { thing: 'bell' })).toBe(true)
  expect(isExamLock(school, at('2026-06-07T06:59'))).toBe(false)
  expect(isExamLock(school, at('2026-06-07T07:00'))).toBe(true)
  expect(isExamLock(school, at('2026-06-09T17:59'))).toBe(true)
  expect(isExamLock(school, at('2026-06-09T18:00'))).toBe(false)
  const mock = at('2026-05-12T09:00')
  expect(isExamLock(school, mock, { grade: 9 })).toBe(true)
  expect(isExamLock(school, mock, { grade: 8 })).toBe(false)
  // Who does not know which grade sits there keeps still.
  expect(examsAt(school, mock, { places: ['room-1'] }).map(({ id }) => id)).toEqual(['mock'])
})

describe('the next change', () => {
  test.each([
    ['2026-03-04T07:59', '2026-03-04T08:00'],
    ['2026-03-04T08:00', '2026-03-04T08:35'],
    ['2026-03-04T09:30', '2026-03-04T22:00'],
    ['2026-03-06T23:00', '2026-03-07T00:00'],
    ['2026-07-03T23:00', '2026-07-04T00:00'],
    ['2026-06-09T17:00', '2026-06-09T18:00'],
  ])('after %s is %s', (from, to) => {
    expect(nextChange(school, at(from))).toBe(at(to))
  })

  test('over a long vacation without nights, and none at all', () => {
    const calendar = { ...school, exams: [], night: { from: '06:00', to: '06:00' } }
    expect(nextChange(calendar, at('2026-07-04T12:00'))).toBe(at('2026-09-01T00:00'))
    expect(nextChange(calendar, at('2027-01-23T12:00'))).toBeUndefined()
  })
})

/** Small calendars of any zone, around the days on which clocks jump. */
const zones = fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Cairo')
const times = fc.integer({ min: 0, max: 1439 }).map((m) => wallClock(m))
const days = fc.constantFrom(
  ...['2026-03-27', '2026-03-28', '2026-03-29', '2026-03-30', '2026-04-04', '2026-04-05', '2026-04-24'],
  ...['2026-10-04', '2026-10-24', '2026-10-25', '2026-10-26', '2026-10-29', '2026-10-30', '2026-12-31'],
)
const ranges = fc.tuple(days, days).map(([a, b]) => (a < b ? { first: a, last: b } : { first: b, last: a }))
const calendars: fc.Arbitrary<Calendar> = fc.record({
  zone: zones,
  terms: fc.array(
    ranges.map((range) => ({ ...range, id: 't', name: { zh: 't' } })),
    { maxLength: 1 },
  ),
  holidays: fc.array(
    ranges.map((range) => ({ ...range, name: { zh: 'h' } })),
    { maxLength: 2 },
  ),
  makeUpDays: fc.array(fc.record({ day: days, follows: fc.integer({ min: 1, max: 7 }) }), { maxLength: 3 }),
  timetables: fc
    .uniqueArray(times, { minLength: 2, maxLength: 8 })
    .map((marks) => marks.sort())
    .map((marks) => [
      {
        ...{ id: 'all', name: { zh: 'x' }, weekdays: [1, 2, 3, 4, 5, 7] },
        periods: marks.slice(1).map((end, i) => period(`p${i}`, marks[i] ?? end, end)),
      },
    ]),
  exams: fc.array(
    fc
      .tuple(days, times, days, times)
      .map(([d1, t1, d2, t2]) => [`${d1}T${t1}`, `${d2}T${t2}`].sort() as [string, string])
      .map(([from, to]) => ({ id: 'e', name: { zh: 'e' }, from, to, locks: ['bell' as const] })),
    { maxLength: 1 },
  ),
  night: fc.record({ from: times, to: times }),
})
const instants = fc
  .tuple(days, fc.integer({ min: -1440, max: 2880 }))
  .map(([day, minute]) => Date.parse(`${day}T00:00:00Z`) + minute * minuteMs)

test('every instant belongs to exactly one kind of day, the same from midnight to midnight', () => {
  fc.assert(
    fc.property(calendars, instants, (calendar, one) => {
      const facts = dayOf(calendar, one)
      expect(dayKinds.filter((kind) => kind === facts.kind)).toHaveLength(1)
      expect(facts.timetableWeekday !== undefined).toBe(['school-day', 'make-up'].includes(facts.kind))
      expect(facts.day).toBe(wallOf(calendar.zone, one).day)
      for (const minute of [0, 719, 1439])
        for (const other of instantsOf(calendar.zone, facts.day, minute))
          expect(dayOf(calendar, other)).toEqual(facts)
    }),
  )
})

test('never two periods at once, and the one that is on contains the time on the wall', () => {
  fc.assert(
    fc.property(calendars, instants, (calendar, one) => {
      const { minute } = wallOf(calendar.zone, one)
      const on = calendar.timetables.flatMap(({ periods }) =>
        periods.filter(({ start, end }) => minuteOf(start) <= minute && minute < minuteOf(end)),
      )
      expect(on.length).toBeLessThanOrEqual(1)
      const found = periodAt(calendar, one)
      if (found !== undefined) expect(on).toEqual([found])
    }),
  )
})

test('the midnight before a jump of the clock is a change before the jump', () => {
  const night = { from: '02:31', to: '00:00' }
  const calendar = {
    zone: 'Australia/Lord_Howe',
    terms: [],
    holidays: [],
    makeUpDays: [],
    timetables: [],
    exams: [],
    night,
  }
  expect(nextChange(calendar, Date.parse('2026-10-03T13:29:00Z'))).toBe(Date.parse('2026-10-03T13:30:00Z'))
})

test('the next change is the first instant at which an answer differs', () => {
  fc.assert(
    fc.property(calendars, instants, (calendar, from) => {
      const found = nextChange(calendar, from)
      const now = answersAt(calendar, from)
      if (found !== undefined) expect(answersAt(calendar, found)).not.toBe(now)
      // Minute by minute for two days: everything here changes on the minute.
      for (
        let one = from + minuteMs;
        one < Math.min(found ?? Infinity, from + 2 * 1440 * minuteMs);
        one += minuteMs
      )
        if (answersAt(calendar, one) !== now) throw new Error(`differs at ${new Date(one).toISOString()}`)
    }),
    { numRuns: 40 },
  )
}, 60_000)

function wallClock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
