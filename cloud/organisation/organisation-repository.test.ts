import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { seedInventory } from '../../tests/support/test-api.ts'
import type { Organisation, OrgNode } from './organisation.ts'
import { OrganisationRepository } from './organisation-repository.ts'
import { OrganisationService } from './organisation-service.ts'

const log = createLogger({ level: 'silent' })
const empty: Organisation = { nodes: [], gateways: new Map(), devices: new Map() }

const save = (db: Database, before: Organisation, after: Organisation) =>
  db.transaction().execute((transaction) => new OrganisationRepository(transaction).save(before, after))

const ring = [
  [121.9, 30.9],
  [121.91, 30.9],
  [121.91, 30.91],
  [121.9, 30.9],
]
const whole: Organisation = {
  nodes: [
    { id: 'campus-b', kind: 'campus', title: { zh: '乙' }, people: 0, areaM2: 0.5 },
    {
      id: 'campus-a',
      kind: 'campus',
      title: { zh: '甲', en: 'A' },
      schoolCode: '3131000001',
      stages: ['junior'],
      footprint: { type: 'Polygon', coordinates: [ring] },
    },
    { id: 'house', kind: 'building', parent: 'campus-a', title: { zh: '楼' }, floors: 5 },
    { id: 'cellar', kind: 'floor', parent: 'house', title: { zh: '地下' }, level: -1 },
    { id: 'toilet', kind: 'room', parent: 'cellar', title: { zh: '卫' }, roomType: 'toilet' },
  ],
  gateways: new Map([['school-a', 'campus-a']]),
  devices: new Map([['school-a/meter-1', 'toilet']]),
}

test('a tree is there after closing and opening again, in its order', async () => {
  await using folder = await tempFolder()
  const path = folder.file('state.db')
  {
    await using db = await openDatabase({ path, log })
    await seedInventory(db)
    await save(db, empty, whole)
  }
  await using db = await openDatabase({ path, log })
  expect(await new OrganisationRepository(db).load()).toEqual(whole)
})

test('any tree becomes any other in one step: turned over, moved, emptied', async () => {
  await using db = await openDatabase({ path: ':memory:', log })
  await seedInventory(db)
  const repository = new OrganisationRepository(db)
  const many = Array.from(
    { length: 450 },
    (_, i): OrgNode => ({ id: `campus-${i}`, kind: 'campus', title: { zh: `${i}` } }),
  )
  const steps: Organisation[] = [
    whole,
    { ...whole, nodes: [...whole.nodes].reverse() },
    { ...empty, nodes: many },
    // The house goes to another campus, and its old one goes.
    {
      ...empty,
      nodes: whole.nodes.flatMap((node) =>
        node.id === 'campus-a' ? [] : node.id === 'house' ? [{ ...node, parent: 'campus-b' }] : [node],
      ),
    },
    empty,
  ]
  for (const after of steps) {
    const before = await repository.load()
    await save(db, before, after)
    const { nodes, gateways, devices } = await repository.load()
    expect(nodes.map(({ id }) => id).sort()).toEqual(after.nodes.map(({ id }) => id).sort())
    expect(nodes.filter(({ parent }) => parent === undefined)).toEqual(
      after.nodes.filter(({ parent }) => parent === undefined),
    )
    expect({ gateways, devices }).toEqual({ gateways: after.gateways, devices: after.devices })
  }
})

test('an import that fails halfway leaves the tree as it was', async () => {
  await using db = await openDatabase({ path: ':memory:', log })
  await seedInventory(db)
  await save(db, empty, whole)
  await sql`CREATE TRIGGER full BEFORE DELETE ON tree_nodes BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`.execute(
    db,
  )
  const service = new OrganisationService({ db, log, onChange: async () => {} })
  const csv = Buffer.from(
    'id,kind,parent,titleZh,gateways,devices\ncampus-a,campus,,changed,,\ncampus-c,campus,,new,school-a,',
  )
  const options = { digest: undefined, audit: { note: () => {}, write: async () => {} } }
  const dry = await service.import('csv', csv, { ...options, dryRun: true })
  expect(dry).toMatchObject({ applied: false, problems: [] })
  await expect(service.import('csv', csv, { ...options, dryRun: false })).rejects.toThrow('the disk is full')
  expect(await new OrganisationRepository(db).load()).toEqual(whole)
})
