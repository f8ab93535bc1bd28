import { expect, test } from 'vitest'
import type { Organisation, OrgNode } from './organisation.ts'
import { digestOf, planChanges } from './plan-changes.ts'

function node(id: string, kind: OrgNode['kind'], more: Partial<OrgNode> = {}): OrgNode {
  return { id, kind, title: { zh: id }, ...more }
}

const outline = {
  type: 'Polygon' as const,
  coordinates: [
    [
      [121, 31],
      [122, 31],
      [122, 32],
      [121, 31],
    ],
  ],
}
const before: Organisation = {
  nodes: [
    node('campus', 'campus', { footprint: outline, people: 900 }),
    node('a', 'building', { parent: 'campus' }),
    node('b', 'building', { parent: 'campus' }),
    node('c', 'building', { parent: 'campus' }),
    node('a-1', 'floor', { parent: 'a', level: 1 }),
    node('room', 'room', { parent: 'a-1', areaM2: 60 }),
  ],
  gateways: new Map([['school-a', 'campus']]),
  devices: new Map([['school-a/lux-1', 'room']]),
}

test('the same tree is no change, whatever the order of branches in the list', () => {
  const shuffled = [...before.nodes].sort((x, y) => (x.parent ?? '').localeCompare(y.parent ?? ''))
  expect(planChanges(before, { ...before, nodes: structuredClone(shuffled) })).toEqual([])
})

test('create, update and move with old and new; absent stays absent', () => {
  const nodes = before.nodes
    .filter(({ id }) => id !== 'room')
    .map((one) =>
      one.id === 'campus' ? { ...node('campus', 'campus'), title: { zh: '本部', en: 'Main' } } : one,
    )
  const moved = { ...node('room', 'room', { parent: 'b', areaM2: 61 }) }
  const created = node('b-1', 'floor', { parent: 'b', level: 1 })
  expect(planChanges(before, { ...before, nodes: [...nodes, moved, created] })).toEqual([
    {
      op: 'update',
      what: 'node',
      id: 'campus',
      title: { zh: '本部', en: 'Main' },
      fields: [
        { field: 'titleZh', from: 'campus', to: '本部' },
        { field: 'titleEn', to: 'Main' },
        { field: 'people', from: 900 },
        { field: 'footprint', from: { type: 'Polygon', vertices: 4 } },
      ],
    },
    {
      op: 'move',
      what: 'node',
      id: 'room',
      title: { zh: 'room' },
      fields: [{ field: 'parent', from: 'a-1', to: 'b' }],
    },
    {
      op: 'update',
      what: 'node',
      id: 'room',
      title: { zh: 'room' },
      fields: [{ field: 'areaM2', from: 60, to: 61 }],
    },
    {
      op: 'create',
      what: 'node',
      id: 'b-1',
      title: { zh: 'b-1' },
      fields: [
        { field: 'kind', to: 'floor' },
        { field: 'parent', to: 'b' },
        { field: 'titleZh', to: 'b-1' },
        { field: 'level', to: 1 },
      ],
    },
  ])
})

test('children are deleted before their parents, and what stood there is told', () => {
  const after: Organisation = {
    nodes: before.nodes.slice(0, 4).filter(({ id }) => id !== 'a'),
    gateways: new Map(),
    devices: new Map(),
  }
  expect(planChanges(before, after)).toMatchObject([
    { op: 'place', what: 'gateway', id: 'school-a', fields: [{ field: 'place', from: 'campus' }] },
    { op: 'place', what: 'device', id: 'school-a/lux-1', fields: [{ field: 'place', from: 'room' }] },
    { op: 'delete', id: 'room' },
    { op: 'delete', id: 'a-1' },
    { op: 'delete', id: 'a' },
  ])
})

test('another order of what stayed is one change; a newcomer in front is none', () => {
  const [campus, a, b, c, ...rest] = before.nodes as [OrgNode, OrgNode, OrgNode, OrgNode]
  expect(planChanges(before, { ...before, nodes: [campus, c, a, b, ...rest] })).toEqual([
    {
      op: 'reorder',
      what: 'node',
      id: 'campus',
      fields: [{ field: 'children', from: ['a', 'b', 'c'], to: ['c', 'a', 'b'] }],
    },
  ])
  const first = node('0', 'building', { parent: 'campus' })
  const changes = planChanges(before, { ...before, nodes: [campus, first, a, b, c, ...rest] })
  expect(changes.map(({ op }) => op)).toEqual(['create'])
})

test('a digest names its changes', () => {
  const changes = planChanges(before, { ...before, gateways: new Map() })
  expect(digestOf(changes)).toBe(digestOf(structuredClone(changes)))
  expect(digestOf(changes)).not.toBe(digestOf([]))
})
