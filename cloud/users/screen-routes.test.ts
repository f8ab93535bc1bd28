import { expect, test, vi } from 'vitest'
import { startUsers } from '../../tests/support/test-users.ts'

// Passwords are hashed at full cost, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

async function startScreen() {
  const api = await startUsers()
  await api.add('chief', { role: 'admin', node: 'school-a' })
  const chief = await api.signIn('chief')
  const made = await chief.call('POST', '/screens', { title: '门厅大屏', node: 'house-a' })
  return { api, chief, ...made.body, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
}

test('a wall display looks at its place by Bearer and by cookie, and can do nothing', async () => {
  await using wall = await startScreen()
  const { api, token } = wall
  const screen = api.clientOf(token)
  expect((await screen.call('GET', '/session')).body.user).toMatchObject({
    displayName: '门厅大屏',
    role: 'screen',
    grants: [{ role: 'screen', node: 'house-a' }],
    permissions: ['view'],
  })
  for (const [method, path] of [
    ['DELETE', '/session'],
    ['PUT', '/me/password'],
    ['POST', '/users'],
    ['POST', '/screens'],
    ['DELETE', `/screens/${wall.screen.id}`],
    ['DELETE', '/me/sessions'],
  ] as const)
    expect([method, path, (await screen.call(method, path, {})).status]).toEqual([method, path, 403])
  expect((await screen.call('GET', '/users')).status).toBe(403)
  expect((await screen.call('GET', '/me/security')).status).toBe(403)

  const opened = await api.app.inject({ url: `/screen?token=${token}&next=/alarms` })
  expect([opened.statusCode, opened.headers.location]).toEqual([302, '/alarms'])
  const cookie = `${opened.headers['set-cookie']}`
  expect(cookie).toMatch(/^session=screen_[\w-]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/)
  expect((await api.get('/api/v1/session', { cookie: cookie.split(';')[0] ?? '' })).status).toBe(200)
})

test('a revoked token shows nothing from the next request on', async () => {
  await using wall = await startScreen()
  const screen = wall.api.clientOf(wall.token)
  expect((await wall.chief.call('GET', '/screens')).body.items).toMatchObject([
    { id: wall.screen.id, node: 'house-a' },
  ])
  expect((await wall.chief.call('DELETE', `/screens/${wall.screen.id}`)).status).toBe(204)
  expect((await screen.call('GET', '/session')).status).toBe(401)
  const opened = await wall.api.app.inject({ url: `/screen?token=${wall.token}` })
  expect([opened.statusCode, opened.headers['set-cookie']]).toEqual([302, undefined])
})

test('a link to a display does not take the place of who is signed in, nor lead to another site', async () => {
  await using wall = await startScreen()
  const headers = { cookie: `session=${wall.chief.token}` }
  const opened = await wall.api.app.inject({
    url: `/screen?token=${wall.token}&next=//evil.example`,
    headers,
  })
  expect([opened.headers.location, opened.headers['set-cookie']]).toEqual(['/', undefined])
  const own = await wall.api.app.inject({ url: `/screen?token=${wall.chief.token}` })
  expect(own.headers['set-cookie']).toBeUndefined()
})

test('displays of other places are neither seen nor made nor revoked', async () => {
  await using wall = await startScreen()
  const { api } = wall
  await api.add('other', { role: 'admin', node: 'school-b' })
  const other = await api.signIn('other')
  expect((await other.call('GET', '/screens')).body.items).toEqual([])
  expect((await other.call('DELETE', `/screens/${wall.screen.id}`)).code).toBe('NOT_FOUND')
  for (const node of ['school-a', 'moon'])
    expect((await other.call('POST', '/screens', { title: 'x', node })).body.details).toEqual([
      { path: 'body/node', message: 'is no place of the organisation' },
    ])
  expect((await other.call('POST', '/screens', { title: 'x' })).code).toBe('FORBIDDEN')
})

test('the store and the audit log do not hold the token', async () => {
  await using wall = await startScreen()
  const rows = [
    await wall.api.db.selectFrom('screens').selectAll().execute(),
    await wall.api.db.selectFrom('audit').selectAll().execute(),
  ]
  expect(JSON.stringify(rows)).not.toContain(wall.token)
})
