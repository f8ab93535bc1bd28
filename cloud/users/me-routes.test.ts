import { expect, test, vi } from 'vitest'
import { appCode, decodeBase32 } from '../../tests/support/authenticator.ts'
import { known, startUsers } from '../../tests/support/test-users.ts'

// Passwords are hashed at full cost, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const guard = { role: 'guard', node: 'school-a' } as const
const better = 'Regen-Wolke-77'
const minute = 60_000

type Api = Awaited<ReturnType<typeof startUsers>>
type Client = Awaited<ReturnType<Api['signIn']>>

/** Sets up a second factor and lets its first code pass. */
async function enrol(api: Api, client: Client) {
  const { secret, uri, qr } = (await client.call('POST', '/me/totp', { password: known })).body
  expect(uri).toContain(`secret=${secret}`)
  expect(qr).toMatch(/^<svg /)
  const code = () => appCode(decodeBase32(secret), api.clock.now())
  const confirmed = await client.call('POST', '/me/totp/confirm', { code: code() })
  expect(confirmed.status).toBe(200)
  await api.clock.advance(minute)
  return { code, recoveryCodes: confirmed.body.recoveryCodes as string[] }
}

async function challenge(api: Api, username = 'li') {
  const answer = await api.call(undefined, 'POST', '/session', { username, password: known })
  expect([answer.status, answer.code]).toEqual([401, 'SECOND_FACTOR_NEEDED'])
  expect(answer.headers['set-cookie']).toBeUndefined()
  return answer.body.details.challenge as string
}

test('a new password needs the old one, keeps to the rules, and ends other sessions', async () => {
  await using api = await startUsers()
  await api.add('li', guard)
  const [here, elsewhere] = [await api.signIn('li'), await api.signIn('li')]
  const change = (password: string, newPassword: string) =>
    here.call('PUT', '/me/password', { password, newPassword })
  expect((await change('wrong', better)).code).toBe('LOGIN_FAILED')
  expect((await change(known, 'short')).body).toMatchObject({
    code: 'PASSWORD_REFUSED',
    details: [
      { rule: 'too-short', expected: 10 },
      { rule: 'too-few-classes', expected: 3 },
    ],
  })
  expect((await change(known, known)).body.details).toEqual([{ rule: 'used-before' }])
  expect((await change(known, '我在第一中学2026A')).body.details).toEqual([{ rule: 'has-name' }])
  expect((await change(known, better)).status).toBe(204)
  expect((await here.call('GET', '/session')).status).toBe(200)
  expect((await elsewhere.call('GET', '/session')).status).toBe(401)
  expect((await change(better, known)).body.details).toEqual([{ rule: 'used-before' }])
  // Two are remembered: after two others the first is free again.
  for (const [was, next] of [
    [better, 'Regen-Wolke-78'],
    ['Regen-Wolke-78', 'Regen-Wolke-79'],
    ['Regen-Wolke-79', known],
  ] as const)
    expect((await change(was, next)).status).toBe(204)
  const rows = await api.db.selectFrom('old_passwords').select('n').execute()
  expect(rows.map(({ n }) => n)).toEqual([3, 4])
})

test('somebody at an open page cannot guess the password there', async () => {
  await using api = await startUsers()
  await api.add('li', guard)
  const li = await api.signIn('li')
  const guess = async (password: string) =>
    (await li.call('PUT', '/me/password', { password, newPassword: better })).code
  for (let i = 0; i < 5; i++) expect(await guess('wrong')).toBe('LOGIN_FAILED')
  expect(await guess(known)).toBe('RATE_LIMITED')
  await api.clock.advance(1_000)
  expect(await guess(known)).toBeUndefined()
})

test('a password that is too old has to be changed at the next sign-in, not in the middle of a shift', async () => {
  await using api = await startUsers({
    passwords: { maxAgeDays: 5 },
    sessions: { lifetime: '30d', idle: '30d' },
  })
  await api.add('li', guard)
  const first = await api.signIn('li')
  await first.call('PUT', '/me/password', { password: known, newPassword: better })
  await api.clock.advance(6 * 24 * 60 * minute)
  expect((await first.call('GET', '/me/sessions')).status).toBe(200)
  const second = await api.signIn('li', better)
  expect((await second.call('GET', '/me/sessions')).code).toBe('PASSWORD_CHANGE_NEEDED')
  expect((await second.call('GET', '/me/security')).body.rules.maxAgeDays).toBe(5)
  await second.call('PUT', '/me/password', { password: better, newPassword: 'Regen-Wolke-78' })
  expect((await second.call('GET', '/me/sessions')).status).toBe(200)
})

test('with a second factor one signs in by password and code, and no code twice', async () => {
  await using api = await startUsers()
  await api.add('li', guard)
  const { code } = await enrol(api, await api.signIn('li'))
  const answer = async (body: object) => await api.call(undefined, 'POST', '/session/second-factor', body)
  const first = await challenge(api)
  expect((await answer({ challenge: first, code: '000000' })).code).toBe('SECOND_FACTOR_FAILED')
  const good = await answer({ challenge: first, code: code() })
  expect([good.status, good.body.user.username]).toEqual([200, 'li'])
  expect(good.headers['set-cookie']?.[0]).toMatch(/^session=/)
  // Neither with the same challenge nor with another.
  expect((await answer({ challenge: first, code: code() })).code).toBe('SECOND_FACTOR_FAILED')
  expect((await answer({ challenge: await challenge(api), code: code() })).code).toBe('SECOND_FACTOR_FAILED')
  await api.clock.advance(minute)
  const both = await Promise.all([1, 2].map(() => answer({ challenge: first, code: code() })))
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
})

test('a challenge runs out, is nobody else’s, and ends with the password it was made by', async () => {
  await using api = await startUsers()
  await api.add('li', guard)
  const li = await api.signIn('li')
  const { code } = await enrol(api, li)
  const answer = async (token: string) =>
    (await api.call(undefined, 'POST', '/session/second-factor', { challenge: token, code: code() })).code
  const old = await challenge(api)
  await api.clock.advance(5 * minute + 1)
  expect(await answer(old)).toBe('SECOND_FACTOR_FAILED')
  expect(await answer('made-up')).toBe('SECOND_FACTOR_FAILED')
  const early = await challenge(api)
  await li.call('PUT', '/me/password', { password: known, newPassword: better })
  expect(await answer(early)).toBe('SECOND_FACTOR_FAILED')
})

test('guessing codes is slowed down like guessing passwords', async () => {
  await using api = await startUsers()
  await api.add('li', guard)
  const { code } = await enrol(api, await api.signIn('li'))
  const token = await challenge(api)
  const answer = (text: string) =>
    api.call(undefined, 'POST', '/session/second-factor', { challenge: token, code: text })
  for (let i = 0; i < 10; i++) expect((await answer('000000')).status).toBe(401)
  expect((await answer(code())).code).toBe('RATE_LIMITED')
  const rows = (await api.audit.search({ limit: 50 })).filter(
    ({ outcome }) => outcome === 'SECOND_FACTOR_FAILED',
  )
  expect(rows).toHaveLength(10)
  expect(rows[0]).toMatchObject({ action: 'session.refused', username: 'li' })
})

test('each recovery code works once, however it is typed, and says so in the audit log', async () => {
  await using api = await startUsers()
  await api.add('li', guard)
  const li = await api.signIn('li')
  const { recoveryCodes } = await enrol(api, li)
  expect(new Set(recoveryCodes).size).toBe(10)
  const [first = '', second = ''] = recoveryCodes
  const answer = async (code: string) =>
    await api.call(undefined, 'POST', '/session/second-factor', { challenge: await challenge(api), code })
  expect((await answer(first)).status).toBe(200)
  expect((await answer(first)).code).toBe('SECOND_FACTOR_FAILED')
  expect((await answer(second.toLowerCase().replaceAll('-', ' '))).status).toBe(200)
  const [row] = await api.audit.search({ limit: 1 })
  expect(JSON.parse(row?.after ?? '')).toEqual({ secondFactor: { by: 'recovery-code', left: 8 } })
  expect((await li.call('GET', '/me/security')).body).toMatchObject({
    secondFactor: true,
    recoveryCodesLeft: 8,
  })
})

test('switching the second factor off needs the password or a code; an administrator can for who lost it', async () => {
  await using api = await startUsers()
  const id = await api.add('li', guard)
  await api.add('root', { role: 'admin' })
  const li = await api.signIn('li')
  const { code } = await enrol(api, li)
  expect((await li.call('DELETE', '/me/totp', {})).status).toBe(401)
  expect((await li.call('DELETE', '/me/totp', { password: 'wrong' })).code).toBe('LOGIN_FAILED')
  expect((await li.call('DELETE', '/me/totp', { code: code() })).status).toBe(204)
  await api.signIn('li')
  await enrol(api, li)
  expect((await li.call('POST', '/me/totp', { password: known })).code).toBe('CONFLICT')
  const root = await api.signIn('root')
  expect((await root.call('GET', `/users/${id}`)).body.secondFactor).toBe(true)
  expect((await root.call('DELETE', `/users/${id}/second-factor`)).body.secondFactor).toBe(false)
  await api.signIn('li')
})

test('a role that must have a second factor sets it up before anything else, and keeps it', async () => {
  await using api = await startUsers({ signIn: { secondFactor: ['admin'] } })
  await api.add('root', { role: 'admin' })
  await api.add('li', guard)
  expect((await (await api.signIn('li')).call('GET', '/me/sessions')).status).toBe(200)
  const root = await api.signIn('root')
  expect((await root.call('GET', '/session')).body.user.must).toBe('set-up-second-factor')
  expect((await root.call('GET', '/users')).code).toBe('SECOND_FACTOR_SETUP_NEEDED')
  await enrol(api, root)
  expect((await root.call('GET', '/users')).status).toBe(200)
  expect((await root.call('DELETE', '/me/totp', { password: known })).code).toBe('CONFLICT')
})

test('the store holds no secret, no recovery code and no challenge that can be read', async () => {
  const lines: string[] = []
  await using api = await startUsers({ lines })
  await api.add('li', guard)
  const li = await api.signIn('li')
  const { secret } = (await li.call('POST', '/me/totp', { password: known })).body
  const bytes = decodeBase32(secret)
  const code = appCode(bytes, api.clock.now())
  const { recoveryCodes } = (await li.call('POST', '/me/totp/confirm', { code })).body
  const rows = JSON.stringify([
    await api.db.selectFrom('users').selectAll().execute(),
    await api.db.selectFrom('recovery_codes').selectAll().execute(),
    await api.db.selectFrom('audit').selectAll().execute(),
  ])
  for (const hidden of [secret, bytes.toString('base64'), bytes.toString('hex'), ...recoveryCodes]) {
    expect(rows).not.toContain(hidden)
    expect(lines.join()).not.toContain(hidden)
  }
})

test('one sees where one is signed in, ends one of them, or all others', async () => {
  await using api = await startUsers()
  await api.add('li', guard)
  await api.add('wang', guard)
  const here = await api.signIn('li')
  await api.clock.advance(minute)
  const [second, third, wang] = [await api.signIn('li'), await api.signIn('li'), await api.signIn('wang')]
  const list = async () => (await here.call('GET', '/me/sessions')).body.items
  const items = await list()
  expect(items.map(({ current }: { current: boolean }) => current)).toContain(true)
  expect(items).toHaveLength(3)
  expect(items[0]).toMatchObject({ address: '127.0.0.1', userAgent: 'lightMyRequest' })
  const foreign = (await wang.call('GET', '/me/sessions')).body.items[0].id
  expect((await here.call('DELETE', `/me/sessions/${foreign}`)).code).toBe('NOT_FOUND')
  const own = (await second.call('GET', '/me/sessions')).body.items.find(
    ({ current }: { current: boolean }) => current,
  )
  expect((await here.call('DELETE', `/me/sessions/${own.id}`)).status).toBe(204)
  expect((await second.call('GET', '/session')).status).toBe(401)
  expect((await here.call('DELETE', '/me/sessions')).body).toEqual({ ended: 1 })
  expect((await third.call('GET', '/session')).status).toBe(401)
  expect((await wang.call('GET', '/session')).status).toBe(200)
  expect(await list()).toMatchObject([{ current: true }])
})

test('an unused session ends after its time, one in use only at the end of its life', async () => {
  await using api = await startUsers({ sessions: { lifetime: '2d', idle: '12h' } })
  await api.add('li', guard)
  const [used, unused] = [await api.signIn('li'), await api.signIn('li')]
  const hours = async (count: number) => {
    await api.clock.advance(count * 60 * minute)
    return [(await used.call('GET', '/session')).status]
  }
  for (let hour = 11; hour < 48; hour += 11) expect(await hours(11)).toEqual([200])
  expect((await unused.call('GET', '/session')).status).toBe(401)
  expect(await hours(5)).toEqual([401])
})

test('an administrator signs somebody out everywhere', async () => {
  await using api = await startUsers()
  const id = await api.add('li', guard)
  await api.add('root', { role: 'admin' })
  const li = await api.signIn('li')
  const root = await api.signIn('root')
  expect((await root.call('DELETE', `/users/${id}/sessions`)).body).toEqual({ ended: 1 })
  expect((await li.call('GET', '/session')).status).toBe(401)
})
