import { expect, test } from 'vitest'
import type { Step } from '#gateway/profiles/pipeline-values.ts'
import { asShown, toCanonical, toRaw } from './inverse.ts'

const tenths: readonly Step[] = [
  { op: 'missing', values: [0x7fff] },
  { op: 'linear', mul: 1, div: 10, add: -40 },
  { op: 'valid', min: -50, max: 100 },
  { op: 'round', count: 1, per: 10 },
]
const words: readonly Step[] = [
  {
    op: 'map',
    pairs: [
      ['OPEN', true],
      ['CLOSE', false],
    ],
  },
]

test('a value goes back through every step', () => {
  expect(toRaw(21.5, tenths)).toBe(615)
  expect(toCanonical(615, tenths)).toBeCloseTo(21.5, 9)
  expect(toRaw(true, words)).toBe('OPEN')
  expect(toCanonical('CLOSE', words)).toBe(false)
  expect(toRaw(50, [{ op: 'transform', name: 'lin254' }])).toBe(127)
  expect(toCanonical(254, [{ op: 'transform', name: 'lin254' }])).toBeCloseTo(100, 9)
  expect(toRaw(true, [{ op: 'transform', name: 'bool_not' }])).toBe(false)
})

test('no value is what the device sends when it has none', () => {
  expect(toRaw(null, tenths)).toBe(0x7fff)
  expect(toRaw(null, words)).toBeUndefined()
})

test('a value is shown at the resolution of the device', () => {
  expect(asShown(230.16, tenths)).toBe(230.2)
  expect(asShown(21.449, tenths)).toBe(21.4)
  expect(asShown(123.456, words)).toBe(123.456)
})
