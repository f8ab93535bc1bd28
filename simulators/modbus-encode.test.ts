import { expect, test } from 'vitest'
import { fromWords, type RegisterLayout, toWords } from './modbus-encode.ts'

const layout = (type: RegisterLayout['type'], order: RegisterLayout['order'] = 'ABCD', count = 1) => ({
  type,
  order,
  count,
})

// Worked out by hand: 230.2 as IEEE 754 is 43 66 33 33.
test.each([
  ['ABCD', [0x4366, 0x3333]],
  ['CDAB', [0x3333, 0x4366]],
  ['BADC', [0x6643, 0x3333]],
  ['DCBA', [0x3333, 0x6643]],
] as const)('230.2 V in byte order %s', (order, words) => {
  expect(toWords(230.2, layout('f32', order))).toEqual(words)
  expect(fromWords(words, layout('f32', order))).toBeCloseTo(230.2, 4)
})

test.each([
  ['u16', 65_535, [0xffff]],
  ['i16', -5, [0xfffb]],
  ['u32', 0x12345678, [0x1234, 0x5678]],
  ['i32', -2, [0xffff, 0xfffe]],
  ['u64', 2 ** 40 + 1, [0, 0x0100, 0, 1]],
  ['i64', -1, [0xffff, 0xffff, 0xffff, 0xffff]],
  ['f64', 1.5, [0x3ff8, 0, 0, 0]],
] as const)('%s %d', (type, value, words) => {
  expect(toWords(value, layout(type))).toEqual(words)
  expect(fromWords(words, layout(type))).toBe(value)
})

test('a number that does not fit is held at the end of the range', () => {
  expect(toWords(70_000, layout('u16'))).toEqual([0xffff])
  expect(toWords(-1, layout('u16'))).toEqual([0])
  expect(toWords(-40_000, layout('i16'))).toEqual([0x8000])
})

test('a text is padded with zeros', () => {
  expect(toWords('AB1', layout('text', 'ABCD', 3))).toEqual([0x4142, 0x3100, 0])
  expect(fromWords([0x4142, 0x3100, 0], layout('text', 'ABCD', 3))).toBe('AB1')
})

test('too few registers give nothing', () => {
  expect(fromWords([0x4366], layout('f32'))).toBeUndefined()
})
