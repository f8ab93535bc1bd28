import { expect, test } from 'vitest'
import { textOfValue } from './value-text.ts'

test('a value is written line by line, as in the file', () => {
  const value = { id: 'a', params: { x: [1, { y: 2, z: 3 }] }, none: [], off: null }
  expect(textOfValue(value)).toBe(
    'id: a\nparams:\n  x:\n    - 1\n    - y: 2\n      z: 3\nnone: []\noff: null',
  )
  expect(textOfValue('1GB')).toBe('1GB')
})
