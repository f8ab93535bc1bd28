import { expect, test } from 'vitest'
import { createAccess, mayPublish, maySubscribe } from './access.ts'

const lux = {
  username: 'lux-1',
  password: 'pw',
  publish: ['zigbee2mqtt/#'],
  subscribe: ['zigbee2mqtt/+/set'],
}
const admin = { username: 'flows', password: 'other', publish: ['#'], subscribe: ['#'] }
const access = createAccess([lux, admin])

test('name and password must both fit', () => {
  expect(access.admit('lux-1', Buffer.from('pw'))).toBe(lux)
  expect(access.admit('lux-1', Buffer.from('other'))).toBeUndefined()
  expect(access.admit('nobody', Buffer.from('pw'))).toBeUndefined()
})

test('a missing password or name never fits, not even an empty one', () => {
  const open = createAccess([{ ...lux, username: '', password: '' }])
  expect(open.admit(undefined, undefined)).toBeUndefined()
  expect(access.admit('lux-1', undefined)).toBeUndefined()
  expect(access.admit('nobody', Buffer.from(''))).toBeUndefined()
})

test('filters decide, and the topics of the gateway are nobody else’s', () => {
  expect(mayPublish(lux, 'zigbee2mqtt/lux-1')).toBe(true)
  expect(mayPublish(lux, 'other/lux-1')).toBe(false)
  expect(mayPublish(admin, 'commands/relay-1/relay.1')).toBe(true)
  for (const topic of ['points/a/b', 'alarms/x', 'commands/a/b/result', '$SYS/x']) {
    expect(mayPublish(admin, topic)).toBe(false)
  }
  expect(maySubscribe(lux, 'zigbee2mqtt/lux-1/set')).toBe(true)
  expect(maySubscribe(lux, '#')).toBe(false)
  expect(maySubscribe(admin, 'points/#')).toBe(true)
})
