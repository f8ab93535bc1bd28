import { expect, test } from 'vitest'
import { unitName, unitNames } from './unit-names.ts'
import { units } from './units.ts'

test('every unit has a name in both languages, and no name is without its unit', () => {
  expect(Object.keys(unitNames).toSorted()).toEqual(Object.keys(units).toSorted())
  expect(Object.values(unitNames).filter(({ zh, en }) => zh === '' || en === '')).toEqual([])
  expect(unitName('furlong')).toBeUndefined()
})
