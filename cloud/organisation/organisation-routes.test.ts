import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Tree, TreeImport, TreeNode } from '#contract/api/tree.ts'
import type { Role } from '#contract/permissions.ts'
import { createLogger } from '#lib/logger.ts'
import { seedDevice, seedInventory, testApi } from '../../tests/support/test-api.ts'
import { organisationRoutes } from './organisation-routes.ts'
import { OrganisationService } from './organisation-service.ts'

async function start(role: Role = 'admin') {
  let service: OrganisationService | undefined
  const api = await testApi({
    api: (scope, { db }) => {
      service = new OrganisationService({
        db,
        log: createLogger({ level: 'silent' }),
        onChange: async () => {},
      })
      organisationRoutes(scope, service)
    },
    grants: [{ role }],
  })
  if (service === undefined) throw new Error('no service')
  await seedInventory(api.db)
  await seedDevice(api.db, 'school-a', 'cam-1')
  await api.db.updateTable('devices').set({ category: 'camera' }).where('id', '=', 'cam-1').execute()
  await service.seed({
    bureau: { id: 'lingang', title: { zh: '教育局' } },
    campuses: [{ id: 'campus-a', title: { zh: '本部' }, schoolCode: '3131000001', gateways: ['school-a'] }],
    gateways: [{ id: 'school-a', title: { en: 'A' } }],
  })
  const call = async (
    method: 'PUT' | 'POST' | 'DELETE',
    path: string,
    body: unknown = undefined,
    type = 'application/json',
  ) => {
    const answer = await api.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization: 'Bearer good', ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    })
    return {
      status: answer.statusCode,
      body: (answer.body === '' ? undefined : answer.json()) as Record<string, unknown>,
    }
  }
  return {
    ...api,
    service,
    put: (id: string, body: unknown) => call('PUT', `/tree/nodes/${id}`, body),
    delete: (id: string) => call('DELETE', `/tree/nodes/${id}`),
    place: (device: string, place: string | null) => call('PUT', `/devices/${device}/place`, { place }),
    import: (body: string | Buffer, query = '', type = 'text/csv') =>
      call('POST', `/tree/import${query}`, body, type),
    call,
    tree: async () => (await api.get('/api/v1/tree')).body as Tree,
    file: async (format: 'csv' | 'yaml') =>
      (await api.get(`/api/v1/tree/export?format=${format}`)).body as string,
  }
}

type Api = Awaited<ReturnType<typeof start>>

/** A house with a classroom and a dormitory room. */
async function build(api: Api): Promise<void> {
  for (const [id, body] of [
    ['house-1', { kind: 'building', parent: 'campus-a', title: { zh: '一号楼' }, floors: 2 }],
    ['floor-1', { kind: 'floor', parent: 'house-1', title: { zh: '一层' }, level: 1 }],
    [
      'room-101',
      { kind: 'room', parent: 'floor-1', title: { zh: '101' }, roomType: 'ordinary-classroom', areaM2: 67 },
    ],
    ['room-102', { kind: 'room', parent: 'floor-1', title: { zh: '102' }, roomType: 'dormitory-room' }],
  ] as const)
    expect(await api.put(id, body)).toMatchObject({ status: 200, body: { id } })
}

const codesOf = (body: Record<string, unknown>) =>
  (body.details as { code: string }[]).map(({ code }) => code)

test('the first tree is that of the configuration, parents first, with the gateways and their devices', async () => {
  await using api = await start('bureau')
  expect(await api.tree()).toEqual({
    nodes: [
      { id: 'lingang', kind: 'bureau', title: { zh: '教育局' }, order: 0, gateways: [], devices: 0 },
      {
        id: 'campus-a',
        kind: 'campus',
        parent: 'lingang',
        title: { zh: '本部' },
        schoolCode: '3131000001',
        order: 0,
        gateways: ['school-a'],
        devices: 0,
      },
    ],
    unplacedGateways: [],
  })
  expect((await api.get('/api/v1/tree', {})).status).toBe(401)
})

test('only an administrator changes; everybody may look and take the file', async () => {
  for (const role of ['facilities', 'guard', 'bureau'] as const) {
    await using api = await start(role)
    const before = await api.tree()
    for (const refused of [
      await api.put('campus-a', { kind: 'campus', title: { zh: '甲' } }),
      await api.delete('campus-a'),
      await api.call('PUT', '/tree/nodes/campus-a/plan', png, 'image/png'),
      await api.call('DELETE', '/tree/nodes/campus-a/plan'),
      await api.place('school-a/meter-1', 'campus-a'),
      await api.import('id,kind,parent\n', '?dryRun=false'),
      await api.import('id,kind,parent\n'),
    ])
      expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    expect(await api.tree()).toEqual(before)
    expect(await api.file('csv')).toContain('campus-a')
  }
})

test('a place is made, changed and put in another order', async () => {
  await using api = await start()
  await build(api)
  const order = async () => (await api.tree()).nodes.filter(({ kind }) => kind === 'room').map(({ id }) => id)
  expect(await order()).toEqual(['room-101', 'room-102'])
  const room = { kind: 'room', parent: 'floor-1', title: { zh: ' 100 ' }, people: 40 }
  expect(await api.put('room-100', { ...room, order: 0 })).toEqual({
    status: 200,
    body: { id: 'room-100', ...room, title: { zh: '100' }, order: 0, gateways: [], devices: 0 },
  })
  expect(await order()).toEqual(['room-100', 'room-101', 'room-102'])
  expect(await api.put('room-100', { ...room, order: 2 })).toMatchObject({ body: { order: 2 } })
  // Without an order it stays where it is, and what is not said is gone.
  const { people: _, ...without } = room
  expect(await api.put('room-100', without)).toMatchObject({ status: 200, body: { order: 2 } })
  const changed = (await api.tree()).nodes.find(({ id }) => id === 'room-100') as TreeNode
  expect(changed).not.toHaveProperty('people')
  expect(await order()).toEqual(['room-101', 'room-102', 'room-100'])
})

test('what breaks a rule is refused with every reason, and nothing has changed', async () => {
  await using api = await start()
  await build(api)
  const before = await api.tree()
  const wrong = await api.put('campus-b', {
    kind: 'campus',
    parent: 'house-1',
    title: {},
    schoolCode: '9901000001',
    level: 3,
  })
  expect(wrong).toMatchObject({ status: 422, body: { code: 'TREE_REFUSED' } })
  expect(codesOf(wrong.body)).toEqual([
    'title-missing',
    'not-for-kind',
    'school-code-category',
    'school-code-province',
    'parent-kind',
  ])
  expect((await api.put('x', { kind: 'campus', title: {} })).status).toBe(400)
  expect(await api.put('campus-b', { kind: 'hut', title: {}, colour: 'red' })).toMatchObject({
    status: 400,
    body: { details: [{ path: 'body/colour' }, { path: 'body/kind' }] },
  })
  // A building that is moved under its own floor.
  expect(
    codesOf((await api.put('house-1', { kind: 'building', parent: 'floor-1', title: { zh: '楼' } })).body),
  ).toEqual(['parent-kind'])
  expect(await api.tree()).toEqual(before)
})

test('a camera is refused in a dormitory room, and a room with a camera does not become one', async () => {
  await using api = await start()
  await build(api)
  const refused = await api.place('school-a/cam-1', 'room-102')
  expect(refused).toMatchObject({ status: 422, body: { code: 'TREE_REFUSED' } })
  expect(refused.body.details).toEqual([
    {
      code: 'camera-private',
      node: 'room-102',
      field: 'devices',
      params: { device: 'school-a/cam-1', roomType: 'dormitory-room' },
    },
  ])
  expect(await api.place('school-a/meter-1', 'room-102')).toMatchObject({
    status: 200,
    body: { place: 'room-102' },
  })
  expect(await api.place('school-a/cam-1', 'room-101')).toMatchObject({ status: 200 })
  const room = { kind: 'room', parent: 'floor-1', title: { zh: '101' } }
  for (const roomType of ['toilet', 'changing-room', 'dormitory-room'])
    expect(codesOf((await api.put('room-101', { ...room, roomType })).body)).toEqual(['camera-private'])
  expect(await api.put('room-101', { ...room, roomType: 'office' })).toMatchObject({
    status: 200,
    body: { devices: 1 },
  })
  const file = (await api.file('csv')).replace(',office,', ',toilet,')
  expect(await api.import(file)).toMatchObject({ body: { problems: [{ code: 'camera-private', row: 6 }] } })
  expect((await api.import(file, '?dryRun=false')).status).toBe(422)
})

test('a camera that came to stand in a private room by its own catalogue does not lock the tree', async () => {
  await using api = await start()
  await build(api)
  await api.place('school-a/meter-1', 'room-102')
  await api.db.updateTable('devices').set({ category: 'camera' }).where('id', '=', 'meter-1').execute()
  expect((await api.put('room-103', { kind: 'room', parent: 'floor-1', title: { zh: '103' } })).status).toBe(
    200,
  )
  expect((await api.import(await api.file('yaml'), '', 'application/yaml')).body.problems).toMatchObject([
    { code: 'camera-private', node: 'room-102' },
  ])
})

test('a device is placed, moved and taken away; what is not there is told apart', async () => {
  await using api = await start()
  await build(api)
  const counts = async () => (await api.tree()).nodes.filter(({ devices }) => devices > 0).map(({ id }) => id)
  await api.place('school-a/meter-1', 'room-101')
  expect(await counts()).toEqual(['room-101'])
  await api.place('school-a/meter-1', 'campus-a')
  expect(await counts()).toEqual(['campus-a'])
  expect(await api.place('school-a/meter-1', null)).toMatchObject({ status: 200, body: { place: null } })
  expect(await counts()).toEqual([])
  expect((await api.place('school-a/nobody', 'campus-a')).status).toBe(404)
  expect(codesOf((await api.place('school-a/meter-1', 'nowhere')).body)).toEqual(['place-unknown'])
})

test('a gateway is moved by naming it at another place, and stands nowhere when nobody names it', async () => {
  await using api = await start()
  await build(api)
  const house = { kind: 'building', parent: 'campus-a', title: { zh: '一号楼' } }
  expect(await api.put('house-1', { ...house, gateways: ['school-a'] })).toMatchObject({
    status: 200,
    body: { gateways: ['school-a'] },
  })
  expect((await api.tree()).nodes.map(({ gateways }) => gateways.length)).toEqual([0, 0, 1, 0, 0, 0])
  await api.put('house-1', { ...house, gateways: [] })
  expect((await api.tree()).unplacedGateways).toEqual(['school-a'])
  expect(
    codesOf((await api.put('lingang', { kind: 'bureau', title: { zh: '局' }, gateways: ['school-a'] })).body),
  ).toEqual(['gateway-kind'])
  expect(codesOf((await api.put('house-1', { ...house, gateways: ['nobody'] })).body)).toEqual([
    'gateway-unknown',
  ])
})

test('a place goes only when nothing hangs on it, and the answer names what does', async () => {
  await using api = await start()
  await build(api)
  await api.place('school-a/meter-1', 'campus-a')
  const refused = await api.delete('campus-a')
  expect(refused).toMatchObject({ status: 422, body: { code: 'TREE_REFUSED' } })
  expect(refused.body.details).toMatchObject([
    { code: 'holds-nodes', params: { held: 1, names: 'house-1' } },
    { code: 'holds-gateways', params: { held: 1, names: 'school-a' } },
    { code: 'holds-devices', params: { held: 1, names: 'school-a/meter-1' } },
  ])
  expect((await api.delete('room-101')).status).toBe(204)
  expect((await api.delete('room-101')).status).toBe(404)
  // A device that is gone does not hold a place, and has lost it when it comes back.
  await api.place('school-a/meter-1', 'room-102')
  await api.db.updateTable('devices').set({ removed_at: 5 }).where('id', '=', 'meter-1').execute()
  expect((await api.delete('room-102')).status).toBe(204)
  await api.db.updateTable('devices').set({ removed_at: null }).execute()
  expect((await api.tree()).nodes.map(({ devices }) => devices)).toEqual([0, 0, 0, 0])
})

test.each([
  ['csv', 'text/csv'],
  ['yaml', 'application/yaml'],
] as const)('%s: the file that is taken changes nothing when it comes back', async (format, type) => {
  await using api = await start()
  await build(api)
  await api.place('school-a/meter-1', 'room-101')
  const file = await api.file(format)
  const { headers } = await api.get(`/api/v1/tree/export?format=${format}`)
  expect(headers).toMatchObject({
    'content-type': `${type}; charset=utf-8`,
    'content-disposition': `attachment; filename="tree.${format}"`,
  })
  for (const query of ['', '?dryRun=false'])
    expect(await api.import(file, query, `${type}; charset=utf-8`)).toMatchObject({
      status: 200,
      body: { applied: query !== '', changes: [], problems: [] },
    })
  expect(await api.file(format)).toBe(file)
})

const csv = [
  'id,kind,parent,titleZh,roomType,level,devices',
  'lingang,bureau,,教育局,,,',
  'campus-a,campus,lingang,总校,,,',
  'house-1,building,campus-a,一号楼,,,',
  'floor-2,floor,house-1,二层,,2,',
  'room-101,room,floor-2,101,office,,school-a/cam-1',
].join('\n')

test('a dry run lists every change and changes nothing; applying does exactly that', async () => {
  await using api = await start()
  await build(api)
  const before = await api.tree()
  const dry = await api.import(csv)
  expect(dry).toMatchObject({ status: 200, body: { applied: false, problems: [] } })
  expect(await api.tree()).toEqual(before)
  const { changes, digest } = dry.body as unknown as TreeImport
  expect(
    changes.map(({ op, what, id, fields }) => [op, what, id, fields.map(({ from, to }) => [from, to])]),
  ).toEqual([
    ['update', 'node', 'campus-a', [['本部', '总校']]],
    [
      'create',
      'node',
      'floor-2',
      [
        [undefined, 'floor'],
        [undefined, 'house-1'],
        [undefined, '二层'],
        [undefined, 2],
      ],
    ],
    ['move', 'node', 'room-101', [['floor-1', 'floor-2']]],
    ['update', 'node', 'room-101', [['ordinary-classroom', 'office']]],
    ['place', 'device', 'school-a/cam-1', [[undefined, 'room-101']]],
    ['delete', 'node', 'room-102', []],
    ['delete', 'node', 'floor-1', []],
  ])
  expect(await api.import(csv, `?dryRun=false&digest=${digest}`)).toMatchObject({ body: { applied: true } })
  const after = await api.tree()
  expect(after.nodes.map(({ id }) => id)).toEqual(['lingang', 'campus-a', 'house-1', 'floor-2', 'room-101'])
  // Columns that were not there changed nothing.
  expect(after.nodes[1]).toMatchObject({ schoolCode: '3131000001', gateways: ['school-a'] })
  expect(after.nodes[4]).toMatchObject({ areaM2: 67, devices: 1 })
})

test('a file with a problem is applied not at all, and every problem has its row', async () => {
  await using api = await start()
  await build(api)
  const before = await api.tree()
  const bad = `${csv}\nroom-102,room,house-9,102,toilet,,school-a/cam-1\nfloor-9,hut,,,,,\nroom-9,room,floor-9,9,,,`
  for (const query of ['', '?dryRun=false']) {
    const { status, body } = await api.import(bad, query)
    const problems = (query === '' ? body.problems : body.details) as TreeImport['problems']
    expect(status).toBe(query === '' ? 200 : 422)
    expect(problems.map(({ code, row, node }) => [row, node, code])).toEqual([
      [7, 'room-102', 'device-twice'],
      [7, 'room-102', 'parent-unknown'],
      [8, 'floor-9', 'value-invalid'],
    ])
  }
  expect(await api.tree()).toEqual(before)
  // What is there and cannot be read is wrong, and not gone.
  const unread = await api.import(csv.replace('room-101,room', 'room-101,hut'))
  const gone = (unread.body as unknown as TreeImport).changes.filter(({ op }) => op === 'delete')
  expect(gone.map(({ id }) => id)).toEqual(['room-102', 'floor-1'])
})

test('an outline is kept to a centimetre, however it came', async () => {
  await using api = await start()
  const ring = (last: number) => [
    [121.9, 30.9],
    [121.91, 30.9],
    [121.91, last],
    [121.9, 30.9],
  ]
  const outline = (last: number) => ({ type: 'Polygon', coordinates: [ring(last)] })
  const draft = { kind: 'campus', parent: 'lingang', title: { zh: '本部' } }
  const put = await api.put('campus-a', { ...draft, footprint: outline(30.91234567891) })
  expect(put.body.footprint).toEqual(outline(30.9123457))
  const file = (await api.file('csv')).replace('30.9123457', '30.91234571234')
  expect((await api.import(file)).body).toMatchObject({ changes: [], problems: [] })
})

test('a tree that changed since the dry run is not overwritten', async () => {
  await using api = await start()
  await build(api)
  const { digest } = (await api.import(csv)).body as unknown as TreeImport
  await api.put('room-103', { kind: 'room', parent: 'floor-1', title: { zh: '103' } })
  expect(await api.import(csv, `?dryRun=false&digest=${digest}`)).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT' },
  })
  expect((await api.tree()).nodes.map(({ id }) => id)).toContain('room-103')
})

test('a file that cannot be read asks for nothing', async () => {
  await using api = await start()
  const answers = [
    await api.import('id,kind\nx,y'),
    await api.import('nodes: [', '', 'application/yaml'),
    await api.import(Buffer.from([0xff, 0xfe, 0x80]), '', 'application/yaml'),
  ]
  for (const { status, body } of answers) {
    expect(status).toBe(200)
    expect(body.changes).toEqual([])
    expect(body.problems).not.toEqual([])
  }
})

test('a CSV of a Chinese Excel is read too', async () => {
  await using api = await start()
  const bytes = Buffer.concat([
    Buffer.from('id,kind,parent,titleZh\r\nlingang,bureau,,'),
    Buffer.from([0xbd, 0xcc, 0xd3, 0xfd, 0xbe, 0xd6, 0x32]), // 教育局2 in GB 18030
    Buffer.from('\r\ncampus-a,campus,lingang,'),
    Buffer.from([0xb1, 0xbe, 0xb2, 0xbf]), // 本部
  ])
  const { changes } = (await api.import(bytes)).body as unknown as TreeImport
  expect(changes).toMatchObject([{ id: 'lingang', fields: [{ from: '教育局', to: '教育局2' }] }])
})

test('other types and too long files are refused before they are read', async () => {
  await using api = await start()
  expect((await api.import('{}', '', 'application/json')).status).toBe(415)
  expect((await api.import('x'.repeat(2 * 1024 * 1024 + 1))).status).toBe(413)
  // And no other route takes a file because this one does.
  expect((await api.call('PUT', '/tree/nodes/campus-a', 'id,kind', 'text/csv')).status).toBe(415)
})

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

test('a floor has a drawing: stored, served as what it is, and gone with its floor', async () => {
  await using api = await start()
  await build(api)
  const plan = (type: string, body: Buffer, id = 'floor-1') =>
    api.call('PUT', `/tree/nodes/${id}/plan`, body, type)
  const digest = createHash('sha256').update(png).digest('hex')
  // What it is called does not matter, what it is does.
  expect(await plan('image/jpeg', png)).toMatchObject({ status: 200, body: { id: 'floor-1', plan: digest } })
  expect((await api.tree()).nodes.find(({ id }) => id === 'floor-1')).toMatchObject({ plan: digest })
  const get = (headers: Record<string, string> = {}) =>
    api.app.inject({
      url: '/api/v1/tree/nodes/floor-1/plan',
      headers: { authorization: 'Bearer good', ...headers },
    })
  const answer = await get()
  expect(answer.rawPayload).toEqual(png)
  expect(answer.headers).toMatchObject({
    'content-type': 'image/png',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    etag: `"${digest}"`,
  })
  expect((await get({ 'if-none-match': `"${digest}"` })).statusCode).toBe(304)
  // Another change of the floor, and a file, leave it there.
  await api.put('floor-1', { kind: 'floor', parent: 'house-1', title: { zh: '一层' }, level: 2 })
  await api.import(await api.file('yaml'), '?dryRun=false', 'application/yaml')
  expect((await get()).statusCode).toBe(200)

  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  expect((await plan('image/svg+xml', svg)).status).toBe(415)
  expect(await plan('image/png', svg)).toMatchObject({ status: 400, body: { details: [{ path: 'body' }] } })
  expect((await plan('image/png', Buffer.concat([png, Buffer.alloc(4 * 1024 * 1024)]))).status).toBe(413)
  expect(codesOf((await plan('image/png', png, 'room-101')).body)).toEqual(['not-for-kind'])
  expect((await plan('image/png', png, 'nowhere')).status).toBe(404)

  expect((await api.call('DELETE', '/tree/nodes/floor-1/plan')).status).toBe(204)
  expect((await api.call('DELETE', '/tree/nodes/floor-1/plan')).status).toBe(404)
  expect((await get()).statusCode).toBe(404)
  await api.put('floor-2', { kind: 'floor', parent: 'house-1', title: { zh: '二层' } })
  await plan('image/png', png, 'floor-2')
  expect((await api.delete('floor-2')).status).toBe(204)
  expect(await api.db.selectFrom('floor_plans').select('node').execute()).toEqual([])
})

test('who changed what is in the audit log, refusals and dry runs too', async () => {
  await using api = await start()
  await build(api)
  await api.place('school-a/cam-1', 'room-102')
  await api.place('school-a/cam-1', 'room-101')
  await api.import(csv)
  await api.delete('room-102')
  const rows = await api.db
    .selectFrom('audit')
    .select(['action', 'target', 'outcome', 'after_json'])
    .orderBy('seq', 'desc')
    .limit(4)
    .execute()
  expect(rows.map(({ action, target, outcome }) => [action, target, outcome])).toEqual([
    ['tree.node-deleted', 'room-102', 'ok'],
    ['tree.imported', '', 'ok'],
    ['device.placed', 'school-a/cam-1', 'ok'],
    ['device.placed', 'school-a/cam-1', 'TREE_REFUSED'],
  ])
  expect(JSON.parse(rows[1]?.after_json ?? '')).toMatchObject({ dryRun: true, changes: 6, problems: 0 })
})

test('there is no change without its row in the audit log', async () => {
  await using api = await start()
  await build(api)
  await api.call('PUT', '/tree/nodes/floor-1/plan', png, 'image/png')
  const before = await api.tree()
  await sql`CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END`.execute(api.db)
  for (const refused of [
    await api.put('room-101', { kind: 'room', parent: 'floor-1', title: { zh: 'x' } }),
    await api.delete('room-102'),
    await api.place('school-a/meter-1', 'room-101'),
    await api.import(csv, '?dryRun=false'),
    await api.call('DELETE', '/tree/nodes/floor-1/plan'),
  ])
    expect(refused.status).toBeGreaterThanOrEqual(500)
  expect(await api.tree()).toEqual(before)
})

test('the configuration fills an empty tree only', async () => {
  await using api = await start()
  await api.service.seed({
    campuses: [{ id: 'campus-z', title: { zh: '新' }, gateways: [] }],
    gateways: [],
  })
  expect((await api.tree()).nodes.map(({ id }) => id)).toEqual(['lingang', 'campus-a'])
})

test('every route is described, under its own name', async () => {
  await using api = await start()
  const { body } = await api.get('/api/v1/openapi.json')
  const { paths } = body as { paths: Record<string, Record<string, { operationId: string }>> }
  const ids = Object.entries(paths)
    .filter(([path]) => /tree|place/.test(path))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${method} ${path} ${operationId}`),
    )
  expect(ids.sort()).toEqual([
    'delete /api/v1/tree/nodes/{id} deleteNode',
    'delete /api/v1/tree/nodes/{id}/plan deleteFloorPlan',
    'get /api/v1/tree getTree',
    'get /api/v1/tree/export exportTree',
    'get /api/v1/tree/nodes/{id}/plan getFloorPlan',
    'post /api/v1/tree/import importTree',
    'put /api/v1/devices/{gateway}/{device}/place placeDevice',
    'put /api/v1/tree/nodes/{id} putNode',
    'put /api/v1/tree/nodes/{id}/plan putFloorPlan',
  ])
})
