import { describe, expect, test } from 'vitest'
import { conversion, convert, isUnit, unitSymbol, units } from './units.ts'

function converted(value: number, from: string, to: string): number | undefined {
  const found = conversion(from, to)
  return found && convert(value, found)
}

describe('conversion', () => {
  test.each([
    [12.345, 'kW', 'W', 12_345],
    [1013.2, 'hPa', 'kPa', 101.32],
    [2305, 'mV', 'V', 2.305],
    [96, '%', '1', 0.96],
    [0.96, '1', '%', 96],
    [15, 'L/min', 'm3/h', 0.9],
    [32, '[degF]', 'Cel', 0],
    [212, '[degF]', 'Cel', 100],
    [293.15, 'K', 'Cel', 20],
    [20, 'Cel', 'K', 293.15],
    [80, 'ug/m3', 'mg/m3', 0.08],
    [50, 'Hz', 'Hz', 50],
  ])('%d %s in %s… is %d', (value, from, to, expected) => {
    expect(converted(value, from, to)).toBeCloseTo(expected, 10)
  })

  test('whole readings divide exactly', () => {
    expect(conversion('mA', 'A')).toEqual({ mul: 1, div: 1000, add: 0 })
    expect(converted(2305, 'mA', 'A')).toBe(2.305)
  })

  test.each([
    ['V', 'A'],
    ['W', 'V.A'],
    ['furlong', 'm'],
    ['m', 'constructor'],
  ])('%s does not become %s', (from, to) => {
    expect(conversion(from, to)).toBeUndefined()
  })

  test('there and back gives the same for every two units of a quantity', () => {
    for (const [from, a] of Object.entries(units)) {
      for (const [to, b] of Object.entries(units)) {
        if (a.quantity !== b.quantity) continue
        expect(converted(converted(12.5, from, to) ?? 0, to, from), `${from} ${to}`).toBeCloseTo(12.5, 9)
      }
    }
  })
})

test('symbols are what people read; an unknown unit is shown as it is', () => {
  expect(unitSymbol('kV.A.h{reactive}')).toBe('kvarh')
  expect(unitSymbol('1')).toBe('')
  expect(unitSymbol('m2')).toBe('m2')
  expect(isUnit('toString')).toBe(false)
})
