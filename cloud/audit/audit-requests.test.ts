import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import type { App } from '#cloud/http/app.ts'
import { AppError } from '#contract/errors.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { testUser } from '../../tests/support/test-user.ts'

const Body = Type.Object({ name: Type.String() }, { additionalProperties: false })
const asked: string[] = []

function routes(api: App): void {
  const config = { audit: 'device.added' } as const
  api.post(
    '/things/:id',
    { config: { ...config, about: 'handler' }, schema: { body: Body } },
    async ({ body, audit }, reply) => {
      audit.note({ target: `thing/${body.name}`, after: body })
      if (body.name === 'busy') throw new AppError('BUSY', 'not now')
      if (body.name === 'bug') throw new Error('unforeseen')
      reply.setCookie('a', 'b').header('location', '/x')
      return { done: body.name }
    },
  )
  api.delete(
    '/things/:id',
    { config: { ...config, needs: 'organisation.change', about: 'handler' } },
    async () => ({}),
  )
  api.get('/file', { config: { audit: 'audit.exported' } }, async (_request, reply) => {
    asked.push('file')
    return reply.send(Readable.from(['a', 'b']))
  })
  api.get('/things', async () => [])
}

async function start() {
  const user = testUser('guard')
  const api = await testApi({
    api: routes,
    findSession: async (token) => (token === 'good' ? { user, expiresAt: Date.now() + 60_000 } : undefined),
  })
  const headers = { authorization: 'Bearer good', 'user-agent': `Browser/${'x'.repeat(500)}` }
  const post = (name: unknown, more = {}) =>
    api.app.inject({ method: 'POST', url: '/api/v1/things/7', headers, payload: { name }, ...more })
  const rows = async () => (await api.audit.search({ limit: 500 })).toReversed()
  return { ...api, db: api.db, headers, post, rows }
}

test('every request of a route that changes something is one row, with its refusals', async () => {
  await using api = await start()
  await api.post('one')
  await api.post('busy')
  await api.post('bug')
  await api.post(5)
  await api.app.inject({ method: 'DELETE', url: '/api/v1/things/8', headers: api.headers })
  await api.get('/api/v1/things')
  await api.app.inject({ method: 'POST', url: '/api/v1/nothing', headers: api.headers })
  const rows = await api.rows()
  expect(rows.map(({ target, after, outcome, username }) => [target, after, outcome, username])).toEqual([
    ['thing/one', '{"name":"one"}', 'ok', 'li'],
    ['thing/busy', '{"name":"busy"}', 'BUSY', 'li'],
    ['thing/bug', '{"name":"bug"}', 'INTERNAL', 'li'],
    ['7', '', 'BAD_REQUEST', 'li'],
    ['8', '', 'FORBIDDEN', 'li'],
  ])
  expect(rows[0]).toMatchObject({ address: '127.0.0.1', request: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  expect(rows[0]?.userAgent).toHaveLength(200)
})

test('a row that cannot be written is an answer of STORE_UNAVAILABLE and nothing else', async () => {
  await using api = await start()
  await api.db.schema.dropTable('audit').execute()
  asked.length = 0
  const file = { method: 'GET', url: '/api/v1/file', headers: api.headers } as const
  for (const answer of [await api.post('one'), await api.post('busy'), await api.app.inject(file)]) {
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'STORE_UNAVAILABLE'])
    expect(answer.headers['content-type']).toContain('application/json')
    expect([answer.headers['set-cookie'], answer.headers.location]).toEqual([undefined, undefined])
    expect(answer.body).not.toMatch(/no such table/)
  }
  expect(asked).toEqual(['file'])
})

test('a route that changes something and does not say what it is in the log is not accepted', async () => {
  const says = 'PUT /api/v1/forgotten does not say what it is in the audit log'
  await using _api = await testApi({
    api: (api) => expect(() => api.put('/forgotten', async () => ({}))).toThrow(says),
  })
})

test('who is not signed in cannot fill the log; what was left out is told', async () => {
  await using api = await start()
  for (let i = 0; i < 50; i++) expect((await api.post('one', { headers: {} })).statusCode).toBe(401)
  await api.clock.advance(60_000)
  await api.post('one', { headers: {} })
  for (let i = 0; i < 3; i++) await api.post('busy')
  await api.post('one')
  expect((await api.rows()).map(({ username, outcome, after }) => [username, outcome, after])).toEqual([
    ['', 'UNAUTHENTICATED', ''],
    ['', 'UNAUTHENTICATED', '{"leftOut":49}'],
    ['li', 'BUSY', '{"name":"busy"}'],
    ['li', 'ok', '{"name":"one"}'],
  ])
})

test('two hundred requests at once are two hundred rows of one chain', async () => {
  await using api = await start()
  await Promise.all(Array.from({ length: 200 }, (_, i) => api.post(`t${i}`)))
  expect(await api.audit.verify()).toMatchObject({ rows: 200, broken: undefined })
  expect(new Set((await api.rows()).map(({ request }) => request)).size).toBe(200)
})
