import { expect, test } from 'vitest'
import { signInProblems } from './sign-in-problems.ts'

const rule = { claim: 'groups', value: 'a', role: 'guard' } as const
const oidc = { id: 'city', title: {}, issuer: 'https://id.example', clientId: 'c', scopes: [], rules: [rule] }
const cas = { id: 'sso', title: {}, url: 'https://sso.example/cas', rules: [rule] }
const sessions = { lifetime: '7d', idle: '12h' }
const signIn = { publicUrl: 'https://campus.example', secondFactor: [], oidc: [oidc], cas: [cas] }
const paths = (change: Partial<typeof signIn> | object, times: Partial<typeof sessions> = {}) =>
  signInProblems({ signIn: { ...signIn, ...change }, sessions: { ...sessions, ...times } }).map(({ path }) =>
    path.join('.'),
  )

test('a good one has none; services on this machine may speak http', () => {
  expect(paths({})).toEqual([])
  expect(paths({ cas: [{ ...cas, url: 'http://127.0.0.1:81/cas' }] })).toEqual([])
  expect(paths({ oidc: [], cas: [], publicUrl: undefined })).toEqual([])
})

test('every problem is named with its place', () => {
  expect(paths({ publicUrl: undefined })).toEqual(['signIn.publicUrl'])
  expect(paths({ cas: [{ ...cas, id: 'city' }] })).toEqual(['signIn.cas.0.id'])
  expect(paths({ oidc: [{ ...oidc, issuer: 'http://id.example' }] })).toEqual(['signIn.oidc.0.issuer'])
  expect(paths({ cas: [{ ...cas, url: 'http://localhost.evil.example' }] })).toEqual(['signIn.cas.0.url'])
  const rules = [
    { ...rule, matches: 'b' },
    { claim: 'g', role: 'guard', node: 'n', school: '1' },
    { claim: 'g', role: 'guard', school: '$1' },
    { claim: 'g', role: 'guard', matches: '(' },
  ]
  expect(paths({ oidc: [{ ...oidc, rules }] })).toEqual([
    'signIn.oidc.0.rules.0',
    'signIn.oidc.0.rules.1',
    'signIn.oidc.0.rules.2.school',
    'signIn.oidc.0.rules.3.matches',
  ])
  expect(paths({}, { lifetime: '8h', idle: '5m' })).toEqual(['sessions.lifetime', 'sessions.idle'])
})
