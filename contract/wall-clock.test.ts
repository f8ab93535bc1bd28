import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, daysBetween, instantsOf, isDay, isZone, nextJump, wallOf, weekdayOf } from './wall-clock.ts'

const berlin = 'Europe/Berlin'
const iso = (at: number | undefined) =>
  at === undefined ? undefined : new Date(at).toISOString().slice(0, 16)

test.each([
  ['Asia/Shanghai', '2026-11-26T15:59:59.999Z', { day: '2026-11-26', minute: 1439 }],
  ['Asia/Shanghai', '2026-11-26T16:00:00.000Z', { day: '2026-11-27', minute: 0 }],
  ['Asia/Shanghai', '2026-12-31T16:00:00.000Z', { day: '2027-01-01', minute: 0 }],
  [berlin, '2026-03-29T00:59:59.999Z', { day: '2026-03-29', minute: 119 }],
  [berlin, '2026-03-29T01:00:00.000Z', { day: '2026-03-29', minute: 180 }],
  [berlin, '2026-10-25T00:59:00.000Z', { day: '2026-10-25', minute: 179 }],
  [berlin, '2026-10-25T01:00:00.000Z', { day: '2026-10-25', minute: 120 }],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00.000Z', { day: '2026-10-04', minute: 150 }],
  ['Asia/Kathmandu', '1970-01-01T00:00:00.000Z', { day: '1970-01-01', minute: 330 }],
])('in %s the clock at %s', (zone, at, wall) => {
  expect(wallOf(zone, Date.parse(at))).toEqual(wall)
})

test.each([
  ['Asia/Shanghai', '2026-03-29', 150, ['2026-03-28T18:30']],
  [berlin, '2026-03-29', 150, []],
  [berlin, '2026-03-29', 180, ['2026-03-29T01:00']],
  [berlin, '2026-10-25', 150, ['2026-10-25T00:30', '2026-10-25T01:30']],
  [berlin, '2026-10-25', 1440, ['2026-10-25T23:00']],
  // A day whose midnight is skipped.
  ['Africa/Cairo', '2026-04-24', 0, []],
])('in %s on %s minute %i', (zone, day, minute, instants) => {
  expect(instantsOf(zone, day, minute).map(iso)).toEqual(instants)
})

test('a day of Berlin has 24, 23 or 25 hours', () => {
  const hours = (day: string) => {
    const [from = 0] = instantsOf(berlin, day, 0)
    const [to = 0] = instantsOf(berlin, day, 1440)
    return (to - from) / 3_600_000
  }
  expect(['2026-03-28', '2026-03-29', '2026-10-25'].map(hours)).toEqual([24, 23, 25])
})

test('the jump of a clock is found to the millisecond, and none where there is none', () => {
  const year = Date.parse('2026-01-01T00:00:00Z')
  const end = year + 200 * 86_400_000
  expect(nextJump(berlin, year, end)).toBe(Date.parse('2026-03-29T01:00:00Z'))
  expect(nextJump('Asia/Shanghai', year, end)).toBeUndefined()
})

test('what an instant shows leads back to it', () => {
  const zones = fc.constantFrom('Asia/Shanghai', berlin, 'America/St_Johns', 'Pacific/Apia', 'Africa/Cairo')
  const minutes = fc.integer({ min: Date.UTC(2020, 0) / 60_000, max: Date.UTC(2035, 0) / 60_000 })
  fc.assert(
    fc.property(zones, minutes, (zone, minute) => {
      const at = minute * 60_000
      const wall = wallOf(zone, at)
      expect(instantsOf(zone, wall.day, wall.minute)).toContain(at)
    }),
  )
})

test('days are counted over months, leap years and years', () => {
  expect(weekdayOf('2026-11-29')).toBe(7)
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29')
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
  expect(daysBetween('2026-02-28', '2026-03-01')).toBe(1)
  expect(['2026-02-29', '2026-13-01', 'x'].map(isDay)).toEqual([false, false, false])
  expect(isDay('2028-02-29')).toBe(true)
  expect([isZone('Asia/Shanghai'), isZone('Asia/Nowhere'), isZone('')]).toEqual([true, false, false])
})
