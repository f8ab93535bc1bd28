import { createECDH } from 'node:crypto'
import { Registry } from 'prom-client'
import { expect, test, vi } from 'vitest'
import type {
  ChannelDraft,
  ChannelList,
  DeliveryList,
  MyNotifications,
  NotificationChannel,
  PushSubscription,
  TestResult,
} from '#contract/api/notifications.ts'
import type { Grant } from '#contract/api/session.ts'
import { systemClock } from '#lib/clock.ts'
import { parseConfig } from '#lib/load-config.ts'
import { createLogger } from '#lib/logger.ts'
import { startReceiver } from '../../tests/support/http-receiver.ts'
import { startMailServer } from '../../tests/support/mail-receiver.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { testUser } from '../../tests/support/test-user.ts'
import { makeKeys } from './channels/vapid.ts'
import { NotificationsConfig } from './notifications-config.ts'
import { type RunningNotifications, startNotifications } from './start-notifications.ts'

// Real sockets and a real store.
vi.setConfig({ testTimeout: 20_000 })

const paths = [
  ['city', 'city'],
  ['city', 'school-a'],
  ['school-a', 'school-a'],
  ['city', 'school-b'],
  ['school-b', 'school-b'],
] as const
type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'
type Options = {
  readonly grants?: readonly Grant[]
  readonly privateAddresses?: boolean
  readonly smtpPort?: number
}

/** The routes with everything behind them, as the cloud has it; `good` is Li, `other` is Wang, a guard everywhere. */
async function start({ grants = [{ role: 'admin' }], privateAddresses = true, smtpPort }: Options = {}) {
  const parsed = parseConfig(`webhooks: { privateAddresses: ${privateAddresses} }`, NotificationsConfig)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const mail = {
    host: '127.0.0.1',
    security: 'none',
    login: undefined,
    ca: undefined,
    from: 'c@school.example',
  }
  let running: RunningNotifications | undefined
  const users = {
    good: testUser('admin', { grants: [...grants] }),
    other: testUser('guard', { id: 'u2', username: 'wang', displayName: '王' }),
  }
  const api = await testApi({
    findSession: async (token) =>
      token === 'good' || token === 'other'
        ? { user: users[token], expiresAt: Date.now() + 60_000 }
        : undefined,
    api: (app, { db }) => {
      running = startNotifications({
        db,
        config: parsed.value,
        smtp: smtpPort === undefined ? undefined : { ...mail, security: 'none', port: smtpPort },
        pushKeys: makeKeys(),
        clock: systemClock,
        log: createLogger({ level: 'silent' }),
        registry: new Registry(),
      })
      running.routes(app)
    },
  })
  if (running === undefined) throw new Error('no routes')
  const { service, [Symbol.asyncDispose]: stop } = running
  const { db } = api
  for (const { id, username, displayName } of Object.values(users))
    await db
      .insertInto('users')
      .values({ id, username, display_name: displayName, password_hash: '-', created_at: 1 })
      .execute()
  const tree = { kind: 'campus', position: 0, title_zh: '学校' }
  for (const id of ['city', 'school-a', 'school-b'])
    await db
      .insertInto('tree_nodes')
      .values({ id, ...tree })
      .execute()
  for (const [ancestor, node] of paths) await db.insertInto('tree_paths').values({ ancestor, node }).execute()
  await api.places.reload()
  async function call<T>(method: Method, path: string, payload?: object, token = 'good') {
    const headers = { authorization: `Bearer ${token}` }
    const url = `/api/v1${path}`
    const answer = await api.app.inject({
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    const body = answer.body === '' ? undefined : answer.json()
    return { status: answer.statusCode, body: body as T, text: answer.body }
  }
  return {
    db,
    service,
    call,
    async [Symbol.asyncDispose]() {
      await stop()
      await api[Symbol.asyncDispose]()
    },
  }
}

const settings = {
  language: 'en',
  timeZone: 'Asia/Shanghai',
  quiet: { from: '22:00', to: '06:30' },
  push: { enabled: true, minPriority: null },
  email: { enabled: true, address: 'li@school.example', minPriority: 2 },
}
function subscription(origin: string) {
  const p256dh = createECDH('prime256v1').generateKeys('base64url')
  const keys = { p256dh, auth: Buffer.alloc(16, 1).toString('base64url') }
  return { endpoint: `${origin}/push/1`, keys, browser: 'Chrome on Windows' }
}
const webhook = (url: string, more: Partial<ChannelDraft> = {}): ChannelDraft => ({
  kind: 'webhook',
  ...{ node: null, title: '值班系统', enabled: true, minPriority: 3, language: 'zh-CN', mentions: [] },
  ...{ url, secret: 'sixteen characters', ...more },
})

test('a person says how to be told, and finds it again', async () => {
  await using it = await start()
  const before = await it.call<MyNotifications>('GET', '/me/notifications')
  expect(before.body).toMatchObject({
    settings: { language: 'zh-CN', timeZone: 'Asia/Shanghai', quiet: null, email: { address: '' } },
    ...{ defaults: { push: 2, email: 2 }, subscriptions: [], canMail: false },
  })
  expect(before.body.pushKey).toMatch(/^[A-Za-z0-9_-]{87}$/)
  expect((await it.call('PUT', '/me/notifications', settings)).status).toBe(200)
  expect((await it.call<MyNotifications>('GET', '/me/notifications')).body.settings).toEqual(settings)
  const others = await it.call<MyNotifications>('GET', '/me/notifications', undefined, 'other')
  expect(others.body.settings.email.address).toBe('')
  expect(others.body.defaults).toEqual({ push: 3, email: 3 })
})

test.each([
  ['body/timeZone', { timeZone: 'Mars/Olympus' }],
  ['body/quiet', { quiet: { from: '25:00', to: '06:00' } }],
  ['body/email/address', { email: { enabled: true, address: 'a@b.cn\r\nBcc: x@y.z', minPriority: null } }],
  ['body/email/address', { email: { enabled: true, address: 'two@a.cn, more@b.cn', minPriority: null } }],
  ['body/push/minPriority', { push: { enabled: true, minPriority: 5 } }],
  ['body/surprise', { surprise: 1 }],
])('a wrong setting is named: %s', async (path, wrong) => {
  await using it = await start()
  const { status, text } = await it.call('PUT', '/me/notifications', { ...settings, ...wrong })
  expect([status, text]).toEqual([400, expect.stringContaining(path)])
  expect((await it.db.selectFrom('notification_settings').selectAll().execute()).length).toBe(0)
})

test('a test goes out by every way that was chosen and says what became of each', async () => {
  await using push = await startReceiver(() => ({ status: 201 }))
  await using mail = await startMailServer()
  await using it = await start({ smtpPort: mail.port })
  await it.call('PUT', '/me/notifications', settings)
  const added = await it.call<PushSubscription>(
    'POST',
    '/me/notifications/push-subscriptions',
    subscription(push.origin),
  )
  expect(added.status).toBe(201)
  const { body } = await it.call<TestResult>('POST', '/me/notifications/test')
  expect(body.deliveries.map(({ channel, state, receiver }) => [channel, state, receiver]).sort()).toEqual([
    ['email', 'sent', '李娜'],
    ['push', 'sent', '李娜'],
  ])
  expect(mail.mails[0]?.text).toContain('Test notification')
  expect(push.received).toHaveLength(1)
  const mine = await it.call<MyNotifications>('GET', '/me/notifications')
  expect(mine.body.subscriptions).toMatchObject([{ browser: 'Chrome on Windows', last: { state: 'sent' } }])
  expect((await it.call('DELETE', `/me/notifications/push-subscriptions/${added.body.id}`)).status).toBe(204)
  expect((await it.call('DELETE', `/me/notifications/push-subscriptions/${added.body.id}`)).status).toBe(404)
})

test('a browser that took its permission back is forgotten', async () => {
  await using push = await startReceiver(() => ({ status: 410 }))
  await using it = await start()
  await it.call('POST', '/me/notifications/push-subscriptions', subscription(push.origin))
  const { body } = await it.call<TestResult>('POST', '/me/notifications/test')
  expect(body.deliveries).toMatchObject([{ channel: 'push', state: 'failed', reason: 'gone' }])
  expect((await it.call<MyNotifications>('GET', '/me/notifications')).body.subscriptions).toEqual([])
})

test('a browser belongs to who signed in on it last; nobody removes that of somebody else', async () => {
  await using push = await startReceiver(() => ({ status: 201 }))
  await using it = await start()
  const browser = subscription(push.origin)
  await it.call('POST', '/me/notifications/push-subscriptions', browser)
  const { body } = await it.call<PushSubscription>(
    'POST',
    '/me/notifications/push-subscriptions',
    browser,
    'other',
  )
  expect((await it.call<MyNotifications>('GET', '/me/notifications')).body.subscriptions).toEqual([])
  expect((await it.call('DELETE', `/me/notifications/push-subscriptions/${body.id}`)).status).toBe(404)
  const wrong = { ...browser, keys: { ...browser.keys, p256dh: Buffer.alloc(65, 4).toString('base64url') } }
  expect((await it.call('POST', '/me/notifications/push-subscriptions', wrong)).text).toContain('body/keys')
})

test('neither a subscription nor a webhook makes the cloud call its own network', async () => {
  await using receiver = await startReceiver()
  await using it = await start({ privateAddresses: false })
  const browser = { ...subscription(receiver.origin), endpoint: 'https://127.0.0.1/push' }
  const refused = await it.call('POST', '/me/notifications/push-subscriptions', browser)
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('body/endpoint')])
  const literal = await it.call('POST', '/notification-channels', webhook('https://[::ffff:10.0.0.1]/x'))
  expect([literal.status, literal.text]).toEqual([400, expect.stringContaining('body/url')])
  // A name is looked at when it is used: it may lead somewhere else by then.
  const { body } = await it.call<NotificationChannel>(
    'POST',
    '/notification-channels',
    webhook('https://localhost/x'),
  )
  const result = await it.call<TestResult>('POST', `/notification-channels/${body.id}/test`)
  expect(result.body.deliveries).toMatchObject([{ state: 'failed', reason: 'address-refused' }])
  expect(receiver.received).toEqual([])
})

test('a webhook is made, tried, changed and removed; its secrets nobody sees again', async () => {
  await using receiver = await startReceiver()
  await using it = await start()
  const made = await it.call<NotificationChannel>(
    'POST',
    '/notification-channels',
    webhook(`${receiver.origin}/in?key=hidden-in-the-query`),
  )
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ url: `${receiver.origin}/in`, hasSecret: true, hasToken: false })
  const { id } = made.body
  const tried = await it.call<TestResult>('POST', `/notification-channels/${id}/test`)
  expect(tried.body.deliveries).toMatchObject([{ state: 'sent', receiver: '值班系统', attempts: 1 }])
  expect(receiver.received[0]?.path).toBe('/in?key=hidden-in-the-query')

  const { secret: _, ...withoutSecret } = webhook(`${receiver.origin}/other`, { title: '新名' })
  expect((await it.call('PUT', `/notification-channels/${id}`, withoutSecret)).status).toBe(200)
  await it.call('POST', `/notification-channels/${id}/test`)
  expect(receiver.received[1]?.path).toBe('/other')
  expect(receiver.received[1]?.headers['campus-signature']).toMatch(/^v1=/)
  const list = await it.call<ChannelList>('GET', '/notification-channels')
  expect(list.body.items).toMatchObject([{ title: '新名', last: { state: 'sent' } }])
  for (const { text } of [made, tried, list]) expect(text).not.toMatch(/sixteen characters|hidden-in/)
  const audit = await it.db.selectFrom('audit').select(['action', 'before_json', 'after_json']).execute()
  expect(audit.map(({ action }) => action)).toEqual([
    'notification-channel.created',
    'notification-channel.tested',
    'notification-channel.changed',
    'notification-channel.tested',
  ])
  expect(JSON.stringify(audit)).not.toMatch(/sixteen characters|hidden-in/)

  const kind = await it.call('PUT', `/notification-channels/${id}`, {
    ...withoutSecret,
    kind: 'wecom',
    token: 'k',
  })
  expect([kind.status, kind.text]).toEqual([400, expect.stringContaining('body/kind')])
  expect((await it.call('DELETE', `/notification-channels/${id}`)).status).toBe(204)
  expect((await it.call('POST', `/notification-channels/${id}/test`)).status).toBe(404)
  // What it was told stays in the log.
  const log = await it.call<DeliveryList>('GET', '/notifications/log')
  expect(log.body.items.map(({ channel, state }) => [channel, state])).toEqual([
    ['webhook', 'sent'],
    ['webhook', 'sent'],
  ])
})

const wecom: ChannelDraft = { ...webhook(''), kind: 'wecom', token: 'a-key' }
delete wecom.url
delete wecom.secret

test.each([
  ['body/url is missing', { ...webhook('x'), url: undefined }],
  ['body/url is not an address', webhook('not a url')],
  ['body/secret needs at least 16', webhook('https://hooks.example.cn', { secret: 'short' })],
  ['body/mentions are for robots', webhook('https://hooks.example.cn', { mentions: ['@all'] })],
  ['body/token is missing', { ...wecom, token: undefined }],
  ['body/token is the key', { ...wecom, token: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x' }],
  ['body/secret is not known to WeCom', { ...wecom, secret: 'x' }],
  ['there is no place nowhere', { ...wecom, node: 'nowhere' }],
  ['body/mentions', { ...wecom, mentions: ['<@all>'] }],
])('a channel that cannot work is refused: %s', async (message, draft) => {
  await using it = await start()
  const { status, text } = await it.call('POST', '/notification-channels', draft)
  expect([status, text]).toEqual([400, expect.stringContaining(message)])
  expect(await it.db.selectFrom('notification_channels').select('id').execute()).toEqual([])
})

test('who manages notifications of one school sees and touches nothing of another', async () => {
  await using it = await start({
    grants: [
      { role: 'admin', node: 'school-a' },
      { role: 'guard', node: 'school-b' },
    ],
  })
  const make = (node: string | null) =>
    it.call<NotificationChannel>('POST', '/notification-channels', { ...wecom, node })
  const own = await make('school-a')
  expect(own.status).toBe(201)
  // He sees the other school, and may change nothing there; what is above he does not even see.
  expect((await make('school-b')).status).toBe(403)
  expect((await make('city')).status).toBe(404)
  expect((await make(null)).status).toBe(403)
  for (const [id, node] of [
    ['of-b', 'school-b'],
    ['of-city', 'city'],
    ['of-all', null],
  ] as const)
    await it.db
      .insertInto('notification_channels')
      .values({
        ...{ id, node, kind: 'wecom', title: id, enabled: 1, min_priority: 4, language: 'en' },
        ...{ mentions_json: '[]', token: 'k', created_at: 1 },
      })
      .execute()
  const list = await it.call<ChannelList>('GET', '/notification-channels')
  expect(list.body.items.map(({ id }) => id)).toEqual([own.body.id])
  const statuses = await Promise.all(
    ['of-b', 'of-city', 'of-all'].map(async (id) => [
      (await it.call('PUT', `/notification-channels/${id}`, wecom)).status,
      (await it.call('DELETE', `/notification-channels/${id}`)).status,
      (await it.call('POST', `/notification-channels/${id}/test`)).status,
    ]),
  )
  expect(statuses).toEqual([
    [403, 403, 403],
    [404, 404, 404],
    [404, 404, 404],
  ])
  // Nor can it be moved out of his reach.
  expect(
    (await it.call('PUT', `/notification-channels/${own.body.id}`, { ...wecom, node: 'school-b' })).status,
  ).toBe(403)
  expect((await it.call('GET', '/notification-channels', undefined, 'other')).status).toBe(403)
})

test('the log shows what I was told, and what was told of places that I manage, page by page', async () => {
  await using it = await start({ grants: [{ role: 'admin', node: 'school-a' }] })
  await it.db.insertInto('grants').values({ user_id: 'u2', role: 'guard', node: '' }).execute()
  const email = { enabled: true, address: 'wang@school.example', minPriority: null }
  await it.call('PUT', '/me/notifications', { ...settings, quiet: null, email }, 'other')
  const notice = (key: string, node?: string) =>
    it.service.notify({
      ...{
        key,
        kind: 'alarm.raised',
        code: 'alarm.raised',
        priority: 2,
        at: Date.now(),
        link: '/alarms',
        node,
      },
      params: { title: { zh: key } },
    })
  for (const [key, node] of [
    ['a1', 'school-a'],
    ['b1', 'school-b'],
    ['a2', 'school-a'],
    ['none', undefined],
  ] as const)
    await notice(key, node)
  const titles = async (query: string, token = 'good') =>
    (await it.call<DeliveryList>('GET', `/notifications/log${query}`, undefined, token)).body.items.map(
      ({ title }) => title.zh,
    )
  expect((await titles('')).sort()).toEqual(['【二级告警】a1', '【二级告警】a2'])
  expect(await titles('?mine=true')).toEqual([])
  expect((await titles('', 'other')).length).toBe(4)
  const first = await it.call<DeliveryList>('GET', '/notifications/log?limit=3', undefined, 'other')
  const rest = await it.call<DeliveryList>(
    'GET',
    `/notifications/log?limit=3&cursor=${first.body.nextCursor}`,
    undefined,
    'other',
  )
  expect(new Set([...first.body.items, ...rest.body.items].map(({ id }) => id)).size).toBe(4)
  expect(rest.body.nextCursor).toBeUndefined()
  expect((await it.call('GET', '/notifications/log?cursor=bad')).status).toBe(400)
  // No mail server: it failed for good, and says why.
  await vi.waitFor(async () => {
    const { body } = await it.call<DeliveryList>('GET', '/notifications/log?state=failed', undefined, 'other')
    expect(body.items.map(({ reason }) => reason)).toEqual(Array(4).fill('not-configured'))
  })
  const text = (await it.call('GET', '/notifications/log', undefined, 'other')).text
  expect(text).not.toContain('wang@school.example')
})

test('a notice reaches robots and webhooks at its place and above, up to their priority', async () => {
  await using receiver = await startReceiver()
  await using it = await start()
  const make = (title: string, node: string | null, more: Partial<ChannelDraft> = {}) =>
    it.call(
      'POST',
      '/notification-channels',
      webhook(`${receiver.origin}/${title}`, { title, node, ...more }),
    )
  await make('everything', null)
  await make('city', 'city')
  await make('here', 'school-a')
  await make('elsewhere', 'school-b')
  await make('urgent-only', 'school-a', { minPriority: 1 })
  await make('off', 'school-a', { enabled: false })
  await it.service.notify({
    ...{
      key: 'k',
      kind: 'alarm.raised',
      code: 'alarm.raised',
      priority: 2,
      at: Date.now(),
      node: 'school-a',
    },
    params: { title: '烟雾' },
  })
  await vi.waitFor(() =>
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/city', '/everything', '/here']),
  )
})
