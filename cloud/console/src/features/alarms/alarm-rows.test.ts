import { expect, test } from 'vitest'
import type { Alarm } from '#contract/api/alarms.ts'
import { testAlarm } from '../../../../../tests/support/test-alarm.ts'
import { alarmsOf, between, rowsOf } from './alarm-rows.ts'

const at = (n: number) => `2026-01-05T00:00:0${n}.000Z`
const alarm = (id: string, n: number, more: Partial<Alarm> = {}) =>
  testAlarm({ id, raisedAt: at(n), place: 'room-1', ...more })
const none = new Set<string>()
const keys = (alarms: readonly Alarm[], open = none) =>
  rowsOf(alarms, { isGrouped: true, open }).map(({ key }) => key)

test('unacknowledged first, then lives, then priority, then the newest', () => {
  const rows = rowsOf(
    [
      alarm('old', 1),
      alarm('new', 2),
      alarm('urgent', 0, { priority: 1 }),
      alarm('smoke', 0, { priority: 2, lifeSafety: true }),
      alarm('seen', 9, { priority: 1, life: 'acknowledged' }),
    ],
    { isGrouped: false, open: none },
  )
  expect(rows.map(({ key }) => key)).toEqual(['smoke', 'urgent', 'new', 'old', 'seen'])
})

test('in a flood: what is away hides its alarms and counts them, lives stand for themselves', () => {
  const root = { kind: 'device' as const, id: 'g/d', title: { en: 'Meter' } }
  const alarms = [
    alarm('a', 1, { root }),
    alarm('b', 2, { root, point: 'g/d/voltage' }),
    alarm('s', 3, { lifeSafety: true, point: 'g/d/smoke' }),
    alarm('t', 3, { lifeSafety: true, point: 'g/d/smoke' }),
    alarm('x', 4, { point: 'g/e/temperature' }),
    alarm('y', 5, { point: 'g/f/temperature' }),
    alarm('z', 6, { point: 'g/f/temperature', place: 'room-2' }),
  ]
  expect(keys(alarms)).toEqual(['s', 't', 'z', 'place room-1 temperature 2', 'device g/d'])
  const open = keys(alarms, new Set(['device g/d']))
  expect(open.slice(-3)).toEqual(['device g/d', 'b', 'a'])
  const rows = rowsOf(alarms, { isGrouped: true, open: none })
  const counted = rows.reduce((sum, row) => sum + (row.kind === 'group' ? row.alarms.length : 1), 0)
  expect(counted).toBe(alarms.length)
})

test('a group means exactly the alarms that it shows, and nothing twice', () => {
  const alarms = [alarm('x', 1), alarm('y', 2)]
  const rows = rowsOf(alarms, { isGrouped: true, open: new Set(['place room-1 illuminance 2']) })
  const chosen = new Set(rows.map(({ key }) => key))
  expect(alarmsOf(rows, chosen).map(({ id }) => id)).toEqual(['y', 'x'])
})

test('a range goes from where it began to where one is, in either direction', () => {
  const rows = rowsOf([alarm('a', 3), alarm('b', 2), alarm('c', 1)], { isGrouped: false, open: none })
  expect(between(rows, 'c', 'b')).toEqual(['b', 'c'])
  expect(between(rows, 'a', 'c')).toEqual(['a', 'b', 'c'])
  expect(between(rows, 'gone', 'b')).toEqual(['b'])
})
