import { expect, test } from 'vitest'
import { signInSearch } from './sign-in-search.ts'

test('after signing in one comes back to a page of the console and to no other site', () => {
  expect(signInSearch({ next: '/devices?q=a' })).toEqual({ next: '/devices?q=a' })
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 7, undefined]) {
    expect(signInSearch({ next })).toEqual({})
  }
})

test('only codes that we know are told', () => {
  expect(signInSearch({ problem: 'ACCOUNT_UNMAPPED' })).toEqual({ problem: 'ACCOUNT_UNMAPPED' })
  for (const problem of ['constructor', 'Call this number', 7]) expect(signInSearch({ problem })).toEqual({})
})
