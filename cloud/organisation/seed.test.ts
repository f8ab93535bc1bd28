import { expect, test } from 'vitest'
import { judge } from './judge.ts'
import { seedOf } from './seed.ts'

const gateways = [
  { id: 'school-a', title: { en: 'A' } },
  { id: 'school-b', title: {} },
]

test('the configuration becomes a tree; a gateway on no campus gets a campus of its own', () => {
  const campus = { id: 'campus-a', title: { zh: '本部' }, schoolCode: '3131000001', gateways: ['school-a'] }
  const { tree, leftOut } = seedOf({
    bureau: { id: 'lingang', title: { zh: '局' } },
    campuses: [campus],
    gateways,
  })
  expect(tree.nodes).toEqual([
    { id: 'lingang', kind: 'bureau', title: { zh: '局' } },
    { id: 'campus-a', kind: 'campus', parent: 'lingang', title: { zh: '本部' }, schoolCode: '3131000001' },
    { id: 'school-b', kind: 'campus', parent: 'lingang', title: { en: 'school-b' } },
  ])
  expect(tree.gateways).toEqual(
    new Map([
      ['school-a', 'campus-a'],
      ['school-b', 'school-b'],
    ]),
  )
  expect(leftOut).toEqual([])
})

test('whatever the configuration says, the first tree breaks no rule', () => {
  const campuses = [
    { id: 'school-b', title: {}, schoolCode: '3101000001', gateways: [] },
    { id: 'campus-a', title: { zh: '' }, gateways: ['school-a'] },
  ]
  const { tree, leftOut } = seedOf({ campuses, gateways })
  expect(judge(tree, { gateways: new Set(['school-a', 'school-b']), devices: new Map() })).toEqual([])
  expect(leftOut).toEqual([{ id: 'school-b', schoolCode: '3101000001' }])
  // Its name is taken by a campus where it does not stand: it stands nowhere until somebody says where.
  expect(tree.gateways).toEqual(new Map([['school-a', 'campus-a']]))
  expect(seedOf({ campuses: [], gateways: [] }).tree.nodes).toEqual([])
})
