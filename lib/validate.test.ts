import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { validator } from './validate.ts'

const check = validator(
  Type.Object({ unit: Type.Integer({ minimum: 1 }), name: Type.String() }, { additionalProperties: false }),
)

test('a good value comes back typed', () => {
  expect(check({ unit: 1, name: 'meter' })).toEqual({ ok: true, value: { unit: 1, name: 'meter' } })
})

test('every problem is listed with its path', () => {
  const result = check({ unit: 0, name: 3, colour: 'red' })
  expect(result.ok).toBe(false)
  const paths = result.ok ? [] : result.problems.map((problem) => problem.path)
  expect(paths).toContain('/unit')
  expect(paths).toContain('/name')
  expect(paths).toHaveLength(3)
})

test('a missing key is named at the place where it should stand', () => {
  const result = check({ unit: 1 })
  expect(result).toEqual({ ok: false, problems: [{ path: '/name', message: 'is missing' }] })
})
