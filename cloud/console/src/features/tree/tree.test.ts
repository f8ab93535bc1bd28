import { expect, test } from 'vitest'
import { type TreeNode, treeProblemCodes } from '#contract/api/tree.ts'
import { attributeNames, nodeKinds } from '#contract/organisation.ts'
import { en } from '../../i18n/en.ts'
import { zhCn } from '../../i18n/zh-cn.ts'
import { bodyOf, draftOf, newDraft } from './node-draft.ts'
import { find, kindsBelow, maxMatches, modelOf, parentsFor, pathTo } from './tree-model.ts'
import { rowsOf, stepOf } from './tree-rows.ts'

function node(id: string, kind: TreeNode['kind'], more: Partial<TreeNode> = {}): TreeNode {
  return { id, kind, title: { zh: `名${id}` }, order: 0, gateways: [], devices: 0, ...more }
}

const nodes = [
  node('campus-a', 'campus', { devices: 1, gateways: ['school-a'] }),
  node('house-1', 'building', { parent: 'campus-a', title: { zh: '一号楼', en: 'Main House' } }),
  node('floor-1', 'floor', { parent: 'house-1', devices: 2 }),
  node('room-1', 'room', { parent: 'floor-1', devices: 4 }),
  node('house-2', 'building', { parent: 'campus-a' }),
  node('campus-b', 'campus'),
]

test('a place counts its devices and those below it', () => {
  const { devicesBelow } = modelOf(nodes)
  expect(nodes.map(({ id }) => devicesBelow.get(id))).toEqual([7, 6, 6, 4, 0, 0])
})

test('a search finds a part of a name or an id, and shows what is above it', () => {
  const model = modelOf(nodes)
  expect(find(model, ' main HOUSE ')).toEqual({
    matches: ['house-1'],
    shown: new Set(['campus-a', 'house-1']),
    open: ['campus-a'],
  })
  expect(find(model, '名room').open).toEqual(['campus-a', 'house-1', 'floor-1'])
  expect(find(model, 'nothing')).toEqual({ matches: [], shown: new Set(), open: [] })
  const many = modelOf(Array.from({ length: 1000 }, (_, i) => node(`campus-${i}`, 'campus')))
  expect(find(many, 'campus').matches).toHaveLength(maxMatches)
  expect(pathTo(model, 'room-1').map(({ id }) => id)).toEqual(['campus-a', 'house-1', 'floor-1', 'room-1'])
})

test('the lines are those that are unfolded, with their level and number', () => {
  const model = modelOf(nodes)
  const lines = (open: string[], shown?: string[]) =>
    rowsOf(model, new Set(open), shown && new Set(shown)).map(
      ({ node: { id }, level, isOpen, position, siblings }) =>
        `${id} ${level} ${isOpen ?? '-'} ${position}/${siblings}`,
    )
  expect(lines([])).toEqual(['campus-a 1 false 1/2', 'campus-b 1 - 2/2'])
  expect(lines(['campus-a', 'house-1'])).toEqual([
    'campus-a 1 true 1/2',
    'house-1 2 true 1/2',
    'floor-1 3 false 1/1',
    'house-2 2 - 2/2',
    'campus-b 1 - 2/2',
  ])
  // A search leaves out what it did not find: what has nothing left below is a leaf.
  expect(lines(['campus-a'], ['campus-a', 'house-1'])).toEqual(['campus-a 1 true 1/1', 'house-1 2 - 1/1'])
})

test('arrow keys walk, fold and unfold', () => {
  const rows = rowsOf(modelOf(nodes), new Set(['campus-a']))
  const steps = (at: string) =>
    Object.fromEntries(
      ['ArrowDown', 'ArrowUp', 'ArrowRight', 'ArrowLeft', 'Home', 'End'].map((key) => [
        key,
        stepOf(rows, at, key),
      ]),
    )
  expect(steps('campus-a')).toEqual({
    ArrowDown: { focus: 'house-1' },
    ArrowUp: {},
    ArrowRight: { focus: 'house-1' },
    ArrowLeft: { fold: 'campus-a' },
    Home: { focus: 'campus-a' },
    End: { focus: 'campus-b' },
  })
  expect(steps('house-1')).toMatchObject({
    ArrowRight: { unfold: 'house-1' },
    ArrowLeft: { focus: 'campus-a' },
  })
  expect(steps('campus-b')).toMatchObject({ ArrowDown: {}, ArrowRight: {}, ArrowLeft: {} })
  expect(stepOf(rows, 'campus-a', 'x')).toBeUndefined()
})

test('what may be added where comes from the one table', () => {
  expect(kindsBelow(null)).toEqual(['bureau', 'campus'])
  expect(kindsBelow('building')).toEqual(['floor', 'room'])
  expect(kindsBelow('room')).toEqual([])
  const { top, nodes: parents } = parentsFor(modelOf(nodes), 'room')
  expect([top, parents.map(({ id }) => id)]).toEqual([false, ['house-1', 'floor-1', 'house-2']])
})

test('a place goes through the form unchanged', () => {
  const whole = node('campus-a', 'campus', {
    title: { zh: '本部', en: 'Main' },
    parent: 'lingang',
    order: 3,
    schoolCode: '3131000001',
    stages: ['primary', 'junior'],
    people: 900,
    areaM2: 12.5,
    gateways: ['g-1', 'g-2'],
    footprint: { type: 'Polygon', coordinates: [] },
  })
  const { id, order: _order, devices: _devices, ...rest } = whole
  expect(bodyOf(draftOf(whole), whole)).toEqual({ ok: true, id, body: rest })
  expect(bodyOf({ ...draftOf(whole), order: '1' }, whole)).toMatchObject({ body: { order: 0 } })
  expect(bodyOf({ ...draftOf(whole), parent: 'east' }, whole)).toMatchObject({ body: { order: 3 } })
})

test('what a kind does not have stays behind, and an empty field is absent', () => {
  const draft = {
    ...newDraft('floor', 'house-1'),
    id: 'floor-2',
    titleZh: ' 二层 ',
    level: '-2',
    people: 'x',
  }
  expect(bodyOf(draft, undefined)).toEqual({
    ok: true,
    id: 'floor-2',
    body: { kind: 'floor', parent: 'house-1', title: { zh: '二层' }, level: -2, gateways: [] },
  })
})

test('a number out of its range and an outline that is none do not leave the form', () => {
  const campus = { ...newDraft('campus', ''), id: 'campus-a' }
  const isSent = (change: Partial<typeof campus>) => bodyOf({ ...campus, ...change }, undefined).ok
  for (const footprint of ['7', 'null', '{"type":"Point","coordinates":[1,2]}', '{"type":"Polygon"}'])
    expect(isSent({ footprint }), footprint).toBe(false)
  for (const people of ['-1', '1000001']) expect(isSent({ people }), people).toBe(false)
  expect(isSent({ order: '0' })).toBe(false)
  expect(isSent({ people: '1000000', areaM2: '0.1', order: '1' })).toBe(true)
  const withMore = bodyOf(
    { ...campus, footprint: '{"type":"Polygon","coordinates":[],"bbox":[]}' },
    undefined,
  )
  expect(withMore).toMatchObject({ ok: true, body: { footprint: { type: 'Polygon', coordinates: [] } } })
  expect(withMore.ok && withMore.body.footprint).not.toHaveProperty('bbox')
})

test('what cannot be sent is told at its field, all at once', () => {
  const draft = {
    ...newDraft('campus', ''),
    id: 'Campus',
    people: '3.5',
    areaM2: '-1',
    footprint: '{',
    order: 'x',
  }
  const written = bodyOf(draft, undefined)
  expect(written.ok ? [] : written.problems.map(({ code, field }) => [code, field])).toEqual([
    ['id-invalid', 'id'],
    ['value-invalid', 'people'],
    ['value-invalid', 'areaM2'],
    ['value-invalid', 'footprint'],
    ['value-invalid', 'order'],
  ])
})

test('every problem of a tree, every field and every kind has words', () => {
  for (const { tree } of [zhCn, en]) {
    expect(Object.keys(tree.problem)).toEqual([...treeProblemCodes])
    expect(Object.keys(tree.kind)).toEqual([...nodeKinds])
    expect(Object.keys(tree.field)).toEqual(expect.arrayContaining([...attributeNames]))
    expect(Object.keys(tree.expects)).toEqual(expect.arrayContaining([...attributeNames]))
  }
})
