import { expect, test } from 'vitest'
import type { AlarmList } from '#contract/api/alarms.ts'
import { alarmApi, alarmUrl } from '../../tests/support/alarm-api.ts'

async function start() {
  const api = await alarmApi()
  await api.person('admin', [{ role: 'admin' }])
  await api.person('guard', [{ role: 'guard', node: 'campus-a' }])
  await api.person('other', [{ role: 'guard', node: 'campus-b' }])
  await api.person('room', [{ role: 'guard', node: 'room-a' }])
  await api.person('bureau', [{ role: 'bureau' }])
  return api
}

test('without a session there is no answer; without alarms an empty one with the number of the live stream', async () => {
  await using api = await start()
  expect((await api.get('/api/v1/alarms', {})).status).toBe(401)
  expect((await api.as('admin', '/alarms')).body).toEqual({ items: [], seq: 42 })
})

test('open alarms come newest first, all of them when asked, and each has its place and what its reader can do', async () => {
  await using api = await start()
  const t = api.clock.now()
  await api.tell('o1')
  api.clock.step(1)
  await api.tell('o3', { priority: 1 })
  await api.tell('o3', { priority: 1, state: 'cleared', at: t + 9 })
  api.clock.step(1)
  await api.tell('o2', { priority: 1 })
  const ids = async (query = '') => (await api.list('guard', query)).map(({ id }) => id)
  expect(await ids()).toEqual(['school-a/o2', 'school-a/o1'])
  expect(await ids('?state=all')).toEqual(['school-a/o2', 'school-a/o3', 'school-a/o1'])
  expect(await ids('?state=all&priority=1&gateway=school-a')).toEqual(['school-a/o2', 'school-a/o3'])
  expect(await ids('?state=returned')).toEqual(['school-a/o3'])
  expect(await ids('?gateway=school-b')).toEqual([])
  expect(await ids('?node=room-a')).toEqual(['school-a/o2', 'school-a/o1'])
  expect((await api.list('guard', '?state=all'))[1]).toEqual({
    id: 'school-a/o3',
    gateway: 'school-a',
    rule: 'rule-o3',
    point: 'school-a/lux-1/illuminance',
    priority: 1,
    title: { zh: '照度低', en: 'Too dark' },
    state: 'cleared',
    raisedAt: '2026-01-05T00:00:00.001Z',
    clearedAt: '2026-01-05T00:00:00.009Z',
    value: 120,
    limit: 300,
    receivedAt: '2026-01-05T00:00:00.001Z',
    life: 'rtn-unacknowledged',
    revision: 2,
    lifeSafety: false,
    latching: false,
    count: 1,
    chattering: false,
    annunciatedAt: '2026-01-05T00:00:00.001Z',
    escalations: 0,
    place: 'room-a',
    post: 'campus-a',
    can: {
      ...{ ack: true, shelve: true, unshelve: false, outOfService: true, returnToService: false },
      ...{ approve: false, reset: false, close: true, comment: true, assign: true },
    },
  })
})

test('the pages hold everything once, and wrong fields are all named', async () => {
  await using api = await start()
  for (const one of ['o1', 'o2', 'o3']) await api.tell(one)
  const page = async (query: string) =>
    (await api.as('admin', `/alarms?limit=2${query}`)).body as unknown as AlarmList
  const first = await page('')
  const second = await page(`&cursor=${first.nextCursor}`)
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([
    'school-a/o1',
    'school-a/o2',
    'school-a/o3',
  ])
  expect(second.nextCursor).toBeUndefined()
  expect((await api.as('admin', '/alarms?state=some&priority=9&cursor=x')).body).toMatchObject({
    code: 'BAD_REQUEST',
    details: expect.arrayContaining([{ path: 'query/priority', message: 'must be <= 4' }]),
  })
})

test('a person sees the alarms of his places, by the device and not only by its gateway, and learns of no others', async () => {
  await using api = await start()
  await api.tell('o1')
  await api.tell('m1', { point: 'meter-1/voltage' })
  await api.tell('b1', { gateway: 'school-b', point: 'meter-1/voltage' })
  const ids = async (who: string) => (await api.list(who)).map(({ id }) => id).sort()
  expect(await ids('admin')).toEqual(['school-a/m1', 'school-a/o1', 'school-b/b1'])
  expect(await ids('guard')).toEqual(['school-a/m1', 'school-a/o1'])
  expect(await ids('room')).toEqual(['school-a/o1'])
  expect(await ids('other')).toEqual(['school-b/b1'])
  const missing = { status: 404, body: { code: 'NOT_FOUND', message: 'there is no alarm school-a/m1' } }
  expect(await api.as('room', alarmUrl('m1'))).toMatchObject(missing)
  for (const [act, body] of acts)
    expect([act, await api.as('room', alarmUrl('m1', act), body)]).toMatchObject([
      act,
      { status: act === 'approve' ? 403 : 404 },
    ])
  expect(await api.as('room', alarmUrl('m9'))).toMatchObject({
    status: 404,
    body: { message: 'there is no alarm school-a/m9' },
  })
  expect((await api.as('guard', '/alarms?node=campus-b')).status).toBe(404)
  const many = await api.as('room', '/alarms/ack', { ids: ['school-a/m1', 'school-a/o1', 'school-b/b1'] })
  expect(many.body.results).toMatchObject([
    { code: 'NOT_FOUND' },
    { id: 'school-a/o1' },
    { code: 'NOT_FOUND' },
  ])
})

const acts = [
  ['ack', {}],
  ['shelve', { for: '15m', reason: 'x' }],
  ['unshelve', {}],
  ['out-of-service', { reason: 'x', permit: 'p' }],
  ['return-to-service', {}],
  ['approve', { approve: true }],
  ['comment', { note: 'x' }],
  ['assign', { to: null }],
  ['procedure/look', { done: true }],
  ['reset', {}],
  ['close', { outcome: 'true', note: 'x' }],
] as const

test('who only looks may do nothing, and nothing has changed', async () => {
  await using api = await start()
  await api.tell('o1')
  for (const [act, body] of acts)
    expect([act, await api.as('bureau', alarmUrl('o1', act), body)]).toMatchObject([
      act,
      { status: 403, body: { code: 'FORBIDDEN' } },
    ])
  expect((await api.as('bureau', '/alarms/ack', { ids: ['school-a/o1'] })).status).toBe(403)
  const { body } = await api.as('bureau', alarmUrl('o1'))
  expect(body).toMatchObject({ life: 'unacknowledged', history: [{ what: 'raised' }] })
  expect(Object.values(body.can ?? {})).not.toContain(true)
})

test('the detail has the history, the procedure with its ticks, and the cameras of the room', async () => {
  await using api = await start()
  const camera = (id: string, place: string | null) =>
    api.db
      .insertInto('devices')
      .values({
        ...{ gateway: 'school-a', id, profile: 'p', vendor: 'v', model: 'm', category: 'camera', place },
      })
      .execute()
  await camera('cam-floor', 'floor-a')
  await camera('cam-gate', null)
  await api.tell('o1')
  expect((await api.as('guard', alarmUrl('o1'))).body.cameras).toEqual(['school-a/cam-floor'])
  await camera('cam-room', 'room-a')
  expect((await api.as('guard', alarmUrl('o1'))).body.cameras).toEqual(['school-a/cam-room'])
  await api.as('guard', alarmUrl('o1', 'procedure/look'), { done: true })
  expect(await api.as('guard', alarmUrl('o1', 'procedure/fly'), { done: true })).toMatchObject({
    status: 404,
  })
  const { body } = await api.as('guard', alarmUrl('o1'))
  expect(body.procedure).toMatchObject([
    { id: 'look', done: { by: { username: 'guard' } } },
    { id: 'mend' },
    { id: 'record' },
  ])
  expect(body.history).toMatchObject([
    { what: 'raised', life: 'unacknowledged' },
    { what: 'ticked', by: { displayName: 'GUARD' }, detail: 'look' },
  ])
  await api.as('guard', alarmUrl('o1', 'procedure/look'), { done: false })
  expect((await api.as('guard', alarmUrl('o1'))).body.procedure).toMatchObject([{ id: 'look' }, {}, {}])
})

test('what is away hides its alarms under itself, but never those that lives depend on', async () => {
  await using api = await start()
  await api.tell('o1')
  await api.tell('s1', { point: 'lux-1/smoke' })
  const roots = async () => (await api.list('guard')).map(({ id, root }) => [id, root?.kind, root?.id])
  expect(await roots()).toEqual([
    ['school-a/o1', undefined, undefined],
    ['school-a/s1', undefined, undefined],
  ])
  await api.db.updateTable('devices').set({ link_state: 'down' }).where('id', '=', 'lux-1').execute()
  expect(await roots()).toEqual([
    ['school-a/o1', 'device', 'school-a/lux-1'],
    ['school-a/s1', undefined, undefined],
  ])
  await api.db.updateTable('gateways').set({ connected: 0 }).where('id', '=', 'school-a').execute()
  expect((await roots())[0]).toEqual(['school-a/o1', 'gateway', 'school-a'])
})
