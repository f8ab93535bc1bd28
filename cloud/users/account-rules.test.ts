import { expect, test } from 'vitest'
import { Access } from '#cloud/access/access.ts'
import type { Grant } from '#contract/api/session.ts'
import { roles } from '#contract/permissions.ts'
import { grantProblems, looksAfter, refuseLockOut } from './account-rules.ts'

const above: Readonly<Record<string, string[]>> = {
  city: ['city'],
  'school-a': ['city', 'school-a'],
  'school-b': ['city', 'school-b'],
  'house-a': ['city', 'school-a', 'house-a'],
}
const places = { above: (node: string) => new Set(above[node] ?? []), placeOf: () => undefined }
const isPlace = (node: string) => node in above
const of = (...grants: Grant[]) => new Access(grants, places)

test('an account is looked after by whose places hold all of its roles', () => {
  const admin = of({ role: 'admin', node: 'school-a' })
  expect(looksAfter(admin, [{ role: 'guard', node: 'house-a' }])).toBe(true)
  for (const grants of [
    [{ role: 'guard', node: 'school-b' }],
    [
      { role: 'guard', node: 'school-a' },
      { role: 'guard', node: 'school-b' },
    ],
    [{ role: 'bureau', node: 'city' }],
    [{ role: 'bureau' }],
    [],
  ] as Grant[][])
    expect(looksAfter(admin, grants)).toBe(false)
  expect(looksAfter(of({ role: 'admin' }), [])).toBe(true)
  expect(looksAfter(of({ role: 'lead' }), [{ role: 'guard', node: 'school-a' }])).toBe(false)
})

test('roles are given at one’s own places only, and what one may not see is no place', () => {
  const admin = of({ role: 'admin', node: 'school-a' }, { role: 'bureau', node: 'school-b' })
  for (const role of roles) expect(grantProblems(admin, [{ role, node: 'house-a' }], isPlace)).toEqual([])
  expect(() => grantProblems(admin, [{ role: 'screen' }], isPlace)).toThrow(/everywhere/)
  expect(() => grantProblems(admin, [{ role: 'guard', node: 'school-b' }], isPlace)).toThrow(/school-b/)
  const no = 'is no place of the organisation'
  expect(grantProblems(admin, [{ role: 'guard', node: 'city' }], isPlace)).toEqual([
    { path: 'body/grants/0/node', message: no },
  ])
  const same = { role: 'guard', node: 'school-a' } as const
  expect(grantProblems(admin, [same, { role: 'lead', node: 'moon' }, same], isPlace)).toEqual([
    { path: 'body/grants/1/node', message: no },
    { path: 'body/grants/2', message: 'is there twice' },
  ])
})

const admin = { grants: [{ role: 'admin' } as Grant], enabled: true, hasPassword: true }
const narrowed = { ...admin, grants: [{ role: 'admin', node: 'school-a' } as Grant] }
const guard = { ...admin, grants: [{ role: 'guard' } as Grant] }

test.each([
  ['oneself', admin, undefined, { isOwn: true, otherAdmins: 9 }],
  ['oneself switched off', admin, { ...admin, enabled: false }, { isOwn: true, otherAdmins: 9 }],
  ['one’s own last role as administrator', narrowed, guard, { isOwn: true, otherAdmins: 9 }],
  ['the last administrator', admin, undefined, { isOwn: false, otherAdmins: 0 }],
  [
    'the last administrator switched off',
    admin,
    { ...admin, enabled: false },
    { isOwn: false, otherAdmins: 0 },
  ],
  ['the last administrator, made smaller', admin, narrowed, { isOwn: true, otherAdmins: 0 }],
])('refused: %s', (_, before, after, by) => {
  expect(() => refuseLockOut(before, after, by)).toThrow(/nobody|last administrator/)
})

test.each([
  ['another administrator of several', admin, undefined, { isOwn: false, otherAdmins: 1 }],
  ['oneself made smaller while there are others', admin, narrowed, { isOwn: true, otherAdmins: 1 }],
  ['a guard', guard, undefined, { isOwn: false, otherAdmins: 0 }],
  [
    'an administrator who has no password here',
    { ...admin, hasPassword: false },
    undefined,
    { isOwn: false, otherAdmins: 0 },
  ],
])('done: %s', (_, before, after, by) => {
  expect(() => refuseLockOut(before, after, by)).not.toThrow()
})
