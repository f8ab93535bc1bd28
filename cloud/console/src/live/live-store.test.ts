import { expect, test } from 'vitest'
import { LiveStore } from './live-store.ts'

const update = (point: string, t: number, value: number) => ({ point, t, value, quality: 'good' as const })

test('the newest sample by source time is kept, whatever order they arrive in', () => {
  const store = new LiveStore()
  store.apply([update('a', 20, 2), update('a', 10, 1)])
  expect(store.get('a')?.value).toBe(2)
  store.apply([update('a', 20, 3)])
  expect(store.get('a')?.value).toBe(3)
})

test('only the listeners of touched points are called, once per apply', () => {
  const store = new LiveStore()
  const calls: string[] = []
  store.subscribe('a', () => calls.push('a'))
  store.subscribe('b', () => calls.push('b'))
  store.apply([update('a', 1, 1), update('a', 2, 2)])
  expect(calls).toEqual(['a'])
})

test('an older or an equal sample wakes nobody', () => {
  const store = new LiveStore()
  store.apply([update('a', 10, 1)])
  let calls = 0
  store.subscribe('a', () => calls++)
  store.apply([update('a', 9, 7), update('a', 10, 1)])
  expect(calls).toBe(0)
})

test('a listener that has left is not called', () => {
  const store = new LiveStore()
  let calls = 0
  const leave = store.subscribe('a', () => calls++)
  leave()
  store.apply([update('a', 1, 1)])
  expect(calls).toBe(0)
})

test('clearing forgets every sample', () => {
  const store = new LiveStore()
  store.apply([update('a', 1, 1)])
  store.clear()
  expect(store.get('a')).toBeUndefined()
})
