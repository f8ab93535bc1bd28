import { expect, test } from 'vitest'
import type { WritableAs } from '#contract/catalogue.ts'
import { type CheckedPoint, refusalOf, type Wanted } from './check-command.ts'

const point = (
  kind: CheckedPoint['kind'],
  writable: Partial<WritableAs> | undefined,
  unit = '1',
): CheckedPoint => ({
  id: 'school-a/lamp-1/light.level',
  kind,
  unit,
  writable: writable === undefined ? undefined : { risk: 'low', verified: true, ...writable },
})
const level = point('num', { min: 10, max: 100, step: 5 }, '%')
const relay = point('bool', {})
const siren = point('bool', { values: [true], risk: 'high' })
const mode = point('enum', { options: ['auto', 'off'] })

type Case = Partial<Wanted> & { readonly to: CheckedPoint; readonly code?: string }

test.each<[string, Case]>([
  ['in range', { to: level, value: 55 }],
  ['a bound', { to: level, value: 100 }],
  ['below', { to: level, value: 5, code: 'VALUE_OUT_OF_RANGE' }],
  ['above', { to: level, value: 105, code: 'VALUE_OUT_OF_RANGE' }],
  ['between two steps', { to: level, value: 56, code: 'VALUE_OUT_OF_RANGE' }],
  ['text for a number', { to: level, value: '55', code: 'VALUE_OUT_OF_RANGE' }],
  ['infinity', { to: level, value: Number.POSITIVE_INFINITY, code: 'VALUE_OUT_OF_RANGE' }],
  ['a switch', { to: relay, value: false }],
  ['1 for true', { to: relay, value: 1, code: 'VALUE_OUT_OF_RANGE' }],
  ['an option', { to: mode, value: 'auto' }],
  ['no option', { to: mode, value: 'on', code: 'VALUE_OUT_OF_RANGE' }],
  ['confirmed risk', { to: siren, value: true, confirm: true }],
  ['unconfirmed risk', { to: siren, value: true, code: 'COMMAND_NEEDS_CONFIRM' }],
  ['a wrong value before the risk', { to: siren, value: false, code: 'VALUE_OUT_OF_RANGE' }],
  ['read only', { to: point('num', undefined), value: 1, code: 'POINT_NOT_WRITABLE' }],
  ['for administrators', { to: point('bool', { role: 'admin' }), roles: ['facilities'], code: 'FORBIDDEN' }],
  ['an administrator', { to: point('bool', { role: 'admin' }), roles: ['admin'] }],
])('%s', (_name, { to, code, ...wanted }) => {
  expect(refusalOf(to, { value: true, confirm: false, roles: ['facilities'], ...wanted })?.code).toBe(code)
})

test('the refusal says what was expected', () => {
  const refused = refusalOf(level, { value: 140, confirm: false, roles: ['admin'] })
  expect(refused?.message).toBe('school-a/lamp-1/light.level: expected 10 to 100 %, got 140')
  expect(refused?.details).toEqual({ expected: '10 to 100 %', min: 10, max: 100, step: 5 })
})
