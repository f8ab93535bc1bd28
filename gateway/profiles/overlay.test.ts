import { expect, test } from 'vitest'
import { laidOver } from './overlay.ts'

test('null deletes what is there, and is nothing where there is nothing to delete', () => {
  const under = { points: { a: 1, b: 2 } }
  const once = laidOver(under, { points: { b: null } })
  expect(once).toEqual({ points: { a: 1 } })
  // Another overlay of the same profile deletes it again.
  expect(laidOver(once, { points: { b: null } })).toEqual({ points: { a: 1 } })
  expect(under).toEqual({ points: { a: 1, b: 2 } })
})
