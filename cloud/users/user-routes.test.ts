import { expect, test, vi } from 'vitest'
import { known, startUsers } from '../../tests/support/test-users.ts'

// Passwords are hashed at full cost, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const guardAt = (node: string) => ({ role: 'guard', node }) as const
const newGuard = (username: string, node: string) => ({
  username,
  displayName: '王芳',
  grants: [guardAt(node)],
})

test('a new account signs in with its password once and has to change it before anything else', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const admin = await api.signIn('root')
  const made = await admin.call('POST', '/users', newGuard('wang', 'school-a'))
  expect(made.status).toBe(200)
  expect(made.body.user).toMatchObject({ username: 'wang', role: 'guard', passwordOnce: true, version: 1 })
  const guard = await api.signIn('wang', made.body.password)
  expect((await guard.call('GET', '/session')).body.user).toMatchObject({ must: 'change-password' })
  for (const [method, path] of [
    ['GET', '/me/sessions'],
    ['POST', '/me/totp'],
    ['GET', '/users'],
  ] as const) {
    const body = method === 'POST' ? { password: made.body.password } : undefined
    expect(await guard.call(method, path, body)).toMatchObject({
      status: 403,
      code: 'PASSWORD_CHANGE_NEEDED',
    })
  }
  const change = { password: made.body.password, newPassword: known }
  expect((await guard.call('PUT', '/me/password', change)).status).toBe(204)
  expect((await guard.call('GET', '/session')).body.user.must).toBeUndefined()
  expect((await guard.call('GET', '/me/sessions')).status).toBe(200)
  expect((await (await api.signIn('wang')).call('GET', '/session')).body.user.must).toBeUndefined()
})

test('an administrator of a school sees and changes only who has no role elsewhere', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const ids = {
    own: await api.add('own', guardAt('house-a')),
    both: await api.add('both', guardAt('school-a'), guardAt('school-b')),
    other: await api.add('other', guardAt('school-b')),
    city: await api.add('city', { role: 'bureau', node: 'city' }),
    none: await api.add('none'),
  }
  await api.add('chief', { role: 'admin', node: 'school-a' })
  const chief = await api.signIn('chief')
  const names = async (client: typeof chief, query = '') =>
    (await client.call('GET', `/users${query}`)).body.items.map(
      ({ username }: { username: string }) => username,
    )
  expect(await names(chief)).toEqual(['chief', 'own'])
  expect(await names(await api.signIn('root'))).toEqual([
    'both',
    'chief',
    'city',
    'none',
    'other',
    'own',
    'root',
  ])
  const { own: _, ...hidden } = ids
  for (const id of Object.values(hidden)) {
    for (const [method, path, body] of [
      ['GET', `/users/${id}`],
      ['PATCH', `/users/${id}`, { version: 1, displayName: 'x' }],
      ['DELETE', `/users/${id}`],
      ['POST', `/users/${id}/password-reset`],
      ['DELETE', `/users/${id}/sessions`],
      ['DELETE', `/users/${id}/second-factor`],
    ] as const) {
      expect([method, path, (await chief.call(method, path, body)).code]).toEqual([method, path, 'NOT_FOUND'])
    }
  }
  expect((await chief.call('POST', '/users', newGuard('new', 'school-b'))).body).toMatchObject({
    code: 'BAD_REQUEST',
    details: [{ path: 'body/grants/0/node' }],
  })
  const everywhere = { username: 'new', displayName: 'x', grants: [{ role: 'screen' }] }
  expect((await chief.call('POST', '/users', everywhere)).code).toBe('FORBIDDEN')
  expect((await chief.call('POST', '/users', { ...everywhere, grants: [] })).code).toBe('FORBIDDEN')
  expect((await chief.call('POST', '/users', newGuard('new', 'house-a'))).status).toBe(200)
  const moved = { version: 1, grants: [guardAt('school-a'), guardAt('school-b')] }
  expect((await chief.call('PATCH', `/users/${ids.own}`, moved)).code).toBe('BAD_REQUEST')
  expect(await names(chief)).toEqual(['chief', 'new', 'own'])
})

test('the list is paged and searched by both names', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  for (const name of ['a_1', 'a%2', 'b3']) await api.add(name.replace('%', '-'), guardAt('school-a'))
  const admin = await api.signIn('root')
  const first = (await admin.call('GET', '/users?limit=2')).body
  expect(first.items.map(({ username }: { username: string }) => username)).toEqual(['a-2', 'a_1'])
  const second = (await admin.call('GET', `/users?limit=2&cursor=${first.nextCursor}`)).body
  expect(second.items.map(({ username }: { username: string }) => username)).toEqual(['b3', 'root'])
  expect(second.nextCursor).toBeUndefined()
  const found = async (q: string) =>
    (await admin.call('GET', `/users?q=${encodeURIComponent(q)}`)).body.items.length
  expect([await found('A_'), await found('name of B3'), await found('%'), await found('x')]).toEqual([
    1, 1, 0, 0,
  ])
  expect((await admin.call('GET', '/users?cursor=nonsense')).code).toBe('BAD_REQUEST')
})

test('who has no permission for accounts gets none of it', async () => {
  await using api = await startUsers()
  await api.add('lead', { role: 'lead' })
  const lead = await api.signIn('lead')
  for (const [method, path] of [
    ['GET', '/users'],
    ['GET', '/users/x'],
    ['DELETE', '/users/x'],
    ['GET', '/screens'],
  ] as const)
    expect((await lead.call(method, path)).code).toBe('FORBIDDEN')
})

test('roles that change count at the next request of an open session', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const id = await api.add('wang', { role: 'admin', node: 'school-a' })
  const [root, wang] = [await api.signIn('root'), await api.signIn('wang')]
  expect((await wang.call('GET', '/users')).status).toBe(200)
  const changed = await root.call('PATCH', `/users/${id}`, { version: 1, grants: [guardAt('school-a')] })
  expect(changed.body).toMatchObject({ role: 'guard', version: 2 })
  expect((await wang.call('GET', '/users')).code).toBe('FORBIDDEN')
  expect((await wang.call('GET', '/session')).body.user.grants).toEqual([guardAt('school-a')])
})

test('an account that is switched off is out at once, stays out, and can be switched on again', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const id = await api.add('wang', guardAt('school-a'))
  const [root, wang] = [await api.signIn('root'), await api.signIn('wang')]
  expect((await root.call('PATCH', `/users/${id}`, { version: 1, disabled: true })).body.disabled).toBe(true)
  expect((await wang.call('GET', '/session')).code).toBe('UNAUTHENTICATED')
  const again = (password: string) => api.call(undefined, 'POST', '/session', { username: 'wang', password })
  expect((await again(known)).code).toBe('ACCOUNT_DISABLED')
  // Only who knows the password is told.
  expect((await again('wrong')).code).toBe('LOGIN_FAILED')
  await root.call('PATCH', `/users/${id}`, { version: 2, disabled: false })
  expect((await again(known)).status).toBe(200)
})

test('a password that is reset ends open sessions and works for one sign-in', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const id = await api.add('wang', guardAt('school-a'))
  const [root, wang] = [await api.signIn('root'), await api.signIn('wang')]
  const { body } = await root.call('POST', `/users/${id}/password-reset`)
  expect(body.password).toMatch(/^\w{4}-\w{4}-\w{4}$/)
  expect((await wang.call('GET', '/session')).code).toBe('UNAUTHENTICATED')
  await expect(api.signIn('wang')).rejects.toThrow(/LOGIN_FAILED/)
  const again = await api.signIn('wang', body.password)
  // The password of before the reset is not taken again.
  const back = { password: body.password, newPassword: known }
  expect((await again.call('PUT', '/me/password', back)).body.details).toEqual([{ rule: 'used-before' }])
})

test('the second of two changes at the same time is refused and changes nothing', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const id = await api.add('wang', guardAt('school-a'))
  const root = await api.signIn('root')
  const answers = await Promise.all(
    ['A', 'B'].map((displayName) => root.call('PATCH', `/users/${id}`, { version: 1, displayName })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  const winner = answers.find(({ status }) => status === 200)?.body
  expect((await root.call('GET', `/users/${id}`)).body).toEqual(winner)
})

test('the last administrator of everything stays, whoever tries', async () => {
  await using api = await startUsers()
  const id = await api.add('root', { role: 'admin' })
  const root = await api.signIn('root')
  for (const [method, path, body] of [
    ['DELETE', `/users/${id}`],
    ['PATCH', `/users/${id}`, { version: 1, disabled: true }],
    ['PATCH', `/users/${id}`, { version: 1, grants: [{ role: 'bureau' }] }],
    ['PATCH', `/users/${id}`, { version: 1, grants: [{ role: 'admin', node: 'school-a' }] }],
    ['POST', `/users/${id}/password-reset`],
  ] as const)
    expect([method, (await root.call(method, path, body)).code]).toEqual([method, 'CONFLICT'])
  const second = await api.add('second', { role: 'admin' })
  expect((await root.call('DELETE', `/users/${second}`)).status).toBe(204)
  expect((await root.call('PATCH', `/users/${id}`, { version: 1, displayName: '根' })).status).toBe(200)
})

test('a deleted account is gone, its name stays in the audit log, and the name is free again', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const id = await api.add('wang', guardAt('school-a'))
  const [root, wang] = [await api.signIn('root'), await api.signIn('wang')]
  expect((await root.call('DELETE', `/users/${id}`)).status).toBe(204)
  expect((await wang.call('GET', '/session')).code).toBe('UNAUTHENTICATED')
  expect((await root.call('GET', `/users/${id}`)).code).toBe('NOT_FOUND')
  const [deleted, signedIn] = await api.audit.search({ limit: 2 })
  expect(deleted).toMatchObject({ action: 'user.deleted', username: 'root', target: 'wang', outcome: 'ok' })
  expect(JSON.parse(deleted?.before ?? '')).toMatchObject({ grants: [guardAt('school-a')] })
  expect(signedIn).toMatchObject({ action: 'session.signed-in', username: 'wang', userId: id })
  expect((await root.call('POST', '/users', newGuard('WANG', 'school-a'))).status).toBe(200)
  expect((await root.call('POST', '/users', newGuard('wang', 'school-a'))).code).toBe('CONFLICT')
})

test('every change is in the audit log with before and after, and no password is', async () => {
  await using api = await startUsers()
  await api.add('root', { role: 'admin' })
  const id = await api.add('wang', guardAt('school-a'))
  const root = await api.signIn('root')
  await root.call('PATCH', `/users/${id}`, { version: 1, grants: [{ role: 'lead', node: 'school-a' }] })
  const { password } = (await root.call('POST', `/users/${id}/password-reset`)).body
  const rows = await api.audit.search({ limit: 2 })
  expect(rows.map(({ action, target }) => [action, target])).toEqual([
    ['user.password-reset', 'wang'],
    ['user.updated', 'wang'],
  ])
  const [, updated] = rows
  expect(JSON.parse(updated?.before ?? '').grants).toEqual([guardAt('school-a')])
  expect(JSON.parse(updated?.after ?? '').grants).toEqual([{ role: 'lead', node: 'school-a' }])
  expect(JSON.stringify(await api.audit.search({ limit: 50 }))).not.toContain(password)
  // Without its row nothing is changed.
  await api.db.schema.dropTable('audit').execute()
  const refused = await root.call('PATCH', `/users/${id}`, { version: 2, displayName: 'x' })
  expect(refused.code).toBe('STORE_UNAVAILABLE')
  expect((await root.call('GET', `/users/${id}`)).body).toMatchObject({
    version: 2,
    displayName: 'Name of wang',
  })
})
