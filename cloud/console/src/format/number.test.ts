import { expect, test } from 'vitest'
import { bytesText, countText, numberText } from './number.ts'

test('a number keeps the decimals that say something', () => {
  expect(numberText(229.7349, 'zh-CN')).toBe('229.73')
  expect(numberText(0.0421, 'en')).toBe('0.042')
  expect(numberText(1_234_567.891, 'en')).toBe('1,234,567.9')
  expect(numberText(12, 'en')).toBe('12')
})

test('a tiny negative number is not shown as minus zero', () => {
  expect(numberText(-0.0001, 'en')).toBe('0')
})

test('counts and sizes are grouped and short', () => {
  expect(countText(12_345, 'en')).toBe('12,345')
  expect(bytesText(512_000_000, 'en')).toBe('512 MB')
  expect(bytesText(1_500, 'en')).toBe('1.5 kB')
  expect(bytesText(0, 'en')).toBe('0 B')
})
