import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { OrganisationRepository } from '#cloud/organisation/organisation-repository.ts'
import type { GatewayCalendarList, HolidayImport, PlaceCalendar } from '#contract/api/calendars.ts'
import type { Grant } from '#contract/api/session.ts'
import type { CalendarMessage, CalendarPart } from '#contract/calendar.ts'
import { createLogger } from '#lib/logger.ts'
import { testApi } from '../tests/support/test-api.ts'
import { waitFor } from '../tests/support/wait-for.ts'
import { calendarRoutes } from './calendars/calendar-routes.ts'
import { CalendarService } from './calendars/calendar-service.ts'

const name = { zh: '校庆' }
const holiday = (first: string, last = first) => ({ name, first, last })

async function start(grants?: readonly Grant[]) {
  const sent: [string, CalendarMessage][] = []
  let calendars: CalendarService | undefined
  const api = await testApi({
    ...(grants === undefined ? {} : { grants }),
    api: (scope, { db, clock }) => {
      calendars = new CalendarService({
        ...{ db, clock, log: createLogger({ level: 'silent' }) },
        send: async (gateway, message) => sent.push([gateway, message]) > 0,
      })
      calendarRoutes(scope, calendars)
    },
  })
  onTestFinished(() => api[Symbol.asyncDispose]())
  const title = { zh: '某处' }
  for (const id of ['gw-a', 'gw-b', 'gw-nowhere'])
    await api.db
      .insertInto('gateways')
      .values({ id, title_zh: id, token_hash: '-', created_at: 1, connected: 1 })
      .execute()
  await new OrganisationRepository(api.db).save(
    { nodes: [], gateways: new Map(), devices: new Map() },
    {
      nodes: [
        { id: 'city', kind: 'bureau', title },
        { id: 'campus-a', kind: 'campus', title, parent: 'city' },
        { id: 'building-a', kind: 'building', title, parent: 'campus-a' },
        { id: 'campus-b', kind: 'campus', title, parent: 'city' },
      ],
      gateways: new Map([
        ['gw-a', 'building-a'],
        ['gw-b', 'campus-b'],
      ]),
      devices: new Map(),
    },
  )
  await api.places.reload()
  const call = async (
    method: 'GET' | 'PUT' | 'DELETE' | 'POST',
    url: string,
    payload?: object | string,
    type = 'application/json',
  ) => {
    const headers = {
      authorization: 'Bearer good',
      ...(payload === undefined ? {} : { 'content-type': type }),
    }
    const answer = await api.app.inject({
      method,
      url: `/api/v1/calendars${url}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
  }
  const put = (node: string, version: number, part: CalendarPart) =>
    call('PUT', `/${node}`, { version, part })
  const view = async (node: string) => (await call('GET', `?node=${node}`)).body as PlaceCalendar
  if (calendars === undefined) throw new Error('no calendars')
  return { ...api, db: api.db, clock: api.clock, sent, calendars, call, put, view }
}

test('what a place leaves out comes from above, and it is told from where', async () => {
  const api = await start()
  expect(await api.view('campus-a')).toMatchObject({
    version: 0,
    calendar: { zone: 'Asia/Shanghai', terms: [] },
  })
  await api.put('city', 0, {
    holidays: [holiday('2026-05-01', '2026-05-05')],
    night: { from: '23:00', to: '05:00' },
  })
  const own = { holidays: [holiday('2026-04-15')], zone: 'Europe/Berlin' }
  expect((await api.put('campus-a', 0, own)).status).toBe(200)
  const seen = await api.view('building-a')
  expect(seen).toMatchObject({
    ...{ version: 0, calendar: { zone: 'Europe/Berlin', night: { from: '23:00', to: '05:00' } } },
    sources: { zone: 'campus-a', night: 'city', holidays: ['campus-a', 'city'] },
  })
  expect(seen).not.toHaveProperty('own')
  expect(seen.places.map(({ id }) => id)).toEqual(['city', 'campus-a', 'building-a'])
  expect(await api.view('campus-a')).toMatchObject({ own, version: 1, changedBy: 'Li' })
  expect((await api.view('campus-b')).calendar.holidays).toEqual([holiday('2026-05-01', '2026-05-05')])
})

test('everything that is wrong is told at once with its path, and nothing is changed', async () => {
  const api = await start()
  const exam = { id: 'e', name, from: '2026-06-07T07:00', to: '2026-06-07T09:00', locks: ['bell' as const] }
  const refused = await api.put('campus-a', 0, {
    ...{ zone: 'Mars/Olympus', holidays: [holiday('2026-05-05', '2026-05-01')] },
    exams: [{ ...exam, places: ['building-a', 'campus-b', 'nowhere'] }],
  })
  expect(refused.status).toBe(400)
  expect(refused.body.details.map(({ path }: { path: string }) => path)).toEqual([
    ...['zone', 'holidays[0].last', 'exams[0].places[1]', 'exams[0].places[2]'],
  ])
  expect((await api.put('building-a', 0, {})).body.details).toMatchObject([{ path: 'node' }])
  expect((await api.call('PUT', '/campus-a', { version: 0, part: { holiday: [] } })).status).toBe(400)
  expect((await api.view('campus-a')).version).toBe(0)
  expect(api.sent).toEqual([])
})

test('who made his from an older one is told, also after it was taken away meanwhile', async () => {
  const api = await start()
  await api.put('campus-a', 0, { holidays: [holiday('2026-04-15')] })
  expect((await api.put('campus-a', 0, {})).body).toMatchObject({ code: 'CONFLICT', details: { version: 1 } })
  expect((await api.call('DELETE', '/campus-a?version=0')).status).toBe(409)
  expect((await api.call('DELETE', '/campus-a?version=1')).status).toBe(204)
  expect((await api.call('DELETE', '/campus-a?version=2')).status).toBe(404)
  expect((await api.put('campus-a', 1, {})).status).toBe(409)
  expect((await api.put('campus-a', 2, {})).body).toMatchObject({ version: 3, own: {} })
})

test('each change has its row in the audit log, before and after', async () => {
  const api = await start()
  await api.put('campus-a', 0, { holidays: [holiday('2026-04-15')] })
  await api.put('campus-a', 1, { holidays: [] })
  await api.put('campus-a', 1, {})
  const rows = await api.db
    .selectFrom('audit')
    .select(['action', 'target', 'outcome', 'before_json', 'after_json'])
    .orderBy('seq')
    .execute()
  expect(rows.map(({ action, target, outcome }) => [action, target, outcome])).toEqual([
    ['calendar.put', 'campus-a', 'ok'],
    ['calendar.put', 'campus-a', 'ok'],
    ['calendar.put', 'campus-a', 'CONFLICT'],
  ])
  expect(JSON.parse(rows[1]?.before_json ?? '')).toEqual({
    version: 1,
    part: { holidays: [holiday('2026-04-15')] },
  })
  expect(JSON.parse(rows[1]?.after_json ?? '')).toEqual({ version: 2, part: { holidays: [] } })
})

test('a year of holidays: a dry run says what would change, the file replaces its year and nothing else', async () => {
  const api = await start()
  const terms = [{ id: 't', name, first: '2026-03-02', last: '2026-07-03' }]
  await api.put('city', 0, { terms, holidays: [holiday('2025-10-01'), holiday('2026-01-01')] })
  const file = '类型,开始,结束,按星期,名称\n放假,2026-05-01,2026-05-05,,劳动节\n调休,2026-05-09,,2,\n'
  const send = (query: string, text = file) =>
    api.call('POST', `/city/import?year=2026&${query}`, text, 'text/csv')
  const dry = await send('version=1')
  expect(dry.body as HolidayImport).toMatchObject({ applied: false, replaced: 1, problems: [] })
  expect((await api.view('city')).version).toBe(1)
  expect((await send('version=1&dryRun=false', `${file}放假,2027-01-01,,,元旦\n`)).body).toMatchObject({
    ...{ code: 'BAD_REQUEST', details: [{ path: 'row 4' }] },
  })
  expect((await send('version=0&dryRun=false')).status).toBe(409)
  expect((await send('version=1&dryRun=false')).body).toMatchObject({ applied: true, version: 2 })
  expect((await api.view('city')).own).toEqual({
    terms,
    holidays: [holiday('2025-10-01'), { name: { zh: '劳动节' }, first: '2026-05-01', last: '2026-05-05' }],
    makeUpDays: [{ day: '2026-05-09', follows: 2 }],
  })
  const json = JSON.stringify({ holidays: [holiday('2026-06-01')], makeUpDays: [] })
  const other = await api.call('POST', '/city/import?year=2026&version=2&dryRun=false', json)
  expect(other.body).toMatchObject({ applied: true, version: 3, replaced: 2 })
})

test('a gateway gets what holds where it stands, until it says that it has it', async () => {
  const api = await start()
  await api.put('city', 0, { holidays: [holiday('2026-05-01')] })
  expect(api.sent.map(([gateway]) => gateway)).toEqual(['gw-a', 'gw-b'])
  const [, message] = api.sent[0] ?? []
  const version = message?.version ?? ''
  expect(message).toMatchObject({ kind: 'calendar', calendar: { holidays: [holiday('2026-05-01')] } })
  api.sent.length = 0
  await api.calendars.heard('gw-a', { v: 1, kind: 'calendar', at: 1, version })
  // The other one has been restarted and has none.
  await api.calendars.heard('gw-b', { v: 1, kind: 'calendar', at: 1 })
  expect(api.sent.map(([gateway, { version }]) => [gateway, version])).toEqual([['gw-b', version]])
  const { items } = (await api.call('GET', '/gateways?node=city')).body as GatewayCalendarList
  expect(items.map(({ gateway, state, node }) => [gateway, state, node])).toEqual([
    ['gw-a', 'current', 'building-a'],
    ['gw-b', 'waiting', 'campus-b'],
  ])
  // What changes in one school is no news for another.
  api.sent.length = 0
  await api.put('campus-b', 0, { night: { from: '21:00', to: '07:00' } })
  expect(api.sent.map(([gateway]) => gateway)).toEqual(['gw-b'])
})

test('one that is refused is not sent again, one that was taken away is taken from the gateway', async () => {
  const api = await start()
  await api.put('campus-a', 0, { zone: 'Europe/Berlin' })
  const version = api.sent[0]?.[1].version ?? ''
  api.sent.length = 0
  const refused = { version, reason: 'this machine does not know the time zone Europe/Berlin' }
  await api.calendars.heard('gw-a', { v: 1, kind: 'calendar', at: 1, refused })
  expect(api.sent).toEqual([])
  const { items } = (await api.call('GET', '/gateways?node=campus-a')).body as GatewayCalendarList
  expect(items).toMatchObject([{ state: 'refused', reason: refused.reason, wanted: version }])
  await api.calendars.heard('gw-a', { v: 1, kind: 'calendar', at: 2, version })
  await api.call('DELETE', '/campus-a?version=1')
  expect(api.sent.map(([gateway, { calendar }]) => [gateway, calendar])).toEqual([['gw-a', null]])
})

test('what was lost on the way is sent again while the gateway is there, and after a move', async () => {
  const api = await start()
  api.calendars.start()
  onTestFinished(() => api.calendars[Symbol.asyncDispose]())
  await api.put('campus-b', 0, { zone: 'Europe/Berlin' })
  api.sent.length = 0
  await api.clock.advance(30_000)
  await waitFor(() => expect(api.sent.map(([gateway]) => gateway)).toEqual(['gw-b']))
  api.sent.length = 0
  await sql`update gateways set place = 'campus-b' where id = 'gw-a'`.execute(api.db)
  await sql`update gateways set connected = 0 where id = 'gw-b'`.execute(api.db)
  await api.calendars.placesChanged()
  expect(api.sent.map(([gateway]) => gateway)).toEqual(['gw-a'])
})

test('a school sees and changes its own, sees nothing of another, and does not change what is above it', async () => {
  const api = await start([{ role: 'admin', node: 'campus-a' }])
  expect((await api.put('campus-a', 0, {})).status).toBe(200)
  expect((await api.put('city', 0, {})).status).toBe(404)
  expect((await api.put('campus-b', 0, {})).status).toBe(404)
  expect((await api.call('GET', '?node=campus-b')).status).toBe(404)
  expect((await api.call('GET', '/gateways?node=city')).status).toBe(404)
  const { items } = (await api.call('GET', '/gateways')).body as GatewayCalendarList
  expect(items.map(({ gateway }) => gateway)).toEqual(['gw-a'])
  const reader = await start([{ role: 'guard', node: 'campus-a' }])
  expect((await reader.call('GET', '?node=campus-a')).status).toBe(200)
  expect((await reader.put('campus-a', 0, {})).status).toBe(403)
})

test('a place that is gone takes its calendar with it', async () => {
  const api = await start()
  await api.put('campus-b', 0, { holidays: [holiday('2026-04-15')] })
  await sql`update gateways set place = null where id = 'gw-b'`.execute(api.db)
  await sql`delete from tree_paths where node = 'campus-b'`.execute(api.db)
  await sql`delete from tree_nodes where id = 'campus-b'`.execute(api.db)
  expect(await api.db.selectFrom('calendars').selectAll().execute()).toEqual([])
})

test('lists come in pages', async () => {
  const api = await start()
  const first = (await api.call('GET', '/gateways?limit=1')).body as GatewayCalendarList
  expect(first.items.map(({ gateway, state }) => [gateway, state])).toEqual([['gw-a', 'none']])
  const next = (await api.call('GET', `/gateways?limit=1&cursor=${first.nextCursor}`)).body
  expect(next.items.map(({ gateway }: { gateway: string }) => gateway)).toEqual(['gw-b'])
  expect(next).not.toHaveProperty('nextCursor')
})
