import { expect, test } from 'vitest'
import type { Alarm } from '#contract/api/alarms.ts'
import { testAlarm } from '../../tests/support/test-alarm.ts'
import { noticeOfAlarm, noticeOfEscalation } from './notice-of-alarm.ts'

const facts = {
  node: 'room-101',
  place: { zh: '一中 / 101' },
  clockOffsetMs: 0,
  lateAfterMs: 15 * 60_000,
}
function alarm(more: Partial<Alarm> = {}): Alarm {
  return testAlarm({
    ...{ priority: 2, title: { zh: '教室太暗' }, value: 120, limit: 300 },
    ...{ raisedAt: '2026-11-27T08:00:00.000Z', receivedAt: '2026-11-27T08:00:02.000Z', ...more },
  })
}

test('an alarm is one notice of its place, with what people need to know', () => {
  expect(noticeOfAlarm(alarm(), facts)).toEqual({
    key: 'alarm.raised:school-a/o1',
    kind: 'alarm.raised',
    code: 'alarm.raised',
    priority: 2,
    params: {
      title: { zh: '教室太暗' },
      point: 'school-a/lux-1/illuminance',
      place: { zh: '一中 / 101' },
      value: 120,
      limit: 300,
    },
    node: 'room-101',
    link: '/alarms',
    at: Date.UTC(2026, 10, 27, 8),
    late: false,
  })
})

test.each([
  ['in time', { receivedAt: '2026-11-27T08:15:00.000Z' }, 0, false],
  ['held back by an outage', { receivedAt: '2026-11-27T08:15:00.001Z' }, 0, true],
  [
    'a clock an hour behind makes nothing late',
    { receivedAt: '2026-11-27T09:00:02.000Z' },
    -3_600_000,
    false,
  ],
  ['a clock an hour ahead makes nothing early', { receivedAt: '2026-11-27T07:30:00.000Z' }, 3_600_000, true],
  ['only its end has come', { raisedAt: undefined }, 0, true],
] as const)('late or not: %s', (_, more, clockOffsetMs, late) => {
  const { raisedAt, ...rest } = alarm()
  const given = { ...rest, ...('raisedAt' in more ? {} : { raisedAt: raisedAt ?? '' }), ...more } as Alarm
  expect(noticeOfAlarm(given, { ...facts, clockOffsetMs }).late).toBe(late)
})

test('an escalation goes to whom the chain names, once for each step', () => {
  const notice = noticeOfEscalation(alarm(), facts, { step: 2, to: { roles: ['lead'] } })
  expect(notice).toMatchObject({
    key: 'alarm.escalated:school-a/o1:2',
    kind: 'alarm.escalated',
    to: { roles: ['lead'] },
    params: { step: 2 },
  })
  expect(notice.late).toBeUndefined()
})

test('an alarm without a title is called by its rule', () => {
  expect(noticeOfAlarm(alarm({ title: {} }), { ...facts, place: undefined }).params).toMatchObject({
    title: { zh: 'lux-low' },
  })
})
