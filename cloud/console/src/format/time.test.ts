import { expect, test } from 'vitest'
import { ageOf, clockText, dateTimeText, fromLocalInput, instantText, toLocalInput } from './time.ts'

const at = Date.UTC(2026, 10, 22, 14, 41, 7)

test('times are the site clock, whatever zone the browser is in', () => {
  expect(clockText(at)).toBe('22:41:07')
  expect(dateTimeText(at)).toBe('2026-11-22 22:41:07')
  expect(clockText(Date.UTC(2026, 10, 22, 16, 0, 0))).toBe('00:00:00')
})

test('an instant older than a day carries its date, of another year also the year', () => {
  expect(instantText(at, at + 3_600_000)).toBe('22:41:07')
  expect(instantText(at, at + 2 * 86_400_000)).toBe('11-22 22:41')
  expect(instantText(at, at + 60 * 86_400_000)).toBe('2026-11-22 22:41')
})

test('an age uses the unit a person would use and never goes negative', () => {
  expect(ageOf(-5000)).toEqual({ unit: 'now', count: 0 })
  expect(ageOf(59_999)).toEqual({ unit: 'second', count: 59 })
  expect(ageOf(60_000)).toEqual({ unit: 'minute', count: 1 })
  expect(ageOf(7_300_000)).toEqual({ unit: 'hour', count: 2 })
  expect(ageOf(3 * 86_400_000)).toEqual({ unit: 'day', count: 3 })
})

test('what a person types into a date field is read on the site clock', () => {
  expect(toLocalInput(at)).toBe('2026-11-22T22:41')
  expect(fromLocalInput('2026-11-22T22:41')).toBe(at - 7000)
  expect(fromLocalInput('')).toBeUndefined()
  expect(fromLocalInput('2026-13-45T99:99')).toBeUndefined()
})
