import { expect, test } from 'vitest'
import { type DangerAction, type DangerState, dangerActions, dangerStates } from '#contract/dangers.ts'
import type { Permission } from '#contract/permissions.ts'
import { refusalOf } from './judge-action.ts'

const [inspector, mender] = ['inspector', 'mender']

/** Where each action leads from each state; `-` is a refusal. */
const table: Readonly<Record<DangerState, Readonly<Record<DangerAction, 'yes' | '-'>>>> = {
  found: row('grade'),
  graded: row('grade', 'assign'),
  assigned: row('assign', 'fix'),
  fixed: row('pass', 'fail'),
  rechecked: row('close', 'reopen'),
  closed: row('reopen'),
}

function row(...allowed: DangerAction[]): Readonly<Record<DangerAction, 'yes' | '-'>> {
  const yes: readonly DangerAction[] = [...allowed, 'comment']
  return Object.fromEntries(
    dangerActions.map((action) => [action, yes.includes(action) ? 'yes' : '-']),
  ) as Record<DangerAction, 'yes' | '-'>
}

const permissionsOf: Readonly<Record<string, readonly Permission[]>> = {
  lead: ['view', 'dangers.handle', 'dangers.review'],
  facilities: ['view', 'dangers.handle'],
  bureau: ['view'],
}

const cases = dangerStates.flatMap((state) =>
  dangerActions.flatMap((action) => Object.keys(permissionsOf).map((role) => ({ state, action, role }))),
)

test.each(cases)('$role: $action when $state', ({ state, action, role }) => {
  const granted = permissionsOf[role] ?? []
  const access = { can: (permission: Permission) => granted.includes(permission) }
  const danger = { id: 'd', node: 'campus-a', state, assignee: mender, fixed_by: mender }
  const actor = { id: role === 'lead' ? inspector : mender }
  const refusal = refusalOf(danger, action, actor, access)
  const mine: readonly DangerAction[] = ['fix', 'comment']
  const may = role === 'lead' || (role === 'facilities' && mine.includes(action))
  const expected = may ? (table[state][action] === 'yes' ? undefined : 'CONFLICT') : 'FORBIDDEN'
  expect(refusal?.code).toBe(expected)
})

test('nobody inspects his own work, and nobody mends what is assigned to somebody else', () => {
  const lead = { can: () => true }
  const handler = { can: (permission: Permission) => permission === 'dangers.handle' }
  const fixed = { id: 'd', node: 'n', state: 'fixed', assignee: 'x', fixed_by: 'me' }
  for (const action of ['pass', 'fail'] as const)
    expect(refusalOf(fixed, action, { id: 'me' }, lead)?.code).toBe('FORBIDDEN')
  const assigned = { ...fixed, state: 'assigned' }
  expect(refusalOf(assigned, 'fix', { id: 'me' }, handler)?.code).toBe('FORBIDDEN')
  expect(refusalOf(assigned, 'fix', { id: 'x' }, handler)).toBeUndefined()
})
