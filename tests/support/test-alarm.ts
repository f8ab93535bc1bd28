import type { Alarm } from '#contract/api/alarms.ts'

/** An alarm that has just called people, as the API shows it. */
export function testAlarm(more: Partial<Alarm> = {}): Alarm {
  return {
    id: 'school-a/o1',
    gateway: 'school-a',
    rule: 'lux-low',
    point: 'school-a/lux-1/illuminance',
    priority: 2,
    title: { en: 'Too dark' },
    state: 'raised',
    value: 120,
    receivedAt: '2026-01-05T00:00:00.000Z',
    life: 'unacknowledged',
    revision: 1,
    lifeSafety: false,
    latching: false,
    count: 1,
    chattering: false,
    annunciatedAt: '2026-01-05T00:00:00.000Z',
    escalations: 0,
    ...more,
  }
}
