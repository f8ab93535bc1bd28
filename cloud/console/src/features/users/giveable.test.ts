import { expect, test } from 'vitest'
import type { TreeNode } from '#contract/api/tree.ts'
import { modelOf } from '../tree/tree-model.ts'
import { giveable } from './giveable.ts'

const node = (id: string, parent?: string) =>
  ({
    id,
    kind: 'campus',
    title: {},
    devices: 0,
    gateways: [],
    ...(parent === undefined ? {} : { parent }),
  }) as unknown as TreeNode
const model = modelOf([
  node('city'),
  node('school-a', 'city'),
  node('house-a', 'school-a'),
  node('school-b', 'city'),
])

test('roles are offered at one’s own places and below', () => {
  expect(giveable([{ role: 'admin', node: 'school-a' }, { role: 'bureau' }], model)).toEqual({
    everywhere: false,
    nodes: ['school-a', 'house-a'],
  })
  expect(giveable([{ role: 'admin' }], model)).toMatchObject({ everywhere: true, nodes: { length: 4 } })
  expect(giveable([{ role: 'lead', node: 'city' }], model)).toEqual({ everywhere: false, nodes: [] })
})
