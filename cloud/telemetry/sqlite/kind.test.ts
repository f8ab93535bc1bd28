import { expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import { valueTypes } from '#contract/sample.ts'
import { kindOf, qualityCodeOfKind, typeOfKind } from './kind.ts'

test('every type with every quality comes back', () => {
  const seen = new Set<number>()
  for (const type of Object.values(valueTypes)) {
    for (const quality of Object.values(qualityCodes)) {
      const kind = kindOf(type, quality)
      expect([typeOfKind(kind), qualityCodeOfKind(kind)]).toEqual([type, quality])
      seen.add(kind)
    }
  }
  expect(seen.size).toBe(Object.keys(valueTypes).length * Object.keys(qualityCodes).length)
})

test('only good numbers and booleans are below 2', () => {
  expect(kindOf(valueTypes.number, qualityCodes.good)).toBe(0)
  expect(kindOf(valueTypes.boolean, qualityCodes.good)).toBe(1)
  expect(kindOf(valueTypes.number, qualityCodes.stale)).toBeGreaterThan(3)
})
