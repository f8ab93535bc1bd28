import { expect, test, vi } from 'vitest'
import { startCasServer, yes } from '../../tests/support/cas-server.ts'
import { startUsers } from '../../tests/support/test-users.ts'
import { WebWalker } from '../../tests/support/web-walker.ts'

// Passwords are hashed at full cost, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const publicUrl = 'http://campus.test'
const begin = `${publicUrl}/api/v1/session/cas/sso`
const failed = '/sign-in?problem=PROVIDER_FAILED'

async function startCas() {
  const server = await startCasServer({
    wang: { displayName: ['王芳'], memberOf: ['teachers', 'duty'], unit: ['3131000001'] },
    guest: { displayName: ['访客'] },
  })
  const api = await startUsers({
    signIn: {
      publicUrl,
      cas: [
        {
          ...{ id: 'sso', title: { zh: '统一身份认证' }, url: server.url },
          rules: [
            { claim: 'memberOf', value: 'duty', role: 'lead', node: 'house-a' },
            { claim: 'unit', matches: '\\d{10}', role: 'guard', school: '$0' },
          ],
        },
      ],
    },
  })
  const browser = () => new WebWalker(api.app, publicUrl)
  async function toCallback(walker: WebWalker, user: string): Promise<string> {
    const { location = '' } = await walker.get(`${begin}?next=/alarms`)
    return (await walker.get(`${location}&as=${user}`)).location ?? ''
  }
  return {
    ...{ api, server, browser, toCallback },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('there and back with the roles of the attributes', async () => {
  await using cas = await startCas()
  const walker = cas.browser()
  expect((await walker.get(await cas.toCallback(walker, 'wang'))).location).toBe('/alarms')
  const client = cas.api.clientOf(walker.cookie(publicUrl, 'session') ?? '')
  const { user, signOutUrl } = (await client.call('GET', '/session')).body
  expect(user).toMatchObject({ username: 'wang', displayName: '王芳', role: 'lead' })
  expect(user.grants).toEqual([
    { role: 'lead', node: 'house-a' },
    { role: 'guard', node: 'school-a' },
  ])
  expect(signOutUrl).toBe(`${cas.server.url}/logout?service=${encodeURIComponent(`${publicUrl}/sign-in`)}`)
})

test('a ticket works once, for this sign-in, and for nobody else', async () => {
  await using cas = await startCas()
  const walker = cas.browser()
  const callback = await cas.toCallback(walker, 'wang')
  const stranger = cas.browser()
  await cas.toCallback(stranger, 'wang')
  expect((await stranger.get(callback)).location).toBe(failed)
  expect((await walker.get(callback)).location).toBe('/alarms')
  expect((await walker.get(callback)).location).toBe(failed)
})

test('a ticket for another service is refused by the server that made it', async () => {
  await using cas = await startCas()
  const walker = cas.browser()
  const callback = new URL(await cas.toCallback(walker, 'wang'))
  // A ticket of the same person for another site, as that site would have it.
  const other = await fetch(`${cas.server.url}/login?service=http://other.test/&as=wang`, {
    redirect: 'manual',
  })
  const ticket = new URL(other.headers.get('location') ?? '').searchParams.get('ticket') ?? ''
  callback.searchParams.set('ticket', ticket)
  expect((await walker.get(callback.href)).location).toBe(failed)
  expect(walker.cookie(publicUrl, 'session')).toBeUndefined()
})

test('made-up tickets, bombs, other answers and silence let nobody in', async () => {
  await using cas = await startCas()
  for (const lie of [
    `<!DOCTYPE x [<!ENTITY a "wang">]>${yes('&a;', { memberOf: ['duty'] })}`,
    yes('wang', {}).replace('yale.edu', 'evil.example'),
    'yes\nwang\n',
    'x'.repeat(400_000),
  ]) {
    const walker = cas.browser()
    const callback = await cas.toCallback(walker, 'wang')
    cas.server.answerNextWith(lie)
    expect((await walker.get(callback)).location).toBe(failed)
  }
  const walker = cas.browser()
  const callback = new URL(await cas.toCallback(walker, 'wang'))
  for (const ticket of ['ST-made-up', '', 'PT-1', `ST-${'x'.repeat(400)}`]) {
    const fresh = cas.browser()
    const own = new URL(await cas.toCallback(fresh, 'wang'))
    own.searchParams.set('ticket', ticket)
    expect((await fresh.get(own.href)).location).toBe(failed)
  }
  await cas.server[Symbol.asyncDispose]()
  expect((await walker.get(callback.href)).location).toBe(failed)
})

test('who has no role by the rules is refused', async () => {
  await using cas = await startCas()
  const walker = cas.browser()
  expect((await walker.get(await cas.toCallback(walker, 'guest'))).location).toBe(
    '/sign-in?problem=ACCOUNT_UNMAPPED',
  )
})
