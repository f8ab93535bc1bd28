import { expect, test } from 'vitest'
import { signInSearch } from './sign-in-search.ts'

test('after signing in one comes back to a page of the console and to no other site', () => {
  expect(signInSearch({ next: '/devices?q=a' })).toEqual({ next: '/devices?q=a' })
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 7, undefined]) {
    expect(signInSearch({ next })).toEqual({})
  }
})
