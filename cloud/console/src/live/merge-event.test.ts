import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import type { Alarm, AlarmList } from '#contract/api/alarms.ts'
import type { CommandList, IssuedCommand } from '#contract/api/commands.ts'
import type { LiveEvent } from '#contract/api/live.ts'
import { testAlarm } from '../../../../tests/support/test-alarm.ts'
import { mergeAlarm, mergeEvent } from './merge-event.ts'

const alarm = (id: string, raisedAt: string, more: Partial<Alarm> = {}): Alarm =>
  testAlarm({ id, raisedAt, receivedAt: raisedAt, ...more })

const list: AlarmList = {
  items: [alarm('b', '2026-01-02T00:00:00.000Z'), alarm('a', '2026-01-01T00:00:00.000Z')],
  seq: 1,
}
const ids = (merged: AlarmList | undefined) => merged?.items.map(({ id }) => id)

test('a new alarm takes its place by time, newest first', () => {
  expect(ids(mergeAlarm(list, alarm('c', '2026-01-03T00:00:00.000Z'), 'standing'))).toEqual(['c', 'b', 'a'])
  expect(ids(mergeAlarm(list, alarm('c', '2026-01-01T12:00:00.000Z'), 'standing'))).toEqual(['b', 'c', 'a'])
})

test('an alarm stays until somebody has acknowledged and closed it, and is history then', () => {
  const over = (more: Partial<Alarm>) =>
    alarm('b', '2026-01-02T00:00:00.000Z', { state: 'cleared', life: 'normal', revision: 2, ...more })
  const [by, at] = [{ username: 'li', displayName: 'Li' }, '2026-01-02T00:00:00.000Z']
  const returned = over({ life: 'rtn-unacknowledged' })
  expect(ids(mergeAlarm(list, returned, 'standing'))).toEqual(['b', 'a'])
  expect(ids(mergeAlarm(list, over({ ack: { by, at } }), 'standing'))).toEqual(['b', 'a'])
  const closed = over({ ack: { by, at }, closed: { by, at, outcome: 'true', note: 'x' } })
  expect(ids(mergeAlarm(list, closed, 'standing'))).toEqual(['a'])
  expect(ids(mergeAlarm({ ...list, items: [] }, closed, 'history'))).toEqual(['b'])
  expect(mergeAlarm(undefined, closed, 'history')).toBeUndefined()
})

test('what is told twice or late changes nothing', () => {
  const newer = mergeAlarm(
    list,
    alarm('b', '2026-01-02T00:00:00.000Z', { life: 'acknowledged', revision: 5 }),
    'standing',
  )
  const late = mergeAlarm(newer, alarm('b', '2026-01-02T00:00:00.000Z', { revision: 4 }), 'standing')
  expect(late?.items[0]).toMatchObject({ life: 'acknowledged', revision: 5 })
})

test('a command is news by its steps: what is told twice or late changes nothing', () => {
  const queries = new QueryClient()
  const command = (id: string, steps: IssuedCommand['state'][], createdAt = '2026-01-01T00:00:00.000Z') =>
    ({
      id,
      device: 'g/d',
      createdAt,
      state: steps.at(-1),
      steps: steps.map((state) => ({ state })),
    }) as IssuedCommand
  const tell = (data: IssuedCommand) => mergeEvent(queries, { type: 'ev', seq: 1, topic: 'commands', data })
  const shown = () =>
    queries.getQueryData<CommandList>(['commands', 'g/d'])?.items.map(({ id, state }) => `${id} ${state}`)
  tell(command('a', ['queued']))
  expect(shown()).toBeUndefined() // nobody looks at this device
  queries.setQueryData<CommandList>(['commands', 'g/d'], { items: [command('a', ['queued', 'sent'])] })
  tell(command('a', ['queued']))
  expect(shown()).toEqual(['a sent'])
  tell(command('a', ['queued', 'sent', 'accepted', 'done']))
  tell(command('b', ['queued'], '2026-01-02T00:00:00.000Z'))
  tell(command('b', ['queued'], '2026-01-02T00:00:00.000Z'))
  expect(shown()).toEqual(['b queued', 'a done'])
})

test('a link that goes down changes that device and leaves other pages alone', () => {
  const queries = new QueryClient()
  const device = (id: string) => ({ id, link: { state: 'up' } })
  const data = { items: [device('g/a'), device('g/b')] }
  const other = { items: [device('g/c')] }
  queries.setQueryData(['devices', 'list', {}], data)
  queries.setQueryData(['devices', 'list', { q: 'c' }], other)
  mergeEvent(queries, {
    type: 'ev',
    seq: 1,
    topic: 'devices',
    data: { device: 'g/b', link: { state: 'down' } },
  } as LiveEvent)
  expect(queries.getQueryData(['devices', 'list', {}])).toMatchObject({
    items: [{ link: { state: 'up' } }, { link: { state: 'down' } }],
  })
  expect(queries.getQueryData(['devices', 'list', { q: 'c' }])).toBe(other)
})

test('a gateway that goes away takes its devices with it, and those of others stay as they are', () => {
  const queries = new QueryClient()
  const device = (gateway: string) => ({ id: `${gateway}/a`, gateway, gatewayConnected: true })
  queries.setQueryData(['devices', 'list', {}], { items: [device('g'), device('h')] })
  queries.setQueryData(['devices', 'one', 'g/a'], device('g'))
  queries.setQueryData(['devices', 'one', 'h/a'], device('h'))
  const data = { id: 'g', connected: false }
  mergeEvent(queries, { type: 'ev', seq: 1, topic: 'gateways', data } as LiveEvent)
  expect(queries.getQueryData(['devices', 'list', {}])).toMatchObject({
    items: [{ gatewayConnected: false }, { gatewayConnected: true }],
  })
  expect(queries.getQueryData(['devices', 'one', 'g/a'])).toMatchObject({ gatewayConnected: false })
  expect(queries.getQueryData(['devices', 'one', 'h/a'])).toMatchObject({ gatewayConnected: true })
})
