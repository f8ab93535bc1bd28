import { expect, test } from 'vitest'
import { grantsFor, valuesAt } from './claims.ts'

const claims = {
  sub: 'u-1',
  groups: ['teachers', 'school-3131000001-guard', 'school-9999999999-guard'],
  realm_access: { roles: ['offline', 'campus-admin'] },
  'https://id.example/claims': { unit: { code: '3131000002' } },
  level: 3,
  empty: null,
}
const places = {
  ids: new Set(['city', 'school-a', 'school-b']),
  bySchoolCode: new Map([
    ['3131000001', 'school-a'],
    ['3131000002', 'school-b'],
  ]),
}

test.each([
  ['sub', ['u-1']],
  ['realm_access.roles', ['offline', 'campus-admin']],
  ['https://id.example/claims.unit.code', ['3131000002']],
  ['level', ['3']],
  ['empty', []],
  ['realm_access', []],
  ['no.such', []],
  ['constructor', []],
  ['__proto__.x', []],
])('the values at %s', (path, values) => {
  expect(valuesAt(claims, path)).toEqual(values)
})

test('every rule that fits counts; a school is found by the code in the claim', () => {
  const rules = [
    { claim: 'groups', matches: 'school-(\\d{10})-guard', role: 'guard', school: '$1' },
    { claim: 'realm_access.roles', value: 'campus-admin', role: 'admin' },
    { claim: 'https://id.example/claims.unit.code', matches: '.*', role: 'lead', school: '$0' },
    { claim: 'groups', value: 'teachers', role: 'bureau', node: 'city' },
    { claim: 'groups', value: 'teachers', role: 'bureau', node: 'city' },
  ] as const
  expect(grantsFor(rules, claims, places)).toEqual([
    { role: 'guard', node: 'school-a' },
    { role: 'admin' },
    { role: 'lead', node: 'school-b' },
    { role: 'bureau', node: 'city' },
  ])
})

test('an expression has to fit as a whole, a place has to be there', () => {
  for (const rule of [
    { claim: 'groups', matches: 'teach', role: 'admin' },
    { claim: 'groups', matches: 'guard|teach', role: 'admin' },
    { claim: 'groups', value: 'Teachers', role: 'admin' },
    { claim: 'groups', value: 'teachers', role: 'admin', node: 'moon' },
    { claim: 'groups', value: 'teachers', role: 'admin', school: '$1' },
    { claim: 'missing', role: 'admin' },
  ] as const)
    expect(grantsFor([rule], claims, places)).toEqual([])
})
