import { expect, test } from 'vitest'
import { maySubscribe, publishChannel } from './access.ts'

test('a gateway publishes below its own up prefix only', () => {
  expect(publishChannel('school-a', 'campus/v1/school-a/up/live')).toBe('live')
  expect(publishChannel('school-a', 'campus/v1/school-a/up/state')).toBe('state')
  for (const topic of [
    'campus/v1/school-b/up/live',
    'campus/v1/school-a/down/ack',
    'campus/v1/school-a/up/secret',
    'campus/v1/school-a/up/live/more',
    'campus/v2/school-a/up/live',
    '$SYS/school-a/up/live',
    '',
  ]) {
    expect(publishChannel('school-a', topic), topic).toBeUndefined()
  }
})

test('a gateway subscribes below its own down prefix only', () => {
  for (const filter of ['ack', 'command', 'config', '+']) {
    expect(maySubscribe('school-a', `campus/v1/school-a/down/${filter}`)).toBe(true)
  }
  for (const filter of [
    '#',
    'campus/v1/+/down/ack',
    'campus/v1/school-b/down/ack',
    'campus/v1/school-a/#',
    'campus/v1/school-a/up/+',
    'campus/v1/#',
    '$SYS/#',
  ]) {
    expect(maySubscribe('school-a', filter), filter).toBe(false)
  }
})
