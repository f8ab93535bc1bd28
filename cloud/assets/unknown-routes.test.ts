import { expect, test } from 'vitest'
import type { UnknownDeviceList } from '#contract/api/assets.ts'
import type { Grant } from '#contract/api/session.ts'
import type { DeviceProposal, Question, ScannedUnit } from '#contract/request.ts'
import { createLogger } from '#lib/logger.ts'
import { seedInventory, testApi } from '../../tests/support/test-api.ts'
import { keepLooking } from './keep-looking.ts'
import { isThere, sightingsIn } from './sightings.ts'
import { UnknownDevices } from './unknown-devices.ts'
import { unknownRoutes } from './unknown-routes.ts'

const log = createLogger({ level: 'silent' })
const t = Date.UTC(2026, 0, 5)
const headers = { authorization: 'Bearer good' }

async function start(grants?: readonly Grant[]) {
  let made: UnknownDevices | undefined
  const api = await testApi({
    ...(grants === undefined ? {} : { grants }),
    api: (app, { db, clock }) => {
      made = new UnknownDevices({ db, clock, log })
      unknownRoutes(app, made)
    },
  })
  await seedInventory(api.db)
  if (made === undefined) throw new Error('no routes')
  return Object.assign(api, { unknown: made })
}
type Api = Awaited<ReturnType<typeof start>>

const list = async (api: Api, query = '') =>
  ((await api.get(`/api/v1/assets/unknown${query}`)).body as UnknownDeviceList).items
const scan: Question = { kind: 'scan', bus: 'plant', first: 1, last: 9 }
const scanned = (...units: ScannedUnit[]) => ({ kind: 'scan', done: 9, total: 9, units }) as const
const camera: DeviceProposal = {
  ...{ key: 'urn:uuid:1', protocol: 'onvif', name: 'IPC', model: 'DS-2', source: '10.0.0.9' },
  ...{ instance: { host: '10.0.0.9', port: 80 }, seenAt: t - 60_000 },
}

test('units that answer and are no device, and what announces itself, are listed with when they were seen', async () => {
  await using api = await start()
  const units = scanned(
    { unit: 3, answered: true, text: 'Eastron SDM630' },
    { unit: 4, answered: true, device: 'meter-1' },
    { unit: 5, answered: false },
  )
  await api.unknown.take('school-a', scan, units)
  await api.unknown.take('school-a', { kind: 'proposals' }, { kind: 'proposals', proposals: [camera] })
  await api.clock.advance(5_000)
  await api.unknown.take('school-a', scan, units)
  expect(await list(api)).toMatchObject([
    {
      ...{
        gateway: 'school-a',
        protocol: 'modbus',
        source: 'scan',
        name: 'Eastron SDM630',
        address: 'plant · 3',
      },
      ...{ firstSeenAt: '2026-01-05T00:00:00.000Z', lastSeenAt: '2026-01-05T00:00:05.000Z' },
    },
    {
      ...{ protocol: 'onvif', source: 'discovery', name: 'IPC', model: 'DS-2', address: '10.0.0.9' },
      ...{ firstSeenAt: '2026-01-04T23:59:00.000Z', lastSeenAt: '2026-01-04T23:59:00.000Z' },
    },
  ])
  const first = (await api.get('/api/v1/assets/unknown?limit=1')).body as UnknownDeviceList
  expect((await list(api, `?limit=1&cursor=${first.nextCursor}`)).map(({ name }) => name)).toEqual(['IPC'])
})

test('what became a device is not unknown any more: added from the console, or seen as one by a scan, or by its address', async () => {
  await using api = await start()
  const look = () =>
    api.unknown.take('school-a', { kind: 'proposals' }, { kind: 'proposals', proposals: [camera] })
  await look()
  const device = { id: 'cam-1', profile: 'onvif.camera', host: '10.0.0.9', port: 80, username: 'x' }
  await api.unknown.take('school-a', { kind: 'add-device', device }, { kind: 'device', device: 'cam-1' })
  expect(await list(api)).toEqual([])

  await api.unknown.take('school-a', scan, scanned({ unit: 3, answered: true }))
  await api.unknown.take('school-a', scan, scanned({ unit: 3, answered: true, device: 'meter-1' }))
  expect(await list(api)).toEqual([])

  await look()
  await api.db.updateTable('devices').set({ address: '10.0.0.9' }).execute()
  expect(await list(api)).toEqual([])
})

test('with a reason one of them is not listed any more; that is in the audit log, and can be taken back', async () => {
  await using api = await start()
  await api.unknown.take('school-a', scan, scanned({ unit: 3, answered: true }))
  const [{ id } = { id: '' }] = await list(api)
  const url = `/api/v1/assets/unknown/${id}/ignore`
  expect((await api.app.inject({ method: 'POST', url, headers, payload: { reason: '' } })).statusCode).toBe(
    400,
  )
  const payload = { reason: '施工单位的临时设备' }
  expect((await api.app.inject({ method: 'POST', url, headers, payload })).json()).toMatchObject({
    ignored: { by: 'Li', reason: payload.reason },
  })
  expect(await list(api)).toEqual([])
  await api.unknown.take('school-a', scan, scanned({ unit: 3, answered: true }))
  expect(await list(api, '?ignored=true')).toMatchObject([{ id, ignored: { reason: payload.reason } }])
  expect((await api.app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(200)
  expect(await list(api)).toHaveLength(1)
  expect(
    (await api.audit.search({ limit: 9 })).map(({ action, target }) => [action, target]).slice(0, 2),
  ).toEqual([
    ['unknown-device.watched', 'school-a/plant/3'],
    ['unknown-device.ignored', 'school-a/plant/3'],
  ])
})

test('only those who look after devices see them, and only in their part', async () => {
  await using guard = await start([{ role: 'guard' }])
  expect((await guard.get('/api/v1/assets/unknown')).status).toBe(403)
  await using stranger = await start([{ role: 'facilities', node: 'elsewhere' }])
  await stranger.unknown.take('school-a', scan, scanned({ unit: 3, answered: true }))
  expect(await list(stranger)).toEqual([])
  const { id } = await stranger.db.selectFrom('unknown_devices').select('id').executeTakeFirstOrThrow()
  const payload = { reason: 'mine' }
  const url = `/api/v1/assets/unknown/${id}/ignore`
  const answer = await stranger.app.inject({ method: 'POST', url, headers, payload })
  expect([answer.statusCode, answer.body.includes('school-a')]).toEqual([404, false])
})

test('a network full of strangers does not fill the disk', async () => {
  await using api = await start()
  for (let round = 0; round < 3; round++) {
    const proposals = Array.from({ length: 1_000 }, (_, i) => ({ ...camera, key: `${round}-${i}` }))
    await api.unknown.take('school-a', { kind: 'proposals' }, { kind: 'proposals', proposals })
  }
  const { n } = await api.db
    .selectFrom('unknown_devices')
    .select(({ fn }) => fn.countAll().as('n'))
    .executeTakeFirstOrThrow()
  expect(Number(n)).toBe(2_000)
})

test('a gateway whose clock is ahead has seen nothing in the future', () => {
  const late = { ...camera, seenAt: t + 3_600_000 }
  const { seen } = sightingsIn({ kind: 'proposals' }, { kind: 'proposals', proposals: [late] }, t)
  expect(seen[0]?.seenAt).toBe(t)
})

test.each([
  [{ host: 'a', port: 80 }, { id: 'x', host: 'a', port: 80, username: 'u' }, true],
  [{ host: 'a', port: 80 }, { host: 'a', port: 81 }, false],
  [{ profile: 'p', title: { en: 'T' } }, { profile: 'p', title: { en: 'T' } }, false],
  [{ params: { addr: 'x' } }, { params: { addr: 'x' } }, true],
])('seen %o, configured %o: the same is %s', (seen, device, same) => {
  expect(isThere(seen, device)).toBe(same)
})

test('every six hours each connected gateway looks around, and one that fails keeps nobody from it', async () => {
  await using api = await start()
  await api.db
    .insertInto('gateways')
    .values({ id: 'away', token_hash: '-', created_at: 1, connected: 0 })
    .execute()
  await api.db
    .insertInto('gateways')
    .values({ id: 'school-b', token_hash: '-', created_at: 1, connected: 1 })
    .execute()
  const asked: string[] = []
  const look = async (gateway: string) => {
    asked.push(gateway)
    if (gateway === 'school-a') throw new Error('went away')
  }
  await using _ = keepLooking({ db: api.db, clock: api.clock, log, look })
  await api.clock.advance(6 * 3_600_000 + 1)
  await expect.poll(() => asked.toSorted()).toEqual(['school-a', 'school-b'])
})
