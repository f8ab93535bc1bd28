import { expect, test } from 'vitest'
import type { Organisation, OrgNode } from './organisation.ts'
import { planChanges } from './plan-changes.ts'
import { readCsv, writeCsv } from './tree-csv.ts'
import { type FileContent, maxNodes, readTree } from './tree-file.ts'
import { readYaml, writeYaml } from './tree-yaml.ts'

const empty: Organisation = { nodes: [], gateways: new Map(), devices: new Map() }

function node(id: string, kind: OrgNode['kind'], more: Partial<OrgNode> = {}): OrgNode {
  return { id, kind, title: { zh: id }, ...more }
}

const whole: Organisation = {
  nodes: [
    node('lingang', 'bureau', { title: { zh: '临港, "教育"局', en: '=HYPERLINK("x")' } }),
    node('campus-a', 'campus', {
      parent: 'lingang',
      title: { zh: '本部\n二行', en: "'=x" },
      schoolCode: '3131000001',
      stages: ['primary', 'junior'],
      people: 0,
      areaM2: 12_345.5,
      footprint: {
        type: 'MultiPolygon',
        coordinates: [
          [
            [
              [121.9, 30.9],
              [121.91, 30.9],
              [121.91, 30.9123457],
              [121.9, 30.9],
            ],
          ],
        ],
      },
    }),
    node('house-2', 'building', { parent: 'campus-a', floors: 5, title: { zh: '-1' } }),
    node('house-1', 'building', { parent: 'campus-a', title: { en: 'yes' } }),
    node('cellar', 'floor', { parent: 'house-1', level: -1 }),
    node('toilet', 'room', { parent: 'cellar', roomType: 'toilet', areaM2: 12, people: 3 }),
    node('campus-b', 'campus', { parent: 'lingang' }),
  ],
  gateways: new Map([
    ['school-b', 'campus-a'],
    ['school-a', 'campus-a'],
  ]),
  devices: new Map([['school-a/lux-1', 'toilet']]),
}

const formats = [
  { format: 'csv', read: readCsv, write: writeCsv },
  { format: 'yaml', read: readYaml, write: writeYaml },
] as const

test.each(formats)(
  '$format: what is written reads back as the same tree, awkward names and all',
  ({ read, write }) => {
    const text = write(whole)
    for (const current of [empty, whole]) {
      const { problems, ...tree } = readTree(read(text), current)
      expect(problems).toEqual([])
      expect(planChanges(whole, tree)).toEqual([])
      expect(planChanges(empty, tree)).not.toEqual([])
    }
    expect(write(readTree(read(text), empty))).toBe(text)
  },
)

test.each(formats)('$format: an empty tree is an empty file and the other way round', ({ read, write }) => {
  expect(readTree(read(write(empty)), whole)).toMatchObject({ nodes: [], problems: [] })
})

const problemsOf = (content: FileContent, current = empty) => readTree(content, current).problems

test('csv: every problem has the row of the spreadsheet', () => {
  const csv = [
    'id,kind,parent,titleZh,people,stages,footprint,level',
    'campus-a,campus,,"本\n部",many,primary sport,"{""type"":""Point""}",',
    '',
    'Campus B,campus,,乙,1,,,',
    'campus-a,campus,,丙,,,,',
    'house,hut,campus-a,屋,,,,,,',
    'floor,floor,house,层,,,not json,1.5',
  ]
  expect(problemsOf(readCsv(csv.join('\r\n')))).toEqual([
    { code: 'cell-count', params: { found: 10, expected: 8 }, row: 6 },
    {
      code: 'value-invalid',
      node: 'campus-a',
      field: 'stages',
      params: { found: '["primary","sport"]' },
      row: 2,
    },
    { code: 'value-invalid', node: 'campus-a', field: 'people', params: { found: 'many' }, row: 2 },
    {
      code: 'value-invalid',
      node: 'campus-a',
      field: 'footprint',
      params: { found: '{"type":"Point"}' },
      row: 2,
    },
    { code: 'id-invalid', node: 'Campus B', field: 'id', params: { found: 'Campus B' }, row: 4 },
    { code: 'id-twice', node: 'campus-a', field: 'id', params: { first: 2 }, row: 5 },
    { code: 'value-invalid', node: 'house', field: 'kind', params: { found: 'hut' }, row: 6 },
    { code: 'value-invalid', node: 'floor', field: 'level', params: { found: '1.5' }, row: 7 },
    { code: 'value-invalid', node: 'floor', field: 'footprint', params: { found: 'not json' }, row: 7 },
  ])
})

test('csv: a header that is none stops the reading', () => {
  const codes = (text: string) =>
    readCsv(text).problems.map(({ code, field, params }) => [code, field, params.found])
  expect(codes('')).toEqual([
    ['column-missing', 'id', undefined],
    ['column-missing', 'kind', undefined],
    ['column-missing', 'parent', undefined],
  ])
  expect(codes('id,kind,parent,id,colour\nx')).toEqual([
    ['column-twice', undefined, 'id'],
    ['column-unknown', undefined, 'colour'],
  ])
  expect(readCsv('id,"kind').problems).toEqual([{ code: 'quote-open', params: {}, row: 1 }])
})

test('csv: a column that is not there changes nothing', () => {
  const csv = [
    'id,kind,parent,people',
    'lingang,bureau,,',
    'campus-a,campus,lingang,950',
    'house-1,building,campus-a,',
  ]
  const tree = readTree(readCsv(csv.join('\n')), whole)
  expect(tree.problems).toEqual([])
  expect(tree.nodes[1]).toEqual({ ...whole.nodes[1], people: 950 })
  expect(tree.gateways).toBe(whole.gateways)
  const bare = readTree(readCsv('id,kind,parent,gateways\ncampus-a,campus,,'), whole)
  expect(bare.gateways.size).toBe(0)
})

test('yaml: every problem has its path and line', () => {
  const yaml = [
    'colour: red',
    'nodes:',
    '  - id: campus-a',
    '    kind: campus',
    '    title: { zh: 7, fr: école }',
    '    schoolCode: 3131000001',
    '    heads: 3',
    '    children:',
    '      - { id: house-1, kind: building, title: House, gateways: school-a }',
    '      - just text',
    '      - { id: campus-a, kind: campus }',
  ].join('\n')
  const content = readYaml(yaml)
  expect(problemsOf(content)).toEqual([
    { code: 'key-unknown', params: { found: 'colour' }, path: 'colour', line: 1 },
    { code: 'key-unknown', params: { found: 'heads' }, path: 'nodes[0].heads', line: 7 },
    { code: 'key-unknown', params: { found: 'fr' }, path: 'nodes[0].title.fr', line: 5 },
    {
      code: 'value-invalid',
      field: 'title',
      params: { found: 'House' },
      path: 'nodes[0].children[0].title',
      line: 9,
    },
    {
      code: 'value-invalid',
      field: 'children',
      params: { found: 'just text' },
      path: 'nodes[0].children[1]',
      line: 10,
    },
    {
      code: 'value-invalid',
      node: 'campus-a',
      field: 'titleZh',
      params: { found: '7' },
      path: 'nodes[0].title.zh',
      line: 5,
    },
    {
      code: 'value-invalid',
      node: 'house-1',
      field: 'gateways',
      params: { found: 'school-a' },
      path: 'nodes[0].children[0].gateways',
      line: 9,
    },
    {
      code: 'id-twice',
      node: 'campus-a',
      field: 'id',
      params: { first: 'nodes[0].id' },
      path: 'nodes[0].children[2].id',
      line: 11,
    },
  ])
  expect(readTree(content, empty).nodes[0]).toMatchObject({ schoolCode: '3131000001' })
})

test('yaml: what is no tree, or means harm, is a problem and nothing else', () => {
  const codes = (text: string) => problemsOf(readYaml(text)).map(({ code }) => code)
  expect(codes('nodes: [')).toContain('file-unreadable')
  expect(codes('a: 1\na: 2')).toContain('file-unreadable')
  expect(codes('nodes: &a [*a]')).toEqual(['file-unreadable'])
  expect(codes('just text')).toEqual(['value-invalid'])
  expect(codes('nodes: 5')).toEqual(['value-invalid'])
  for (const depth of [500, 3_000, 20_000]) {
    const deep = codes(`nodes: ${'[{ children: '.repeat(depth)}${depth}${'}]'.repeat(depth)}`)
    expect(deep.length).toBeGreaterThan(0)
  }
})

test('there is an end to the places of a file', () => {
  const csv = (count: number) =>
    `id,kind,parent,titleZh\n${Array.from({ length: count }, (_, i) => `campus-${i},campus,,甲\n`).join('')}`
  expect(problemsOf(readCsv(csv(maxNodes)))).toEqual([])
  const params = { found: maxNodes + 1, max: maxNodes }
  expect(problemsOf(readCsv(csv(maxNodes + 1)))).toEqual([{ code: 'too-many', params }])
})

test('a device or a gateway stands at one place', () => {
  const csv = 'id,kind,parent,gateways,devices\na-1,campus,,g-1,g-1/d-1\na-2,campus,,"g-2, g-1",g-1/d-1'
  expect(problemsOf(readCsv(csv))).toEqual([
    {
      code: 'gateway-twice',
      node: 'a-2',
      field: 'gateways',
      params: { gateway: 'g-1', other: 'a-1' },
      row: 3,
    },
    {
      code: 'device-twice',
      node: 'a-2',
      field: 'devices',
      params: { device: 'g-1/d-1', other: 'a-1' },
      row: 3,
    },
  ])
})

test('what the judge finds later gets its place in the file', () => {
  const tree = readTree(
    readYaml('nodes: [{ id: c-1, kind: campus, title: { zh: 甲 }, children: [{ id: b-1, kind: room }] }]'),
    empty,
  )
  expect(tree.located({ code: 'parent-kind', node: 'b-1', field: 'parent', params: {} })).toMatchObject({
    path: 'nodes[0].children[0]',
    line: 1,
  })
})
