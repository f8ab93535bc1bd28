import { expect, test } from 'vitest'
import { createLogger } from '#lib/logger.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { testSessions } from '../../tests/support/test-sessions.ts'
import { hashPassword } from './password.ts'
import { sessionRoutes } from './session-routes.ts'
import type { SessionService } from './session-service.ts'
import { UserRepository } from './user-repository.ts'

const hour = 3_600_000
const signOutUrl = () => undefined

async function startSessions(lines: string[] = []) {
  let sessions: SessionService | undefined
  const api = await testApi({
    api: (scope, { db, clock }) => {
      const log = createLogger({}, { write: (line) => void lines.push(line) })
      sessions = testSessions({ db, clock, log, lifetimeMs: hour })
      sessionRoutes(scope, { sessions, signOutUrl })
    },
    findSession: async (token) => sessions?.find(token),
  })
  const passwordHash = await hashPassword('correct horse')
  const users = new UserRepository(api.db)
  await users.create({
    username: 'li',
    passwordHash,
    grants: [{ role: 'guard' }],
    displayName: '李',
    createdAt: 1,
  })
  const signIn = (password: string, username = 'li') =>
    api.app.inject({ method: 'POST', url: '/api/v1/session', payload: { username, password } })
  return { ...api, signIn }
}

test('signing in gives a token and an httpOnly cookie, and both work', async () => {
  await using api = await startSessions()
  const answer = await api.signIn('correct horse')
  expect(answer.statusCode).toBe(200)
  const { token, user, expiresAt } = answer.json()
  expect(user).toMatchObject({ username: 'li', displayName: '李', role: 'guard' })
  expect(Date.parse(expiresAt)).toBe(api.clock.now() + hour)
  const [session, device] = [answer.headers['set-cookie'] ?? []].flat()
  expect(session).toMatch(/^session=.*; Path=\/; .*HttpOnly; SameSite=Lax$/)
  expect(device).toMatch(/^device-[0-9a-f]{12}=.*; Path=\/api\/v1\/session; HttpOnly; SameSite=Lax$/)
  const bearer = await api.get('/api/v1/session', { authorization: `Bearer ${token}` })
  expect(bearer).toMatchObject({ status: 200, body: { user, expiresAt } })
  expect((await api.get('/api/v1/session', { cookie: `session=${token}` })).status).toBe(200)
})

test('who signs in, who could not and who signs out is in the audit log', async () => {
  await using api = await startSessions()
  const { token } = (await api.signIn('correct horse')).json()
  await api.signIn('wrong', 'nobody')
  const authorization = `Bearer ${token}`
  await api.app.inject({ method: 'DELETE', url: '/api/v1/session', headers: { authorization } })
  const rows = (await api.audit.search({ limit: 9 })).toReversed()
  expect(rows.map(({ action, username, role, outcome }) => [action, username, role, outcome])).toEqual([
    ['session.signed-in', 'li', 'guard', 'ok'],
    ['session.refused', 'nobody', '', 'LOGIN_FAILED'],
    ['session.signed-out', 'li', 'guard', 'ok'],
  ])
  expect(JSON.stringify(rows)).not.toMatch(/correct horse|wrong/)
})

test('without its row in the audit log nobody is signed in, nor out', async () => {
  await using api = await startSessions()
  const { token } = (await api.signIn('correct horse')).json()
  const sessions = async () => (await api.db.selectFrom('sessions').select('token_hash').execute()).length
  await api.db.schema.dropTable('audit').execute()
  const answer = await api.signIn('correct horse')
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'STORE_UNAVAILABLE'])
  expect(answer.headers['set-cookie']).toBeUndefined()
  expect(await sessions()).toBe(1)
  const headers = { authorization: `Bearer ${token}` }
  const out = await api.app.inject({ method: 'DELETE', url: '/api/v1/session', headers })
  expect(out.statusCode).toBe(503)
  expect(await sessions()).toBe(1)
})

test('the cookie is secure where the page is', async () => {
  await using api = await testApi({
    api: (scope, { db, clock }) =>
      sessionRoutes(scope, { sessions: testSessions({ db, clock }), signOutUrl }),
    server: { trustProxy: true },
  })
  const users = new UserRepository(api.db)
  const passwordHash = await hashPassword('correct horse')
  await users.create({
    username: 'li',
    passwordHash,
    grants: [{ role: 'guard' }],
    displayName: 'Li',
    createdAt: 1,
  })
  const { headers } = await api.app.inject({
    method: 'POST',
    url: '/api/v1/session',
    headers: { 'x-forwarded-proto': 'https' },
    payload: { username: 'li', password: 'correct horse' },
  })
  for (const cookie of [headers['set-cookie'] ?? []].flat()) expect(cookie).toContain('; Secure')
})

test('a wrong password and an unknown name get the same answer', async () => {
  await using api = await startSessions()
  const [wrong, unknown] = [await api.signIn('wrong'), await api.signIn('wrong', 'nobody')]
  expect([wrong.statusCode, unknown.statusCode]).toEqual([401, 401])
  expect(wrong.json()).toMatchObject({ code: 'LOGIN_FAILED' })
  expect(unknown.json()).toEqual(wrong.json())
})

test('a request with wrong fields is told all of them', async () => {
  await using api = await startSessions()
  const answer = await api.app.inject({
    method: 'POST',
    url: '/api/v1/session',
    payload: { username: '', passwort: 'x' },
  })
  expect(answer.statusCode).toBe(400)
  expect(
    answer
      .json()
      .details.map(({ path }: { path: string }) => path)
      .sort(),
  ).toEqual(['body/password', 'body/passwort', 'body/username'])
})

test('a session ends at its time and at sign-out', async () => {
  await using api = await startSessions()
  const { token } = (await api.signIn('correct horse')).json()
  const headers = { authorization: `Bearer ${token}` }
  const out = await api.app.inject({ method: 'DELETE', url: '/api/v1/session', headers })
  expect([out.statusCode, out.headers['set-cookie']]).toEqual([204, expect.stringContaining('session=;')])
  expect((await api.get('/api/v1/session', headers)).status).toBe(401)

  const second = (await api.signIn('correct horse')).json()
  await api.clock.advance(hour - 1)
  expect((await api.get('/api/v1/session', { authorization: `Bearer ${second.token}` })).status).toBe(200)
  await api.clock.advance(1)
  expect((await api.get('/api/v1/session', { authorization: `Bearer ${second.token}` })).status).toBe(401)
})

test('the store holds neither the token nor the password, the log neither', async () => {
  const lines: string[] = []
  await using api = await startSessions(lines)
  const { token } = (await api.signIn('correct horse')).json()
  await api.signIn('wrong horse')
  const rows = [
    await api.db.selectFrom('sessions').selectAll().execute(),
    await api.db.selectFrom('users').selectAll().execute(),
  ]
  expect(lines).toHaveLength(2)
  for (const text of [JSON.stringify(rows), lines.join()]) {
    for (const secret of [token, 'correct horse', 'wrong horse']) expect(text).not.toContain(secret)
  }
})

test('guessing is slowed down more and more, and the right password does not help while waiting', async () => {
  await using api = await startSessions()
  for (let i = 0; i < 10; i++) expect((await api.signIn('wrong')).statusCode).toBe(401)
  const waiting = await api.signIn('correct horse')
  expect([waiting.statusCode, waiting.headers['retry-after']]).toEqual([429, '1'])
  expect(waiting.json()).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: 1_000 } })
  await api.clock.advance(1_000)
  expect((await api.signIn('wrong')).statusCode).toBe(401)
  expect((await api.signIn('wrong')).headers['retry-after']).toBe('2')
  await api.clock.advance(2_000)
  expect((await api.signIn('correct horse')).statusCode).toBe(200)
  expect((await api.signIn('wrong')).statusCode).toBe(401)
})
