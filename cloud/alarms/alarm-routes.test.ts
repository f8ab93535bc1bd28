import { expect, test } from 'vitest'
import type { Database } from '#cloud/state/database.ts'
import type { AlarmList } from '#contract/api/alarms.ts'
import { seedInventory, testApi } from '../../tests/support/test-api.ts'
import { AlarmRepository } from './alarm-repository.ts'
import { alarmRoutes } from './alarm-routes.ts'

const t = Date.UTC(2026, 0, 5)
const start = () =>
  testApi({ api: (api, { db }) => alarmRoutes(api, { alarms: new AlarmRepository(db), liveSeq: () => 42 }) })

async function seedAlarms(db: Database): Promise<void> {
  await seedInventory(db)
  const rule = {
    gateway: 'school-a',
    rule: 'lux-low',
    point: 'lux-1/illuminance',
    title_zh: '照度低',
    title_en: null,
  }
  const raised = { raised_at: t, raise_value_json: '120.5', limit_value: 300, cleared_at: null }
  await db
    .insertInto('alarm_events')
    .values([
      { ...rule, ...raised, occurrence: 'o1', priority: 3, state: 'raised', received_at: t + 1 },
      { ...rule, ...raised, occurrence: 'o2', priority: 1, state: 'raised', received_at: t + 3 },
      {
        ...rule,
        ...raised,
        occurrence: 'o3',
        priority: 1,
        state: 'cleared',
        cleared_at: t + 9,
        received_at: t + 2,
      },
    ])
    .execute()
}

test('without a session there is no answer; without alarms an empty one with the number of the live stream', async () => {
  await using api = await start()
  expect((await api.get('/api/v1/alarms', {})).status).toBe(401)
  expect((await api.get('/api/v1/alarms')).body).toEqual({ items: [], seq: 42 })
})

test('open alarms come newest first; all of them when asked', async () => {
  await using api = await start()
  await seedAlarms(api.db)
  const list = async (query = '') => ((await api.get(`/api/v1/alarms${query}`)).body as AlarmList).items
  expect((await list()).map(({ id }) => id)).toEqual(['school-a/o2', 'school-a/o1'])
  expect((await list('?state=all')).map(({ id }) => id)).toEqual([
    'school-a/o2',
    'school-a/o3',
    'school-a/o1',
  ])
  expect((await list('?state=all&priority=1&gateway=school-a')).map(({ id }) => id)).toEqual([
    'school-a/o2',
    'school-a/o3',
  ])
  expect(await list('?gateway=school-b')).toEqual([])
  expect((await list('?state=all'))[1]).toEqual({
    id: 'school-a/o3',
    gateway: 'school-a',
    rule: 'lux-low',
    point: 'school-a/lux-1/illuminance',
    priority: 1,
    title: { zh: '照度低' },
    state: 'cleared',
    raisedAt: '2026-01-05T00:00:00.000Z',
    clearedAt: '2026-01-05T00:00:00.009Z',
    value: 120.5,
    limit: 300,
    receivedAt: '2026-01-05T00:00:00.002Z',
  })
})

test('the pages hold everything once, and wrong fields are all named', async () => {
  await using api = await start()
  await seedAlarms(api.db)
  const first = (await api.get('/api/v1/alarms?state=all&limit=2')).body as AlarmList
  const second = (await api.get(`/api/v1/alarms?state=all&limit=2&cursor=${first.nextCursor}`))
    .body as AlarmList
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([
    'school-a/o2',
    'school-a/o3',
    'school-a/o1',
  ])
  expect(second.nextCursor).toBeUndefined()
  expect((await api.get('/api/v1/alarms?state=some&priority=9&cursor=x')).body).toMatchObject({
    details: expect.arrayContaining([
      { path: 'query/state', message: 'must be one of: open, all' },
      { path: 'query/priority', message: 'must be <= 4' },
    ]),
  })
})
