import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { OrganisationRepository } from '#cloud/organisation/organisation-repository.ts'
import type { DangerRow } from '#cloud/state/tables.ts'
import { hashPassword } from '#cloud/users/password.ts'
import { UserRepository } from '#cloud/users/user-repository.ts'
import type { Danger, DangerDetail, DangerList } from '#contract/api/dangers.ts'
import type { Grant, User } from '#contract/api/session.ts'
import { createLogger } from '#lib/logger.ts'
import { testApi } from '../tests/support/test-api.ts'
import { dangerRoutes } from './dangers/danger-routes.ts'
import { DangerService } from './dangers/danger-service.ts'

const dayMs = 86_400_000
/** The smallest JPEG that is put together as one, with a place in its Exif. */
const photo = (text: string) =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 2 + 6 + 10]),
    Buffer.from('Exif\0\0N 30.15.00'),
    Buffer.from([0xff, 0xda, 0, 2]),
    Buffer.from(text),
    Buffer.from([0xff, 0xd9]),
  ])

/** Wei leads school A, Li mends there, Bo is an official, Zhu mends in school B. */
const people: Readonly<Record<string, Grant>> = {
  wei: { role: 'lead', node: 'campus-a' },
  li: { role: 'facilities', node: 'campus-a' },
  bo: { role: 'bureau', node: 'city' },
  zhu: { role: 'facilities', node: 'campus-b' },
}

async function start() {
  const told: [string, number][] = []
  const users = new Map<string, User>()
  let newService = (): DangerService => {
    throw new Error('no service')
  }
  const api = await testApi({
    findSession: async (token) => {
      const user = users.get(token)
      return user && { user, expiresAt: Number.MAX_SAFE_INTEGER }
    },
    api: (scope, { db, clock }) => {
      newService = () =>
        new DangerService({
          ...{ db, clock, log: createLogger({ level: 'silent' }), districtAfterDays: 3 },
          audit: () => ({ note: () => {}, write: async () => {} }),
          onOverdue: ({ id }: DangerRow, level) => told.push([id, level]),
        })
      const service = newService()
      dangerRoutes(scope, { dangers: service, db, clock, placeNames: async () => (node) => `at ${node}` })
    },
  })
  const title = { zh: '某处' }
  await new OrganisationRepository(api.db).save(
    { nodes: [], gateways: new Map(), devices: new Map() },
    {
      nodes: [
        { id: 'city', kind: 'bureau', title },
        { id: 'campus-a', kind: 'campus', title, parent: 'city' },
        { id: 'campus-b', kind: 'campus', title, parent: 'city' },
      ],
      ...{ gateways: new Map(), devices: new Map() },
    },
  )
  await api.places.reload()
  const passwordHash = await hashPassword('a password for tests')
  for (const [username, grant] of Object.entries(people)) {
    const user = { username, displayName: username, passwordHash, grants: [grant], createdAt: 1 }
    users.set(username, await new UserRepository(api.db).create(user))
  }
  await api.clock.advance(Date.parse('2026-03-01T02:00:00Z') - api.clock.now())
  const call = async (who: string, path: string, payload?: object | Buffer, type = 'application/json') => {
    const answer = await api.app.inject({
      method: payload === undefined ? 'GET' : 'POST',
      url: `/api/v1${path}`,
      headers: { authorization: `Bearer ${who}`, ...(payload === undefined ? {} : { 'content-type': type }) },
      ...(payload === undefined ? {} : { payload }),
    })
    return {
      status: answer.statusCode,
      answer,
      body: answer.body.startsWith('{') ? answer.json() : answer.body,
    }
  }
  const report = (who: string, more: object = {}) =>
    call(who, '/dangers', {
      ...{ node: 'campus-a', title: '灭火器压力不足', category: 'fire', key: 'key-00000001' },
      ...more,
    })
  const idOf = (username: string) => users.get(username)?.id ?? ''
  return {
    ...{ ...api, db: api.db, clock: api.clock, audit: api.audit, app: api.app },
    ...{ newService, told, call, report, idOf },
  }
}

test('from the finding to the closing, with two people, a picture, and a failed inspection in between', async () => {
  await using api = await start()
  const { id } = (await api.report('li')).body as Danger
  expect((await api.call('li', `/dangers/${id}/grade`, { grade: 'general' })).status).toBe(403)
  expect((await api.call('wei', `/dangers/${id}/grade`, { grade: 'general' })).body).toMatchObject({
    ...{ state: 'graded', grade: 'general' },
    can: ['grade', 'assign', 'comment'],
  })
  const assign = { assignee: api.idOf('li'), due: '2026-03-05' }
  expect((await api.call('wei', `/dangers/${id}/assign`, assign)).body).toMatchObject({
    ...{ state: 'assigned', due: '2026-03-05', assignee: { username: 'li' } },
  })
  const fixed = { note: '已更换' }
  expect((await api.call('li', `/dangers/${id}/fix`, fixed)).body).toMatchObject({
    ...{ code: 'CONFLICT', details: { missing: 'photo' } },
  })
  const added = await api.call('li', `/dangers/${id}/photos`, photo('after'), 'image/jpeg')
  expect(added).toMatchObject({ status: 201, body: { type: 'image/jpeg', by: { username: 'li' } } })
  const shown = await api.call('bo', `/dangers/${id}/photos/${added.body.id}`)
  expect(shown.answer.headers['content-type']).toBe('image/jpeg')
  expect(shown.answer.rawPayload.includes('N 30.15')).toBe(false)
  expect((await api.call('li', `/dangers/${id}/fix`, fixed)).body).toMatchObject({ state: 'fixed' })

  expect((await api.call('li', `/dangers/${id}/recheck`, { passed: true })).status).toBe(403)
  expect(
    (await api.call('wei', `/dangers/${id}/recheck`, { passed: false, note: '仍不足' })).body,
  ).toMatchObject({
    state: 'assigned',
  })
  // The picture of the first time is no picture of what was done since.
  await api.clock.advance(1_000)
  expect((await api.call('li', `/dangers/${id}/fix`, fixed)).status).toBe(200)
  expect((await api.call('wei', `/dangers/${id}/recheck`, { passed: true })).body).toMatchObject({
    state: 'rechecked',
  })
  expect((await api.call('wei', `/dangers/${id}/close`, {})).body).toMatchObject({
    state: 'closed',
    can: ['reopen', 'comment'],
  })

  const detail = (await api.call('bo', `/dangers/${id}`)).body as DangerDetail
  expect(detail.can).toEqual([])
  expect(detail.steps.map(({ action, by }) => [action, by?.username])).toEqual([
    ...[
      ['found', 'li'],
      ['grade', 'wei'],
      ['assign', 'wei'],
      ['photo', 'li'],
      ['fix', 'li'],
    ],
    ...[
      ['fail', 'wei'],
      ['fix', 'li'],
      ['pass', 'wei'],
      ['close', 'wei'],
    ],
  ])
  const rows = (await api.audit.search({ limit: 50 })).toReversed()
  expect(rows.filter(({ outcome }) => outcome === 'ok').map(({ action }) => action)).toEqual([
    ...['danger.found', 'danger.graded', 'danger.assigned', 'danger.photo-added', 'danger.fixed'],
    ...['danger.rechecked', 'danger.fixed', 'danger.rechecked', 'danger.closed'],
  ])
})

test('what is late goes to the school, then to the district, once each, over restarts', async () => {
  await using api = await start()
  const { id } = (await api.report('li')).body as Danger
  await api.call('wei', `/dangers/${id}/grade`, { grade: 'general' })
  await api.call('wei', `/dangers/${id}/assign`, { assignee: api.idOf('li'), due: '2026-03-05' })
  /** What a process that starts on this day tells. */
  const toldOn = async (days: number) => {
    await api.clock.advance(days * dayMs)
    await using service = api.newService()
    service.start()
    await api.clock.advance(0)
    await sleep(100)
    return api.told.splice(0)
  }
  expect(await toldOn(4)).toEqual([])
  expect(await toldOn(1)).toEqual([[id, 1]])
  expect((await api.call('bo', '/dangers?state=overdue')).body).toMatchObject({ items: [{ id, overdue: 1 }] })
  expect(await toldOn(1)).toEqual([])
  expect(await toldOn(2)).toEqual([[id, 2]])
  expect(await toldOn(5)).toEqual([])
  // For another day it begins anew.
  await api.call('wei', `/dangers/${id}/assign`, { assignee: api.idOf('li'), due: '2026-03-20' })
  expect((await api.call('wei', `/dangers/${id}`)).body).toMatchObject({ overdue: 0 })
})

test('the same report twice is one danger; a key of another school opens nothing', async () => {
  await using api = await start()
  const first = await api.report('li')
  const again = await api.report('li', { title: 'the connection was lost' })
  expect([first.status, again.status, again.body.id]).toEqual([201, 201, first.body.id])
  expect(await api.report('zhu', { node: 'campus-b' })).toMatchObject({ status: 404 })
  expect((await api.report('zhu', { key: 'key-00000002' })).status).toBe(404)
  expect((await api.report('bo', { key: 'key-00000003' })).status).toBe(403)
})

test('lists, figures, files, pictures and people are those of the reader', async () => {
  await using api = await start()
  const { id } = (await api.report('li')).body as Danger
  await api.report('zhu', { node: 'campus-b', key: 'key-00000009', title: '=cmd()' })
  const titles = async (who: string, query = '') =>
    ((await api.call(who, `/dangers${query}`)).body as DangerList).items.map(({ title }) => title)
  expect(await titles('li')).toEqual(['灭火器压力不足'])
  expect(await titles('zhu')).toEqual(['=cmd()'])
  expect((await titles('bo')).toSorted()).toEqual(['=cmd()', '灭火器压力不足'])
  expect(await titles('bo', '?node=campus-b')).toEqual(['=cmd()'])
  expect(await titles('bo', '?q=灭火')).toEqual(['灭火器压力不足'])
  const page = (await api.call('bo', '/dangers?limit=1')).body as DangerList
  const rest = (await api.call('bo', `/dangers?limit=1&cursor=${page.nextCursor}`)).body as DangerList
  expect(new Set([...page.items, ...rest.items].map((danger) => danger.id)).size).toBe(2)
  expect((await api.call('zhu', '/dangers/summary')).body).toMatchObject({
    open: 1,
    byGrade: { ungraded: 1 },
  })
  expect((await api.call('zhu', '/dangers/summary?node=campus-a')).status).toBe(404)
  for (const path of ['', '/photos/x'])
    expect((await api.call('zhu', `/dangers/${id}${path}`)).status).toBe(404)
  expect((await api.call('zhu', `/dangers/${id}/comment`, { note: 'x' })).status).toBe(404)
  const file = (await api.call('bo', '/dangers/export')).answer.body
  expect(file).toContain("'=cmd()")
  expect(file).toContain('at campus-a')
  expect((await api.call('li', '/tree/nodes/campus-a/people')).body).toMatchObject({
    items: [{ username: 'li' }, { username: 'wei' }],
  })
  expect((await api.call('li', '/tree/nodes/campus-b/people')).status).toBe(404)
})

test('every wrong field is named, and nothing is half done', async () => {
  await using api = await start()
  const { id } = (await api.report('li')).body as Danger
  await api.call('wei', `/dangers/${id}/grade`, { grade: 'major' })
  const wrong = { assignee: api.idOf('zhu'), due: '2026-02-30' }
  expect((await api.call('wei', `/dangers/${id}/assign`, wrong)).body).toMatchObject({
    details: [{ path: 'body/due' }, { path: 'body/assignee' }],
  })
  expect((await api.call('wei', `/dangers/${id}/assign`, { ...wrong, due: '2026-02-27' })).status).toBe(400)
  expect((await api.call('li', `/dangers/${id}/photos`, Buffer.from('<svg>'), 'image/png')).status).toBe(400)
  await api.db.schema.dropTable('audit').execute()
  expect((await api.call('wei', `/dangers/${id}/comment`, { note: 'x' })).status).toBe(503)
  const { steps } = (await api.call('wei', `/dangers/${id}`)).body as DangerDetail
  expect(steps.map(({ action }) => action)).toEqual(['found', 'grade'])
})
