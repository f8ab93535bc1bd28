import { expect, test } from 'vitest'
import type { Latest } from '#cloud/telemetry/telemetry-store.ts'
import type { Device, DeviceList, LinkHistory } from '#contract/api/devices.ts'
import type { PointList } from '#contract/api/points.ts'
import type { CatalogueDevice } from '#contract/catalogue.ts'
import { AppError } from '#contract/errors.ts'
import { seedDevice, seedInventory, testApi } from '../../tests/support/test-api.ts'
import { DeviceRepository } from './device-repository.ts'
import { deviceRoutes } from './device-routes.ts'

const t = Date.UTC(2026, 0, 5)

function start(known: readonly Latest[] = []) {
  const telemetry = {
    latest: async (points: readonly string[]) => known.filter(({ point }) => points.includes(point)),
  }
  return testApi({
    api: (api, { db }) => deviceRoutes(api, { devices: new DeviceRepository(db), telemetry }),
  })
}

test('no route answers without a session', async () => {
  await using api = await start()
  for (const path of ['devices', 'devices/school-a/meter-1', 'devices/school-a%2Fmeter-1', 'points']) {
    expect((await api.get(`/api/v1/${path}`, {})).status).toBe(401)
  }
})

test('an empty cloud has empty lists', async () => {
  await using api = await start()
  expect((await api.get('/api/v1/devices')).body).toEqual({ items: [] })
  expect((await api.get('/api/v1/points')).body).toEqual({ items: [] })
})

test('a device comes with its points and the newest value, time and quality of each', async () => {
  await using api = await start([
    { point: 'school-a/meter-1/voltage', t, value: 231.5, quality: 'good' },
    { point: 'school-a/meter-1/part.1/power', t, value: null, quality: 'bad', reason: 'timeout' },
  ])
  await seedInventory(api.db)
  const { body } = await api.get('/api/v1/devices')
  const device = {
    id: 'school-a/meter-1',
    gateway: 'school-a',
    title: { zh: '总表', en: 'Meter meter-1' },
    profile: 'eastron.sdm630',
    vendor: 'Eastron',
    model: 'SDM630',
    category: 'meter',
    location: { zh: '配电间' },
    link: { state: 'unknown' },
    added: false,
    gatewayConnected: true,
    points: [
      {
        id: 'school-a/meter-1/part.1/power',
        device: 'school-a/meter-1',
        kind: 'num',
        unit: 'W',
        title: { zh: '', en: '' },
        last: { at: '2026-01-05T00:00:00.000Z', value: null, quality: 'bad', reason: 'timeout' },
      },
      {
        id: 'school-a/meter-1/voltage',
        device: 'school-a/meter-1',
        kind: 'num',
        unit: 'V',
        title: { zh: '', en: '' },
        staleAfterMs: 30_000,
        last: { at: '2026-01-05T00:00:00.000Z', value: 231.5, quality: 'good' },
      },
    ],
  }
  expect(body).toEqual({ items: [device] })
  expect((await api.get('/api/v1/devices/school-a/meter-1')).body).toEqual(device)
  expect((await api.get('/api/v1/devices/school-a%2Fmeter-1')).body).toEqual(device)
})

test('an unknown device and a malformed id are told apart', async () => {
  await using api = await start()
  for (const path of ['school-a/nothing', 'school-a%2Fnothing']) {
    expect(await api.get(`/api/v1/devices/${path}`)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    })
  }
  for (const path of ['School A/nothing', 'school-a', 'school-a%2Fb-1%2Fc']) {
    expect((await api.get(`/api/v1/devices/${path}`)).status).toBe(400)
  }
})

test('a store that is away is an error with a code, not an empty answer', async () => {
  const telemetry = {
    latest: () => Promise.reject(new AppError('STORE_UNAVAILABLE', 'telemetry store: disk full')),
  }
  await using api = await testApi({
    api: (scope, { db }) => deviceRoutes(scope, { devices: new DeviceRepository(db), telemetry }),
  })
  await seedInventory(api.db)
  expect(await api.get('/api/v1/devices')).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } })
})

test('the search looks into ids, titles, places, vendors and models, in any case, and takes no wildcards', async () => {
  await using api = await start()
  await seedInventory(api.db)
  await seedDevice(api.db, 'school-a', 'lux-1')
  await seedInventory(api.db, 'school-b')
  await api.db
    .updateTable('devices')
    .set({ title_en: '100% light_sensor', vendor: 'IKEA' })
    .where('id', '=', 'lux-1')
    .execute()
  const find = async (query: string) =>
    ((await api.get(`/api/v1/devices?${query}`)).body as DeviceList).items.map(({ id }) => id)
  expect(await find('q=ikea')).toEqual(['school-a/lux-1'])
  expect(await find('q=METER')).toEqual(['school-a/meter-1', 'school-b/meter-1'])
  expect(await find(`q=${encodeURIComponent('配电')}`)).toHaveLength(3)
  expect(await find('gateway=school-b')).toEqual(['school-b/meter-1'])
  expect(await find('q=meter&gateway=school-b')).toEqual(['school-b/meter-1'])
  expect(await find(`q=${encodeURIComponent('100%')}`)).toEqual(['school-a/lux-1'])
  expect(await find(`q=${encodeURIComponent('%')}`)).toEqual(['school-a/lux-1'])
  expect(await find('q=_sensor')).toEqual(['school-a/lux-1'])
  expect(await find('q=%5C')).toEqual([])
  expect(await find(`q=${encodeURIComponent("' OR 1=1 --")}`)).toEqual([])
})

test('the pages of both lists hold everything once, in order', async () => {
  await using api = await start()
  await seedInventory(api.db, 'school-a')
  await seedInventory(api.db, 'school-b')
  for (const id of ['lux-1', 'lux-2']) await seedDevice(api.db, 'school-a', id)
  const ids = async (path: string) => {
    const seen: string[] = []
    let next: string | undefined = ''
    while (next !== undefined) {
      const { body } = await api.get(`/api/v1/${path}limit=3${next === '' ? '' : `&cursor=${next}`}`)
      const { items, nextCursor } = body as PointList
      seen.push(...items.map(({ id }) => id))
      next = nextCursor
    }
    return seen
  }
  expect(await ids('devices?')).toEqual([
    'school-a/lux-1',
    'school-a/lux-2',
    'school-a/meter-1',
    'school-b/meter-1',
  ])
  const points = await ids('points?')
  expect([points.length, points]).toEqual([8, points.toSorted()])
  expect(await ids('points?device=school-b/meter-1&')).toEqual([
    'school-b/meter-1/part.1/power',
    'school-b/meter-1/voltage',
  ])
  expect(await ids('points?device=school-b/none&')).toEqual([])
  expect(await api.get('/api/v1/points?device=meter')).toMatchObject({
    status: 400,
    body: { details: [{ path: 'query/device' }] },
  })
})

const catalogueDevice = (id: string, points: readonly string[], en = id) => ({
  id,
  title: { en },
  profile: 'p',
  vendor: 'v',
  model: 'm',
  category: 'meter',
  points: points.map((point) => ({
    id: point,
    kind: 'num' as const,
    unit: 'W',
    title: { en: point },
    writable: { min: 0, max: 100, risk: 'low' as const, verified: true },
  })),
})

test('a catalogue replaces the one before; what it does not list is kept as removed', async () => {
  await using api = await start()
  await api.db
    .insertInto('gateways')
    .values({ id: 'school-a', token_hash: '-', created_at: 1, connected: 0 })
    .execute()
  const devices = new DeviceRepository(api.db)
  const apply = (version: string, list: ReturnType<typeof catalogueDevice>[], now: number) =>
    devices.applyCatalogue('school-a', { v: 1, kind: 'catalogue', version, devices: list }, now)

  await apply('1', [catalogueDevice('dim-1', ['level', 'old']), catalogueDevice('dim-2', ['level'])], t)
  await api.db
    .updateTable('devices')
    .set({ link_state: 'down', link_at: t, link_reason: 'timeout' })
    .execute()
  await apply('2', [catalogueDevice('dim-1', ['level', 'new'], 'Renamed')], t + 1)

  const { items } = (await api.get('/api/v1/devices')).body as DeviceList
  expect(items).toMatchObject([{ title: { en: 'Renamed' }, link: { state: 'down', reason: 'timeout' } }])
  expect(items[0]?.points.map(({ id }) => id)).toEqual(['school-a/dim-1/level', 'school-a/dim-1/new'])
  expect(items[0]?.points[0]?.writable).toEqual({ min: 0, max: 100, risk: 'low', verified: true })
  const gone = (await api.get('/api/v1/devices/school-a/dim-2')).body as Device
  expect(gone.removedAt).toBe('2026-01-05T00:00:00.001Z')
  expect(await devices.unitsOf(['school-a/dim-1/old', 'school-a/dim-1/never'])).toEqual(
    new Map([['school-a/dim-1/old', 'W']]),
  )

  await apply('3', [catalogueDevice('dim-2', ['level'])], t + 2)
  expect(((await api.get('/api/v1/devices')).body as DeviceList).items.map(({ id }) => id)).toEqual([
    'school-a/dim-2',
  ])
})

test('the largest catalogue is taken over in one piece', async () => {
  await using api = await start()
  await api.db
    .insertInto('gateways')
    .values({ id: 'school-a', token_hash: '-', created_at: 1, connected: 0 })
    .execute()
  const points = Array.from({ length: 20 }, (_, i) => `p${i}`)
  const list = Array.from({ length: 500 }, (_, i) => catalogueDevice(`dev-${i}`, points))
  await api.db.transaction().execute(async (transaction) => {
    const devices = new DeviceRepository(transaction)
    await devices.applyCatalogue('school-a', { v: 1, kind: 'catalogue', version: '1', devices: list }, t)
  })
  const count = await api.db
    .selectFrom('points')
    .select(({ fn }) => fn.countAll().as('n'))
    .executeTakeFirstOrThrow()
  expect(Number(count.n)).toBe(10_000)
})

test('a device says where it is, who added it and what became of its link lately', async () => {
  await using api = await start()
  await seedInventory(api.db)
  const device: CatalogueDevice = {
    ...{ id: 'meter-2', title: { zh: '表' }, profile: 'a.b', vendor: 'A', model: 'B', category: 'meter' },
    ...{
      address: 'plant · 3',
      profileVersion: '1.2.0',
      variant: 'new',
      hidden: ['thd'],
      added: true,
      points: [],
    },
  }
  const catalogue = { v: 1, kind: 'catalogue', version: 'k', devices: [device] } as const
  await new DeviceRepository(api.db).applyCatalogue('school-a', { ...catalogue, devices: [device] }, 1)
  for (let at = 1; at <= 30; at++) {
    const state = at % 2 === 0 ? 'up' : 'down'
    const reason = state === 'down' ? { reason: 'timeout' } : {}
    const row = { gateway: 'school-a', device: 'meter-2', at, state, ...reason }
    await api.db.insertInto('link_events').values(row).execute()
  }
  expect((await api.get('/api/v1/devices/school-a/meter-2')).body).toMatchObject({
    ...{ address: 'plant · 3', profileVersion: '1.2.0', variant: 'new', hidden: ['thd'], added: true },
  })
  const { items } = (await api.get('/api/v1/devices/school-a/meter-2/links')).body as LinkHistory
  expect(items).toHaveLength(20)
  expect(items.slice(0, 2)).toEqual([
    { state: 'up', at: '1970-01-01T00:00:00.030Z' },
    { state: 'down', at: '1970-01-01T00:00:00.029Z', reason: 'timeout' },
  ])
})

test('a device is found by the place where it stands, and a new catalogue leaves it there', async () => {
  await using api = await start()
  await seedInventory(api.db)
  await seedDevice(api.db, 'school-a', 'lux-1')
  await api.db.insertInto('tree_nodes').values({ id: 'room-101', kind: 'room', position: 0 }).execute()
  await api.db.updateTable('devices').set({ place: 'room-101' }).where('id', '=', 'lux-1').execute()
  const devices = new DeviceRepository(api.db)
  const list = ['lux-1', 'meter-1'].map((id) => catalogueDevice(id, []))
  await devices.applyCatalogue('school-a', { v: 1, kind: 'catalogue', version: '2', devices: list }, t)
  const find = async (query: string) => ((await api.get(`/api/v1/devices?${query}`)).body as DeviceList).items
  expect(await find('place=room-101')).toMatchObject([{ id: 'school-a/lux-1', place: 'room-101' }])
  expect(await find('place=room-102')).toEqual([])
  expect((await find('q=meter-1'))[0]).not.toHaveProperty('place')
})
