import { expect, test } from 'vitest'
import { unitText } from './units.ts'

test('units are shown as people write them', () => {
  expect(unitText('kW.h')).toBe('kWh')
  expect(unitText('Cel')).toBe('℃')
  expect(unitText('1')).toBe('')
  expect(unitText('{person}')).toBe('')
})

test('a unit nobody listed is shown as it is', () => {
  expect(unitText('bar')).toBe('bar')
})
