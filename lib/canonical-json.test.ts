import { expect, test } from 'vitest'
import { canonicalJson, jsonDigest } from './canonical-json.ts'

test('the order of keys does not count, the order of a list does', () => {
  expect(canonicalJson({ b: [2, { d: 1, c: null }], a: undefined, A: 'ä' })).toBe(
    '{"A":"ä","b":[2,{"c":null,"d":1}]}',
  )
  expect(jsonDigest({ a: 1, b: 2 })).toBe(jsonDigest({ b: 2, a: 1 }))
  expect(jsonDigest([1, 2])).not.toBe(jsonDigest([2, 1]))
})

test('a key that looks like a number or a prototype keeps its value', () => {
  expect(canonicalJson(JSON.parse('{"10":1,"9":2,"__proto__":3}'))).toBe('{"9":2,"10":1,"__proto__":3}')
})
