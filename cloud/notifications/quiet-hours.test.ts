import { expect, test } from 'vitest'
import { isTimeZone, quietUntil } from './quiet-hours.ts'

const night = { from: '22:00', to: '06:30' }
const zone = 'Asia/Shanghai'
/** 14:00 UTC is 22:00 in Shanghai. */
const utc = (hours: number, minutes = 0, seconds = 0) => Date.UTC(2026, 10, 27, hours, minutes, seconds)

test('the night begins with its first minute and ends with its last, over midnight', () => {
  expect(quietUntil(night, zone, utc(13, 59, 59))).toBeUndefined()
  expect(quietUntil(night, zone, utc(14))).toBe(utc(22, 30))
  expect(quietUntil(night, zone, utc(16, 10, 59))).toBe(utc(22, 30))
  expect(quietUntil(night, zone, utc(22, 29, 59))).toBe(utc(22, 30))
  expect(quietUntil(night, zone, utc(22, 30))).toBeUndefined()
})

test('hours within one day, and the zone of the person', () => {
  const noon = { from: '12:00', to: '14:00' }
  expect(quietUntil(noon, zone, utc(5))).toBe(utc(6))
  expect(quietUntil(noon, 'UTC', utc(5))).toBeUndefined()
  expect(quietUntil(noon, 'UTC', utc(13))).toBe(utc(14))
})

test('none, and hours of no length, are never quiet', () => {
  expect(quietUntil(undefined, zone, utc(16))).toBeUndefined()
  expect(quietUntil({ from: '08:00', to: '08:00' }, zone, utc(0))).toBeUndefined()
})

test('whenever it is, the end is never past, at most a day off and itself not quiet', () => {
  for (let minute = 0; minute < 1440; minute += 7) {
    for (const quiet of [night, { from: '00:00', to: '23:59' }, { from: '09:05', to: '09:06' }]) {
      const at = utc(0, minute, 31)
      const until = quietUntil(quiet, zone, at)
      if (until === undefined) continue
      expect(until).toBeGreaterThan(at)
      expect(until - at).toBeLessThan(86_400_000)
      expect(quietUntil(quiet, zone, until)).toBeUndefined()
    }
  }
})

test('a zone is one that exists', () => {
  expect([isTimeZone('Asia/Shanghai'), isTimeZone('Mars/Olympus'), isTimeZone('')]).toEqual([
    true,
    false,
    false,
  ])
})
