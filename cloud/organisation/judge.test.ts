import { expect, test } from 'vitest'
import { nodeKinds, parentKinds, roomTypeNames } from '#contract/organisation.ts'
import { holdProblems, judge, newProblems } from './judge.ts'
import type { Inventory, Organisation, OrgNode } from './organisation.ts'

const inventory: Inventory = {
  gateways: new Set(['school-a']),
  devices: new Map([
    ['school-a/cam-1', 'camera'],
    ['school-a/lux-1', 'sensor.env'],
  ]),
}

function node(id: string, kind: OrgNode['kind'], more: Partial<OrgNode> = {}): OrgNode {
  return { id, kind, title: { zh: id }, ...more }
}

const school = [
  node('lingang', 'bureau'),
  node('east', 'district', { parent: 'lingang' }),
  node('campus-a', 'campus', { parent: 'east', schoolCode: '3131000001', stages: ['junior'], people: 900 }),
  node('house-1', 'building', { parent: 'campus-a', floors: 3 }),
  node('house-1-1', 'floor', { parent: 'house-1', level: 1 }),
  node('room-101', 'room', { parent: 'house-1-1', roomType: 'ordinary-classroom', areaM2: 67.5, people: 45 }),
]

function tree(nodes: readonly OrgNode[], places: Partial<Organisation> = {}): Organisation {
  return { nodes, gateways: new Map(), devices: new Map(), ...places }
}

const found = (organisation: Organisation) =>
  judge(organisation, inventory).map(({ code, node: id, field }) => [code, id, field])

test('a whole school under a district of a bureau is right', () => {
  const places = {
    gateways: new Map([['school-a', 'campus-a']]),
    devices: new Map([['school-a/lux-1', 'room-101']]),
  }
  expect(judge(tree(school, places), inventory)).toEqual([])
})

test('a kind stands only under its parents', () => {
  const wrong: string[] = []
  for (const kind of nodeKinds) {
    for (const parentKind of [...nodeKinds, null]) {
      const nodes = parentKind === null ? [] : [node('above', parentKind)]
      const under = parentKind === null ? node('it', kind) : node('it', kind, { parent: 'above' })
      const isRefused = found(tree([...nodes, under])).some(
        ([code, id]) => code === 'parent-kind' && id === 'it',
      )
      if (isRefused === parentKinds[kind].includes(parentKind)) wrong.push(`${kind} under ${parentKind}`)
    }
  }
  expect(wrong).toEqual([])
  expect(judge(tree([node('r', 'room')]), inventory)).toEqual([
    { code: 'parent-kind', node: 'r', field: 'parent', params: { kind: 'room', parentKind: 'top' } },
  ])
})

test('what hangs in a loop has a wrong kind above it', () => {
  for (const kind of nodeKinds) {
    for (const other of nodeKinds) {
      const loop = [node('a', kind, { parent: 'b' }), node('b', other, { parent: 'a' })]
      expect(found(tree(loop)).map(([code]) => code)).toContain('parent-kind')
    }
  }
})

test('nothing hangs on what is not there', () => {
  expect(found(tree([node('b', 'building', { parent: 'gone' })]))).toEqual([
    ['parent-unknown', 'b', 'parent'],
  ])
})

test('what says something that its kind does not have, or has no name', () => {
  const bureau = node('lingang', 'bureau', { schoolCode: '3131000001', title: { zh: '' } })
  expect(found(tree([bureau]))).toEqual([
    ['title-missing', 'lingang', 'title'],
    ['not-for-kind', 'lingang', 'schoolCode'],
  ])
})

test('a school code says which part is wrong', () => {
  const campus = node('c', 'campus', { schoolCode: '9901000001' })
  expect(judge(tree([campus]), inventory)).toEqual([
    { code: 'school-code-category', node: 'c', field: 'schoolCode', params: { found: '99' } },
    { code: 'school-code-province', node: 'c', field: 'schoolCode', params: { found: '01' } },
  ])
})

test('an outline is checked', () => {
  const campus = node('c', 'campus', { footprint: { type: 'Polygon', coordinates: [] } })
  expect(found(tree([campus]))).toEqual([['footprint-shape', 'c', 'footprint']])
})

test('a building has each floor once, and buildings do not share them', () => {
  const again = node('house-1-b', 'floor', { parent: 'house-1', level: 1 })
  expect(judge(tree([...school, again]), inventory)).toEqual([
    { code: 'level-twice', node: 'house-1-b', field: 'level', params: { level: 1, other: 'house-1-1' } },
  ])
  const house = node('house-2', 'building', { parent: 'campus-a' })
  expect(found(tree([...school, house, { ...again, parent: 'house-2' }]))).toEqual([])
})

test('a gateway stands at a campus or deeper, and is one that exists', () => {
  const at = (...places: [string, string][]) => found(tree(school, { gateways: new Map(places) }))
  expect(at(['school-a', 'east'])).toEqual([['gateway-kind', 'east', 'gateways']])
  expect(at(['school-x', 'campus-a'])).toEqual([['gateway-unknown', 'campus-a', 'gateways']])
  expect(at(['school-a', 'gone'])).toEqual([['place-unknown', 'gone', 'gateways']])
  expect(at(['school-a', 'room-101'])).toEqual([])
})

test('no camera in a room where people undress or sleep; anything else may be there', () => {
  const inRoom = (roomType: OrgNode['roomType'], device: string) =>
    judge(
      tree(
        [...school.slice(0, 5), node('room', 'room', { parent: 'house-1-1', ...(roomType && { roomType }) })],
        {
          devices: new Map([[device, 'room']]),
        },
      ),
      inventory,
    ).map(({ code, params }) => [code, params])
  const forbidden = roomTypeNames.filter((type) => inRoom(type, 'school-a/cam-1').length > 0)
  expect(forbidden).toEqual([
    'dormitory-room',
    'staff-lodging',
    'toilet',
    'bathroom',
    'changing-room',
    'nursing-room',
  ])
  expect(inRoom('toilet', 'school-a/cam-1')).toEqual([
    ['camera-private', { device: 'school-a/cam-1', roomType: 'toilet' }],
  ])
  expect(inRoom('toilet', 'school-a/lux-1')).toEqual([])
  expect(inRoom(undefined, 'school-a/cam-1')).toEqual([])
  expect(inRoom('toilet', 'school-a/gone')).toEqual([['device-unknown', { device: 'school-a/gone' }]])
})

test('what hangs on a place is counted and named', () => {
  const many = Array.from({ length: 7 }, (_, i) => node(`b-${i}`, 'building', { parent: 'campus-a' }))
  const organisation = tree([...school.slice(0, 3), ...many], {
    gateways: new Map([['school-a', 'campus-a']]),
    devices: new Map([['school-a/lux-1', 'campus-a']]),
  })
  expect(holdProblems('campus-a', organisation)).toEqual([
    { code: 'holds-nodes', node: 'campus-a', params: { held: 7, names: 'b-0, b-1, b-2, b-3, b-4' } },
    { code: 'holds-gateways', node: 'campus-a', params: { held: 1, names: 'school-a' } },
    { code: 'holds-devices', node: 'campus-a', params: { held: 1, names: 'school-a/lux-1' } },
  ])
  expect(holdProblems('b-0', organisation)).toEqual([])
})

test('what was wrong before is not held against a change', () => {
  const before = judge(tree([node('c', 'campus', { title: {} })]), inventory)
  const after = judge(
    tree([node('c', 'campus', { title: {} }), node('d', 'campus', { title: {} })]),
    inventory,
  )
  expect(newProblems(before, after).map((problem) => problem.node)).toEqual(['d'])
})
