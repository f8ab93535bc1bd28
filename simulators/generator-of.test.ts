import { expect, test } from 'vitest'
import { generatorOf } from './generator-of.ts'

test('a counter starts at the reading it is given, else at 0', () => {
  const hint = { gen: 'integrate', of: 'power.active', mul: 0.001 } as const
  const point = { id: 'energy.active.import', kind: 'counter' } as const
  expect(generatorOf(point, { ...hint, start: 4711 })).toEqual({ ...hint, start: 4711 })
  expect(generatorOf(point, hint)).toEqual({ ...hint, start: 0 })
})

test('a point without a hint stands still', () => {
  expect(generatorOf({ id: 'light.on', kind: 'bool' }, undefined)).toEqual({ gen: 'const', value: false })
  expect(generatorOf({ id: 'light.level', kind: 'num' }, undefined)).toEqual({ gen: 'const', value: 0 })
  // At a value that it can have.
  expect(generatorOf({ id: 'light.cct', kind: 'num' }, undefined)).toEqual({ gen: 'const', value: 1000 })
})
