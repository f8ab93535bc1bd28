import { describe, expect, test } from 'vitest'
import { pointNames } from './codec/point-names.ts'
import { isNumbered, nameText } from './codec/point-path.ts'
import { pointKind, pointVocabulary } from './point-vocabulary.ts'
import { isUnit } from './units.ts'

describe('pointKind', () => {
  test('a phase has the kind, unit and range of its row, and its own title', () => {
    expect(pointKind('voltage.l1')).toEqual({
      row: 'voltage',
      kind: 'num',
      unit: 'V',
      valid: [0, 1000],
      brick: 'Voltage_Sensor',
      title: { zh: '电压 L1', en: 'Voltage L1' },
    })
    expect(pointKind('voltage.l3_l1')?.title.en).toBe('Voltage L3-L1')
    expect(pointKind('energy.active.import.t2')?.title.zh).toBe('正向有功电能 T2')
  })

  test('a numbered point has its number in the title', () => {
    expect(pointKind('relay.3')?.title).toEqual({ zh: '继电器 3', en: 'Relay 3' })
  })

  test('a part in front is looked through and named', () => {
    const title = { zh: '亮度 (灯具 2)', en: 'Brightness (gear 2)' }
    expect(pointKind('gear.2/light.level')).toMatchObject({ unit: '%', title })
    expect(pointKind('roof.east/light.level')?.title.zh).toBe('亮度 (roof east)')
  })

  test("a vendor's own point is known but says nothing about kind and unit", () => {
    expect(pointKind('x.rail.3')).toEqual({ row: 'x', title: { zh: 'rail.3', en: 'rail.3' } })
  })

  test.each([
    'voltage',
    'voltage.l4',
    'voltage.1',
    'relay',
    'relay.01',
    'relay.x',
    'temperature.l1',
    'colour',
    'x',
    'x.',
    'X.a',
    '',
    '/',
    'gear.2/',
    '/light.level',
    'a/b/light.level',
    'constructor',
    '__proto__.l1',
  ])('%j is not in the vocabulary', (id) => {
    expect(pointKind(id)).toBeUndefined()
  })

  test('the total of a power needs no phase, a current does', () => {
    expect(pointKind('power.active')?.title.en).toBe('Active power')
    expect(pointKind('power.active.l2')?.title.en).toBe('Active power L2')
    expect(pointKind('current')).toBeUndefined()
  })
})

test.each(Object.entries(pointVocabulary))('%s has a unit of the table and an ordered range', (_, row) => {
  expect(isUnit(row.unit)).toBe(true)
  if (row.valid !== undefined) expect(row.valid[0]).toBeLessThan(row.valid[1])
  if (row.kind === 'bool') expect(row.unit).toBe('1')
})

test('every point name that travels as a number is in the vocabulary', () => {
  const names = pointNames.slice(1).map((_, i) => nameText(i + 1, isNumbered(i + 1) ? 7 : -1))
  expect(names.filter((name) => pointKind(name) === undefined)).toEqual([])
})
