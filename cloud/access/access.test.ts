import { expect, test } from 'vitest'
import { allows, permissions, roles } from '#contract/permissions.ts'
import { Access, type Thing } from './access.ts'

const parents: Readonly<Record<string, string>> = {
  'school-a': 'city',
  'lab-a': 'school-a',
  'school-b': 'city',
}
const standing: Readonly<Record<string, string>> = {
  'gw-a': 'school-a',
  'gw-a/lamp': 'lab-a',
  'gw-b': 'school-b',
}

const places = {
  above: (node: string) => {
    const above = new Set<string>()
    for (let at: string | undefined = node; at !== undefined; at = parents[at]) above.add(at)
    return above
  },
  placeOf: (gateway: string, device = '') => standing[`${gateway}/${device}`] ?? standing[gateway],
}

const refused = (access: Access, thing: Thing) => {
  try {
    access.require('commands.give', thing)
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test.each([
  [{ gateway: 'gw-a' }, 'done'],
  [{ gateway: 'gw-a', device: 'lamp' }, 'done'],
  [{ gateway: 'gw-a', device: 'not-there' }, 'done'],
  [{ node: 'lab-a' }, 'done'],
  [{ gateway: 'gw-b' }, 'FORBIDDEN'],
  [{ node: 'city' }, 'NOT_FOUND'],
  [{ gateway: 'nowhere' }, 'NOT_FOUND'],
  ['everything', 'FORBIDDEN'],
] as const)('facilities of one school, official of the other: %o is %s', (thing, outcome) => {
  const access = new Access(
    [
      { role: 'facilities', node: 'school-a' },
      { role: 'bureau', node: 'school-b' },
    ],
    places,
  )
  expect(refused(access, thing)).toBe(outcome)
  expect(access.nodes('view')).toEqual(['school-a', 'school-b'])
  expect(access.nodes('commands.give')).toEqual(['school-a'])
  expect(access.nodes('users.manage')).toEqual([])
})

test('a grant at a room shows what stands in the room, and not its gateway', () => {
  const access = new Access([{ role: 'guard', node: 'lab-a' }], places)
  expect(access.can('view', { gateway: 'gw-a', device: 'lamp' })).toBe(true)
  expect(access.can('view', { gateway: 'gw-a' })).toBe(false)
  expect(access.can('view', { gateway: 'gw-a', device: 'meter' })).toBe(false)
})

test('a grant everywhere counts for what stands nowhere', () => {
  const access = new Access([{ role: 'bureau' }, { role: 'admin', node: 'school-a' }], places)
  expect(access.can('view', { gateway: 'unplaced' })).toBe(true)
  expect(access.nodes('view')).toBeUndefined()
  expect(access.nodes('users.manage')).toEqual(['school-a'])
  expect(access.can('users.manage', 'everything')).toBe(false)
})

test('nobody without a grant sees anything', () => {
  const access = new Access([], places)
  expect(access.permissions).toEqual([])
  expect(access.nodes('view')).toEqual([])
  expect(access.can('view', { node: 'city' })).toBe(false)
})

test('officials and screens only look; everybody who may do something may look', () => {
  for (const role of roles) expect(allows(role, 'view')).toBe(true)
  for (const role of ['bureau', 'screen'] as const)
    expect(permissions.filter((permission) => allows(role, permission))).toEqual(['view'])
})
