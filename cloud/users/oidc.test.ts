import { expect, test, vi } from 'vitest'
import { startOidcServer } from '../../tests/support/oidc-server.ts'
import { known, startUsers } from '../../tests/support/test-users.ts'
import { WebWalker } from '../../tests/support/web-walker.ts'

// Passwords are hashed at full cost, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const publicUrl = 'http://campus.test'
const begin = `${publicUrl}/api/v1/session/oidc/city`

async function startOidc(
  people: Record<string, Record<string, unknown>>,
  more: { clientSecret?: string } = {},
) {
  const server = await startOidcServer({
    ...{ publicUrl, clientId: 'campus', clientSecret: 'the secret of the client', people },
    ...more,
  })
  const api = await startUsers({
    signIn: {
      publicUrl,
      oidc: [
        {
          ...{ id: 'city', title: { zh: '统一认证', en: 'City' }, issuer: server.issuer, clientId: 'campus' },
          ...{ clientSecretFile: 'x', scopes: ['openid', 'profile'] },
          rules: [
            { claim: 'groups', matches: 'school-(\\d{10})-guards', role: 'guard', school: '$1' },
            { claim: 'groups', value: 'admins', role: 'admin' },
          ],
        },
      ],
    },
  })
  const walker = () => new WebWalker(api.app, publicUrl)
  const stepsBack = (url: string) => url.startsWith(`${begin}/callback`)
  /** To the form of the service, through it, and back to our door, which is not opened yet. */
  async function toCallback(browser: WebWalker, name: string, next = '') {
    const { url } = await browser.follow(`${begin}${next}`)
    const { location } = await browser.post(url, { name })
    return (await browser.follow(new URL(location ?? '', url).href, stepsBack)).url
  }
  async function signIn(name: string, browser = walker()) {
    const { location } = await browser.get(await toCallback(browser, name, '?next=/alarms'))
    const token = browser.cookie(publicUrl, 'session')
    return { location, token, client: api.clientOf(token ?? 'none') }
  }
  return {
    ...{ api, server, walker, toCallback, signIn },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

const wang = () => ({
  name: '王芳',
  preferred_username: 'wang',
  groups: ['teachers', 'school-3131000001-guards'],
})

test('there and back: the account is made with the role of the rules, and one is where one wanted to go', async () => {
  await using oidc = await startOidc({ 'p-1': wang() })
  const { location, client } = await oidc.signIn('p-1')
  expect(location).toBe('/alarms')
  const session = (await client.call('GET', '/session')).body
  expect(session.user).toMatchObject({
    ...{ username: 'wang', displayName: '王芳', role: 'guard' },
    grants: [{ role: 'guard', node: 'school-a' }],
  })
  expect(session.signOutUrl).toMatch(/^http:\/\/127.0.0.1:\d+\/session\/end\?.*post_logout_redirect_uri=/)
  expect((await client.call('GET', '/me/security')).body.hasPassword).toBe(false)
  expect((await client.call('PUT', '/me/password', { password: 'x', newPassword: known })).code).toBe(
    'CONFLICT',
  )
  const [, row] = await oidc.api.audit.search({ limit: 2 })
  expect(row).toMatchObject({ action: 'session.signed-in', username: 'wang', target: 'city', outcome: 'ok' })
  expect(JSON.parse(row?.after ?? '')).toMatchObject({ created: true })
  expect((await oidc.api.call(undefined, 'GET', '/session/methods')).body).toEqual({
    providers: [{ id: 'city', kind: 'oidc', title: { zh: '统一认证', en: 'City' } }],
  })
})

test('rules are applied at each sign-in anew, also to sessions that are open', async () => {
  const people = { 'p-1': wang() }
  await using oidc = await startOidc(people)
  const first = await oidc.signIn('p-1')
  people['p-1'].groups = ['school-3131000002-guards', 'admins']
  people['p-1'].name = '王芳芳'
  const second = await oidc.signIn('p-1')
  const { user } = (await second.client.call('GET', '/session')).body
  expect(user).toMatchObject({ username: 'wang', displayName: '王芳芳', role: 'admin' })
  expect(user.grants).toEqual([{ role: 'admin' }, { role: 'guard', node: 'school-b' }])
  expect((await first.client.call('GET', '/session')).body.user.id).toBe(user.id)
  const changed = await oidc.api.db.selectFrom('users').select('id').execute()
  expect(changed).toHaveLength(1)

  people['p-1'].groups = []
  const third = await oidc.signIn('p-1')
  expect([third.location, third.token]).toEqual(['/sign-in?problem=ACCOUNT_UNMAPPED', undefined])
  expect((await second.client.call('GET', '/users')).code).toBe('FORBIDDEN')
})

test('who has no role by the rules is refused and leaves no account', async () => {
  await using oidc = await startOidc({ 'p-2': { name: '访客', groups: ['teachers'] } })
  const { location, token } = await oidc.signIn('p-2')
  expect([location, token]).toEqual(['/sign-in?problem=ACCOUNT_UNMAPPED', undefined])
  expect(await oidc.api.db.selectFrom('users').select('id').execute()).toEqual([])
  const [row] = await oidc.api.audit.search({ limit: 1 })
  expect(row).toMatchObject({ action: 'session.refused', username: 'p-2', outcome: 'ACCOUNT_UNMAPPED' })
})

test('nobody comes into an account with a password by having its name at the service', async () => {
  await using oidc = await startOidc({ 'p-1': { ...wang(), preferred_username: 'root' } })
  const root = await oidc.api.add('root', { role: 'admin' })
  const { client } = await oidc.signIn('p-1')
  const { user } = (await client.call('GET', '/session')).body
  expect(user).toMatchObject({ username: 'root@city', role: 'guard' })
  expect(user.id).not.toBe(root)
  await expect(oidc.api.signIn('root@city', '-')).rejects.toThrow(/LOGIN_FAILED/)
})

test('an account of the service can be switched off here, and its roles are not given by hand', async () => {
  await using oidc = await startOidc({ 'p-1': wang() })
  await oidc.api.add('root', { role: 'admin' })
  const root = await oidc.api.signIn('root')
  const { client } = await oidc.signIn('p-1')
  const { id } = (await client.call('GET', '/session')).body.user
  expect((await root.call('PATCH', `/users/${id}`, { version: 1, grants: [{ role: 'admin' }] })).code).toBe(
    'CONFLICT',
  )
  expect((await root.call('POST', `/users/${id}/password-reset`)).code).toBe('CONFLICT')
  expect((await root.call('PATCH', `/users/${id}`, { version: 1, disabled: true })).body.provider).toBe(
    'city',
  )
  expect((await client.call('GET', '/session')).status).toBe(401)
  expect((await oidc.signIn('p-1')).location).toBe('/sign-in?problem=ACCOUNT_DISABLED')
})

test('an answer counts once, in the browser that began, for ten minutes', async () => {
  await using oidc = await startOidc({ 'p-1': wang() })
  const mine = oidc.walker()
  const callback = await oidc.toCallback(mine, 'p-1')
  const failed = '/sign-in?problem=PROVIDER_FAILED'
  // Somebody else’s browser: he would work in an account that the sender of the link reads.
  expect((await oidc.walker().get(callback)).location).toBe(failed)
  const other = oidc.walker()
  await oidc.toCallback(other, 'p-1')
  expect((await other.get(callback)).location).toBe(failed)
  expect((await mine.get(callback)).location).toBe('/')
  expect((await mine.get(callback)).location).toBe(failed)
  const late = oidc.walker()
  const lateCallback = await oidc.toCallback(late, 'p-1')
  await oidc.api.clock.advance(10 * 60_000 + 1)
  expect((await late.get(lateCallback)).location).toBe(failed)
})

test('a changed code or state, a refusal and a wrong secret are refused in words', async () => {
  await using oidc = await startOidc({ 'p-1': wang() })
  const failed = '/sign-in?problem=PROVIDER_FAILED'
  for (const change of [
    (url: URL) => url.searchParams.set('code', 'made-up'),
    (url: URL) => url.searchParams.set('state', 'made-up'),
    (url: URL) => url.searchParams.set('iss', 'https://evil.example'),
    (url: URL) => url.searchParams.delete('code'),
    (url: URL) => {
      url.searchParams.delete('code')
      url.searchParams.set('error', 'access_denied')
    },
  ]) {
    const browser = oidc.walker()
    const callback = new URL(await oidc.toCallback(browser, 'p-1'))
    change(callback)
    expect((await browser.get(callback.href)).location).toBe(failed)
    expect(browser.cookie(publicUrl, 'session')).toBeUndefined()
  }
  await using wrong = await startOidc({ 'p-1': wang() }, { clientSecret: 'another' })
  expect((await wrong.signIn('p-1')).location).toBe(failed)
})

test('a service that is away, or that nobody configured, is told in words', async () => {
  await using oidc = await startOidc({ 'p-1': wang() })
  await oidc.server[Symbol.asyncDispose]()
  expect((await oidc.walker().get(begin)).location).toBe('/sign-in?problem=PROVIDER_FAILED')
  expect((await oidc.walker().get(`${publicUrl}/api/v1/session/oidc/other`)).location).toBe(
    '/sign-in?problem=NOT_FOUND',
  )
})
