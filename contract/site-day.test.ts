import { expect, test } from 'vitest'
import { addSiteDays, rangeOfSiteDay, siteDayOf } from './site-day.ts'

test('a day is the one on a clock in China', () => {
  expect(siteDayOf(Date.UTC(2026, 10, 26, 15, 59, 59, 999))).toBe('2026-11-26')
  expect(siteDayOf(Date.UTC(2026, 10, 26, 16))).toBe('2026-11-27')
  const range = rangeOfSiteDay('2026-11-27')
  expect(range).toEqual({ from: Date.UTC(2026, 10, 26, 16), to: Date.UTC(2026, 10, 27, 16) })
  expect(new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(range?.from)).toBe(
    '2026-11-27',
  )
})

test('days are counted over the ends of months and years', () => {
  expect(addSiteDays('2026-12-31', 1)).toBe('2027-01-01')
  expect(addSiteDays('2028-03-01', -1)).toBe('2028-02-29')
})

test.each(['2026-02-30', '2026-13-01', '2026-1-1', 'today', '', '20261-01-01', '2026-11-27T00:00'])(
  '%j is no day',
  (text) => {
    expect(rangeOfSiteDay(text)).toBeUndefined()
  },
)
