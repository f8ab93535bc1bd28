import { expect, test } from 'vitest'
import { alarmApi, alarmUrl } from '../../tests/support/alarm-api.ts'

async function start() {
  const api = await alarmApi()
  await api.person('li', [{ role: 'guard', node: 'campus-a' }])
  await api.person('wang', [{ role: 'guard', node: 'campus-a' }])
  await api.person('lead', [{ role: 'lead', node: 'campus-a' }])
  await api.alarms.start()
  await api.settled()
  return api
}

type Api = Awaited<ReturnType<typeof start>>

const audited = async (api: Api) =>
  (await api.audit.search({ limit: 99 }))
    .map(({ action, target, outcome }) => [action, target, outcome])
    .reverse()

const life = async (api: Api, one: string) => {
  const { body } = await api.as('li', alarmUrl(one))
  return [body.life, body.overlay]
}

test('two race to acknowledge: the first one has, the other hears who; again by the first changes nothing', async () => {
  await using api = await start()
  await api.tell('o1')
  api.clock.step(7_000)
  const [first, second] = await Promise.all([
    api.as('li', alarmUrl('o1', 'ack'), {}),
    api.as('wang', alarmUrl('o1', 'ack'), { note: 'me too' }),
  ])
  const both = [first, second].sort((a, b) => a.status - b.status)
  const winner = first.status === 200 ? 'li' : 'wang'
  expect(both).toMatchObject([
    { status: 200, body: { life: 'acknowledged', ack: { by: { username: winner } } } },
    {
      status: 409,
      body: {
        code: 'CONFLICT',
        details: {
          by: { username: winner, displayName: winner.toUpperCase() },
          at: '2026-01-05T00:00:07.000Z',
        },
      },
    },
  ])
  expect(await api.as(winner, alarmUrl('o1', 'ack'), {})).toMatchObject({
    status: 200,
    body: { revision: 2 },
  })
  const { body } = await api.as('li', alarmUrl('o1'))
  expect(body.history).toMatchObject([{ what: 'raised' }, { what: 'acknowledged', by: { username: winner } }])
  expect(await audited(api)).toEqual([
    ['alarm.acknowledged', 'school-a/o1', 'ok'],
    ['alarm.acknowledged', 'school-a/o1', 'CONFLICT'],
    ['alarm.acknowledged', 'school-a/o1', 'ok'],
  ])
})

test('a list is acknowledged row by row, each with its own answer, in one transaction with one audit row', async () => {
  await using api = await start()
  for (const one of ['o1', 'o2', 'o3']) await api.tell(one)
  await api.as('wang', alarmUrl('o2', 'ack'), {})
  const ids = ['school-a/o1', 'school-a/o2', 'school-a/none', 'school-a/o3']
  const { status, body } = await api.as('li', '/alarms/ack', { ids, note: 'seen' })
  expect([status, body.results]).toMatchObject([
    200,
    [
      { id: 'school-a/o1', alarm: { life: 'acknowledged' } },
      { id: 'school-a/o2', code: 'CONFLICT', details: { by: { username: 'wang' } } },
      { id: 'school-a/none', code: 'NOT_FOUND' },
      { id: 'school-a/o3', alarm: { life: 'acknowledged' } },
    ],
  ])
  expect((await audited(api)).slice(1)).toEqual([['alarm.acknowledged', '4', 'ok']])
  expect(await api.as('li', '/alarms/ack', { ids: [] })).toMatchObject({ status: 400 })
})

test('an acknowledgement does not hide the next occurrence, and acknowledging what is over ends it', async () => {
  await using api = await start()
  await api.tell('o1', { rule: 'r' })
  await api.as('li', alarmUrl('o1', 'ack'), {})
  await api.tell('o1', { rule: 'r', state: 'cleared' })
  expect(await life(api, 'o1')).toEqual(['normal', undefined])
  expect((await api.list('li', '?state=handling')).map(({ id }) => id)).toEqual(['school-a/o1'])
  api.clock.step(1_000)
  await api.tell('o2', { rule: 'r' })
  expect(await life(api, 'o2')).toEqual(['unacknowledged', undefined])
  await api.tell('o2', { rule: 'r', state: 'cleared' })
  expect(await life(api, 'o2')).toEqual(['rtn-unacknowledged', undefined])
  await api.as('li', alarmUrl('o2', 'ack'), {})
  expect(await life(api, 'o2')).toEqual(['normal', undefined])
  await api.tell('o3', { rule: 'q' })
  await api.tell('o4', { rule: 'p', at: 0 })
  await api.tell('o4', { rule: 'p', state: 'cleared' })
  expect(await api.as('li', alarmUrl('o4', 'ack'), {})).toMatchObject({
    status: 409,
    body: { code: 'ALARM_REFUSED', details: { reason: 'nothing-to-acknowledge' } },
  })
})

test('shelved with a reason and for a time; it comes back by itself, and what is still on calls again', async () => {
  await using api = await start()
  await api.tell('o1')
  for (const [body, path] of [
    [{ for: '15m' }, 'body/reason'],
    [{ for: '15m', reason: '  ' }, 'body/reason'],
    [{ for: '3d', reason: 'x' }, 'body/for'],
    [{ reason: 'x' }, 'body/for'],
    [{ reason: 'x', for: '1h', minutes: 5 }, 'body/for'],
    [{ reason: 'x', minutes: 721 }, 'body/minutes'],
  ] as const)
    expect(await api.as('li', alarmUrl('o1', 'shelve'), body)).toMatchObject({
      status: 400,
      body: { details: expect.arrayContaining([expect.objectContaining({ path })]) },
    })
  await api.settled()
  const shelved = await api.as('li', alarmUrl('o1', 'shelve'), { for: '15m', reason: 'painting' })
  expect(shelved).toMatchObject({
    status: 200,
    body: { overlay: 'shelved', shelf: { until: '2026-01-05T00:15:00.000Z', reason: 'painting' } },
  })
  expect((await api.list('li', '?state=pending')).length).toBe(0)
  expect((await api.list('li', '?state=shelved')).map(({ id }) => id)).toEqual(['school-a/o1'])
  expect(await api.as('wang', alarmUrl('o1', 'ack'), {})).toMatchObject({
    body: { code: 'ALARM_REFUSED', details: { reason: 'hidden' } },
  })
  await api.pass(14 * 60_000)
  expect(await api.settled()).toEqual(['change school-a/o1 unacknowledged'])
  expect(await life(api, 'o1')).toEqual(['unacknowledged', 'shelved'])
  await api.pass(62_000)
  expect(await life(api, 'o1')).toEqual(['unacknowledged', undefined])
  expect(await api.settled()).toEqual(['change school-a/o1 unacknowledged', 'annunciated school-a/o1'])
})

test('what comes while it is shelved is logged and silent; what is over when the shelf ends is over', async () => {
  await using api = await start()
  await api.tell('o1', { rule: 'r' })
  await api.as('li', alarmUrl('o1', 'shelve'), { for: '1h', reason: 'x' })
  await api.tell('o1', { rule: 'r', state: 'cleared' })
  api.clock.step(1_000)
  await api.settled()
  await api.tell('o2', { rule: 'r' })
  expect(await api.settled()).toEqual([
    'change school-a/o1 normal',
    'change school-a/o2 unacknowledged',
    'raised school-a/o2 ',
  ])
  expect(await api.list('li', '?state=shelved')).toMatchObject([{ id: 'school-a/o2', quiet: 'shelved' }])
  await api.tell('o2', { rule: 'r', state: 'cleared' })
  await api.as('li', alarmUrl('o2', 'unshelve'), {})
  expect(await life(api, 'o2')).toEqual(['normal', undefined])
  expect(await api.as('li', alarmUrl('o2', 'unshelve'), {})).toMatchObject({
    status: 409,
    body: { details: { reason: 'not-shelved' } },
  })
})

test.each(['smoke', 'gas.alarm', 'co', 'panic', 'fire.manual'])(
  '%s is never shelved, by nobody',
  async (point) => {
    await using api = await start()
    await api.tell('o1', { point: `lux-1/${point}`, priority: 1 })
    for (const who of ['li', 'lead'])
      expect(await api.as(who, alarmUrl('o1', 'shelve'), { for: '15m', reason: 'x' })).toMatchObject({
        status: 409,
        body: { code: 'ALARM_REFUSED', details: { reason: 'life-safety' } },
      })
    expect(await life(api, 'o1')).toEqual(['unacknowledged', undefined])
  },
)

test('more than eight hours need a second person, who is not the one who asked', async () => {
  await using api = await start()
  await api.person('lead-2', [{ role: 'lead', node: 'campus-a' }])
  await api.tell('o1')
  expect(await api.as('lead', alarmUrl('o1', 'shelve'), { minutes: 720, reason: 'holiday' })).toMatchObject({
    status: 200,
    body: { pending: { what: 'shelve', minutes: 720 } },
  })
  expect(await life(api, 'o1')).toEqual(['unacknowledged', undefined])
  expect((await api.as('li', alarmUrl('o1', 'approve'), { approve: true })).status).toBe(403)
  expect(await api.as('lead', alarmUrl('o1', 'approve'), { approve: true })).toMatchObject({
    body: { details: { reason: 'same-person' } },
  })
  expect(await api.as('lead-2', alarmUrl('o1', 'approve'), { approve: true })).toMatchObject({
    status: 200,
    body: {
      overlay: 'shelved',
      shelf: { approvedBy: { username: 'lead-2' }, until: '2026-01-05T12:00:00.000Z' },
    },
  })
})

test('out of service with a permit and a second person; no acknowledgement, no call; back in service it calls', async () => {
  await using api = await start()
  await api.tell('o1', { point: 'lux-1/smoke', priority: 1 })
  const asked = await api.as('li', alarmUrl('o1', 'out-of-service'), {
    reason: 'detector test',
    permit: 'P-17',
  })
  expect(asked).toMatchObject({ status: 200, body: { pending: { what: 'out-of-service', permit: 'P-17' } } })
  expect(await api.as('wang', alarmUrl('o1', 'out-of-service'), { reason: 'x', permit: 'y' })).toMatchObject({
    body: { details: { reason: 'waiting' } },
  })
  await api.as('lead', alarmUrl('o1', 'approve'), { approve: false, note: 'not now' })
  expect(await life(api, 'o1')).toEqual(['unacknowledged', undefined])
  await api.as('li', alarmUrl('o1', 'out-of-service'), { reason: 'detector test', permit: 'P-18' })
  await api.as('lead', alarmUrl('o1', 'approve'), { approve: true })
  expect(await life(api, 'o1')).toEqual(['unacknowledged', 'out-of-service'])
  await api.settled()
  await api.pass(600_000)
  expect(await api.settled()).toEqual([])
  expect(await api.as('li', alarmUrl('o1', 'return-to-service'), {})).toMatchObject({ status: 200 })
  expect(await api.settled()).toContain('annunciated school-a/o1')
  const { body } = await api.as('li', alarmUrl('o1'))
  expect((body.history as { what: string }[]).map(({ what }) => what)).toEqual([
    'raised',
    'asked',
    'declined',
    'asked',
    'approved',
    'out-of-service',
    'in-service',
  ])
})

test('what latches is acknowledged, then reset, then closed, in this order and no other', async () => {
  await using api = await start()
  await api.tell('o1', { point: 'lux-1/panic', latch: true, priority: 1 })
  await api.tell('o1', { point: 'lux-1/panic', latch: true, priority: 1, state: 'cleared' })
  expect(await life(api, 'o1')).toEqual(['latch-unacknowledged', undefined])
  const reason = async (act: string, body: object) =>
    (await api.as('li', alarmUrl('o1', act), body)).body.details
  expect(await reason('reset', {})).toEqual({ reason: 'not-latched' })
  expect(await reason('close', { outcome: 'true', note: 'x' })).toEqual({ reason: 'latched' })
  await api.as('li', alarmUrl('o1', 'ack'), {})
  expect(await reason('close', { outcome: 'true', note: 'x' })).toEqual({ reason: 'latched' })
  await api.as('li', alarmUrl('o1', 'reset'), {})
  expect(await life(api, 'o1')).toEqual(['normal', undefined])
  expect(await api.list('li', '?state=handling')).toHaveLength(1)
  expect(await api.as('li', alarmUrl('o1', 'close'), { outcome: 'drill', note: 'fire drill' })).toMatchObject(
    {
      body: { closed: { outcome: 'drill', note: 'fire drill', by: { username: 'li' } } },
    },
  )
  expect(await reason('close', { outcome: 'true', note: 'x' })).toEqual({ reason: 'closed' })
  expect(await api.list('li', '?state=history')).toHaveLength(1)
})

test('closing acknowledges what was not, needs a reason, and what is still on stays on the screen', async () => {
  await using api = await start()
  await api.tell('o1')
  expect((await api.as('li', alarmUrl('o1', 'close'), { outcome: 'false-alarm' })).status).toBe(400)
  expect((await api.as('li', alarmUrl('o1', 'close'), { outcome: 'nothing', note: 'x' })).status).toBe(400)
  const closed = await api.as('li', alarmUrl('o1', 'close'), {
    outcome: 'false-alarm',
    note: 'sun on the sensor',
  })
  expect(closed.body).toMatchObject({ life: 'acknowledged', ack: { by: { username: 'li' } } })
  expect(await api.list('li', '?state=handling')).toHaveLength(1)
  await api.tell('o1', { state: 'cleared' })
  expect(await api.list('li', '?state=history')).toHaveLength(1)
})

test('an alarm goes to somebody who may handle it, and notes stay in its history', async () => {
  await using api = await start()
  await api.person('far', [{ role: 'guard', node: 'campus-b' }])
  await api.tell('o1')
  const { body } = await api.as('li', alarmUrl('o1', 'people'))
  expect((body.items as { username: string }[]).map(({ username }) => username)).toEqual([
    'lead',
    'li',
    'wang',
  ])
  expect(await api.as('li', alarmUrl('o1', 'assign'), { to: 'far' })).toMatchObject({
    status: 400,
    body: { details: [{ path: 'body/to' }] },
  })
  expect(await api.as('li', alarmUrl('o1', 'assign'), { to: 'wang' })).toMatchObject({
    body: { assigned: { username: 'wang' } },
  })
  await api.as('wang', alarmUrl('o1', 'comment'), { note: 'on my way' })
  expect((await api.as('li', alarmUrl('o1'))).body.history).toMatchObject([
    { what: 'raised' },
    { what: 'assigned', detail: 'WANG' },
    { what: 'commented', note: 'on my way', by: { username: 'wang' } },
  ])
})

test('a photo belongs to its alarm; what is no picture is refused', async () => {
  await using api = await start()
  await api.tell('o1')
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk', 'base64')
  const post = async (payload: Buffer, type = 'image/png') =>
    (
      await api.app.inject({
        ...{ method: 'POST', url: `/api/v1${alarmUrl('o1', 'photos')}`, payload },
        headers: { authorization: 'Bearer li', 'content-type': type },
      })
    ).statusCode
  expect([await post(png), await post(png), await post(Buffer.from('hello'))]).toEqual([200, 200, 400])
  expect(await post(Buffer.alloc(0))).toBe(400)
  const { body } = await api.as('li', alarmUrl('o1'))
  const [photo] = body.photos as { digest: string }[]
  expect(body.photos).toMatchObject([{ type: 'image/png', by: { username: 'li' } }])
  const url = `/api/v1${alarmUrl('o1', `photos/${photo?.digest}`)}`
  expect(await api.get(url, { authorization: 'Bearer li' })).toMatchObject({ status: 200 })
})

test('a change whose audit row cannot be written has not happened', async () => {
  await using api = await start()
  await api.tell('o1')
  await api.db.schema.dropTable('audit').execute()
  expect((await api.as('li', alarmUrl('o1', 'ack'), {})).status).toBeGreaterThanOrEqual(500)
  const row = await api.db.selectFrom('alarm_events').select(['life', 'acked_json']).executeTakeFirst()
  expect(row).toEqual({ life: 'unacknowledged', acked_json: null })
})
