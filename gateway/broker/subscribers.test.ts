import { expect, test } from 'vitest'
import { Subscribers } from './subscribers.ts'

const topics = ['a', 'a/b', 'a/b/online', 'x/online', 'online', 'a/', '/a', '$SYS/online', 'b/c/d']
const filters = [
  'a',
  'a/b',
  'a/+',
  'a/#',
  '+/online',
  '+/+/online',
  '#',
  '+',
  '+/#',
  '+/b/+',
  '/+',
  'b/+/d',
  '+/c/+',
]

function heard(listening: readonly string[], topic: string): string[] {
  const subscribers = new Subscribers()
  const found: string[] = []
  for (const filter of listening) subscribers.add(filter, () => found.push(filter))
  subscribers.deliver({ topic, payload: new Uint8Array(), retained: false })
  return found.toSorted()
}

test.each(topics)('%s reaches the same filters, alone or together', (topic) => {
  const each = filters.filter((filter) => heard([filter], topic).length > 0)
  expect(heard(filters, topic)).toEqual(each.toSorted())
})

test('what is heard is what MQTT says', () => {
  expect(heard(filters, 'x/online')).toEqual(['#', '+/#', '+/online'])
  expect(heard(filters, 'a/b/online')).toEqual(['#', '+/#', '+/+/online', '+/b/+', 'a/#'].toSorted())
  expect(heard(filters, '$SYS/online')).toEqual([])
})

test('a subscription that ended hears nothing, and its filter is not asked for any more', () => {
  const subscribers = new Subscribers()
  let count = 0
  const ends = ['a/b', '+/b', 'a/+'].map((filter) => subscribers.add(filter, () => count++))
  expect(subscribers.filters().toSorted()).toEqual(['+/b', 'a/+', 'a/b'])
  for (const end of ends) end()
  expect(subscribers.deliver({ topic: 'a/b', payload: new Uint8Array(), retained: false })).toBe(false)
  expect(count).toBe(0)
  expect(subscribers.filters()).toEqual([])
})
