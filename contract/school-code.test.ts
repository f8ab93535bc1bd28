import { expect, test } from 'vitest'
import { provinces, schoolCategories, wrongParts } from './school-code.ts'

/** As written down in the digest of the coding rules, independent of the tables here. */
const published =
  /^(11|2[12]|3[1-7]|4[12]|51|9[1-3])(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{6}$/

test('codes of real institutions are right', () => {
  for (const code of ['4111010001', '4145014684', '2131000001', '3437000123'])
    expect(wrongParts(code)).toEqual([])
})

test('the wrong part is named, and every wrong part', () => {
  expect(wrongParts('313100000')).toEqual([{ part: 'digits', found: '313100000' }])
  expect(wrongParts('31310000０1')).toEqual([{ part: 'digits', found: '31310000０1' }])
  expect(wrongParts('3831000001')).toEqual([{ part: 'category', found: '38' }])
  expect(wrongParts('3101000001')).toEqual([{ part: 'province', found: '01' }])
  expect(wrongParts('0099000001').map(({ part }) => part)).toEqual(['category', 'province'])
  expect(wrongParts('4111110001')).toEqual([{ part: 'serial', found: '110001' }])
})

test('categories and provinces are exactly those that the rules name', () => {
  const pairs = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(4, '0'))
  const wrong = pairs.filter((pair) => {
    const isRight = wrongParts(`${pair}000001`).length === 0
    return isRight !== published.test(`${pair}000001`)
  })
  expect(wrong).toEqual([])
  expect(Object.keys(schoolCategories)).toHaveLength(16)
  expect(Object.keys(provinces)).toHaveLength(34)
})
