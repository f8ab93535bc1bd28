import { expect, test } from 'vitest'
import { generatorOf } from './generator-of.ts'

test('a counter starts at the reading it is given, else at 0', () => {
  const hint = { gen: 'integrate', of: 'power.active', mul: 0.001 } as const
  expect(generatorOf('counter', { ...hint, start: 4711 })).toEqual({ ...hint, start: 4711 })
  expect(generatorOf('counter', hint)).toEqual({ ...hint, start: 0 })
})

test('a point without a hint stands still', () => {
  expect(generatorOf('bool', undefined)).toEqual({ gen: 'const', value: false })
  expect(generatorOf('num', undefined)).toEqual({ gen: 'const', value: 0 })
})
