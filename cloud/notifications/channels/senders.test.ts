import { createDecipheriv, createECDH, createHmac, createPublicKey, hkdfSync, verify } from 'node:crypto'
import { Type } from 'typebox'
import { Check, Errors } from 'typebox/schema'
import { expect, test } from 'vitest'
import { WebhookBody } from '#contract/webhook.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { type Received, startReceiver } from '../../../tests/support/http-receiver.ts'
import { startMailServer } from '../../../tests/support/mail-receiver.ts'
import { testCertificate } from '../../../tests/support/test-certificate.ts'
import { type Message, messageOf } from '../message.ts'
import type { Notice } from '../notice.ts'
import type { AddressRules } from './address-guard.ts'
import { createDingtalkSender } from './dingtalk.ts'
import { EmailSender, type SmtpOptions } from './email-sender.ts'
import { retryAfterMs } from './post.ts'
import { createPushSender } from './push-sender.ts'
import { mentionsOf } from './robot-text.ts'
import { makeKeys } from './vapid.ts'
import { replayWindowS } from './webhook-request.ts'
import { createWebhookSender } from './webhook-sender.ts'
import { createWecomSender } from './wecom.ts'

const clock = new FakeClock(Date.UTC(2026, 10, 27, 8))
const lan: AddressRules = { hosts: [], privateAddresses: true }
const never = new AbortController().signal
const notice: Notice = {
  key: 'k',
  kind: 'alarm.raised',
  code: 'alarm.raised',
  priority: 1,
  params: { title: '烟雾' },
  link: '/alarms',
  at: clock.now(),
}
const message: Message = messageOf([notice], {
  id: 'job-1',
  reader: { language: 'zh-CN', timeZone: 'Asia/Shanghai' },
  consoleUrl: 'https://campus.example',
})
const closed = { additionalProperties: false }

test('a webhook can check who sent it and that it is not an old one', async () => {
  await using receiver = await startReceiver()
  const secret = 'a secret of the receiver'
  const target = { url: `${receiver.origin}/hook?t=1`, secret, timeZone: 'Asia/Shanghai' }
  expect(await createWebhookSender(lan, clock).send(message, target, never)).toEqual({ ok: true })
  const [got] = receiver.received
  // What docs/notifications.md tells a receiver to do.
  const timestamp = String(got?.headers['campus-timestamp'])
  const expected = createHmac('sha256', secret)
    .update(`${timestamp}.`)
    .update(got?.body ?? '')
    .digest('hex')
  expect(got?.headers['campus-signature']).toBe(`v1=${expected}`)
  expect(Math.abs(clock.now() / 1000 - Number(timestamp))).toBeLessThan(replayWindowS)
  expect(got?.headers['idempotency-key']).toBe('job-1')
  expect(got?.path).toBe('/hook?t=1')
  const body: unknown = JSON.parse(String(got?.body))
  expect(Errors(WebhookBody, body)[1]).toEqual([])
})

test.each([
  [{ status: 204 }, { ok: true }],
  [
    { status: 500, body: 'down' },
    { ok: false, retry: true, detail: 'HTTP 500 down' },
  ],
  [
    { status: 429, headers: { 'retry-after': '7' } },
    { ok: false, retry: true, retryAfterMs: 7_000 },
  ],
  [
    { status: 400, body: 'no' },
    { ok: false, retry: false, reason: 'refused' },
  ],
  [{ status: 410 }, { ok: false, retry: false, reason: 'gone' }],
  [
    { status: 302, headers: { location: 'http://169.254.169.254/' } },
    { ok: false, retry: false },
  ],
])('what a receiver answers decides: %o', async (reply, outcome) => {
  await using receiver = await startReceiver(() => reply)
  const target = { url: receiver.origin, secret: 's', timeZone: 'UTC' }
  expect(await createWebhookSender(lan, clock).send(message, target, never)).toMatchObject(outcome)
  expect(receiver.received).toHaveLength(1)
})

test('an endless answer is cut off, one that does not come is waited for no longer than allowed', async () => {
  await using receiver = await startReceiver(() => ({ status: 400, body: 'x'.repeat(5_000_000) }))
  const sender = createWebhookSender(lan, clock)
  const target = { url: receiver.origin, secret: 's', timeZone: 'UTC' }
  const long = await sender.send(message, target, never)
  expect(long).toMatchObject({ ok: false, reason: 'refused' })
  expect(JSON.stringify(long).length).toBeLessThan(400)
  receiver.answers(() => ({ silent: true }))
  expect(await sender.send(message, target, AbortSignal.timeout(200))).toMatchObject({
    ok: false,
    reason: 'timeout',
    retry: true,
  })
})

test('nothing is sent to where it must not go: by address, and by a name that leads there', async () => {
  await using receiver = await startReceiver()
  const { port } = new URL(receiver.origin)
  const strict: AddressRules = { hosts: [], privateAddresses: false }
  for (const url of [`https://127.0.0.1:${port}`, `https://localhost:${port}`, `http://localhost:${port}`]) {
    const outcome = await createWebhookSender(strict, clock).send(
      message,
      { url, secret: 's', timeZone: 'UTC' },
      never,
    )
    expect([url, outcome]).toMatchObject([url, { ok: false, reason: 'address-refused', retry: false }])
  }
  expect(receiver.received).toEqual([])
})

test('nobody there', async () => {
  const receiver = await startReceiver()
  await receiver[Symbol.asyncDispose]()
  const target = { url: receiver.origin, secret: 's', timeZone: 'UTC' }
  expect(await createWebhookSender(lan, clock).send(message, target, never)).toEqual({
    ...{ ok: false, reason: 'unreachable', detail: 'ECONNREFUSED', retry: true },
  })
})

test('Retry-After as seconds and as a date, within reason', () => {
  const now = Date.UTC(2026, 10, 27, 8)
  expect(retryAfterMs('120', now)).toBe(120_000)
  expect(retryAfterMs('Fri, 27 Nov 2026 08:01:00 GMT', now)).toBe(60_000)
  expect(retryAfterMs('999999999', now)).toBe(21_600_000)
  for (const text of ['', 'soon', '-5', '0', 'Fri, 27 Nov 2026 07:00:00 GMT'])
    expect(retryAfterMs(text, now)).toBeUndefined()
})

/** Takes nothing that is not in its documentation (document/path/91770). */
const WecomRequest = Type.Union([
  Type.Object(
    {
      msgtype: Type.Literal('markdown'),
      markdown: Type.Object({ content: Type.String({ minLength: 1 }) }, closed),
    },
    closed,
  ),
  Type.Object(
    {
      msgtype: Type.Literal('text'),
      text: Type.Object(
        {
          content: Type.String({ minLength: 1 }),
          mentioned_list: Type.Optional(Type.Array(Type.String())),
          mentioned_mobile_list: Type.Optional(Type.Array(Type.String())),
        },
        closed,
      ),
    },
    closed,
  ),
])

function wecomRobot({ path, headers, body }: Received) {
  const { pathname, searchParams } = new URL(path, 'http://x')
  const errcode = (code: number, errmsg: string) => ({ body: JSON.stringify({ errcode: code, errmsg }) })
  if (pathname !== '/cgi-bin/webhook/send' || searchParams.get('key') !== 'the-key')
    return errcode(93_000, 'invalid webhook url')
  if (!String(headers['content-type']).startsWith('application/json')) return errcode(40_058, 'content type')
  return Check(WecomRequest, JSON.parse(body.toString())) ? errcode(0, 'ok') : errcode(40_058, 'wrong json')
}

test('a WeCom robot takes it, or says why not', async () => {
  await using receiver = await startReceiver(wecomRobot)
  const sender = createWecomSender(receiver.origin, clock)
  for (const mentions of [[], ['zhangsan'], ['@all'], ['13800001111', 'li']]) {
    const target = { key: 'the-key', mentions: mentionsOf(mentions) }
    expect(await sender.send(message, target, never)).toEqual({ ok: true })
  }
  expect(await sender.send(message, { key: 'other', mentions: mentionsOf([]) }, never)).toMatchObject({
    ...{ ok: false, retry: false, detail: 'errcode 93000: invalid webhook url' },
  })
  receiver.answers(() => ({ body: '<html>sign in to the hotel</html>' }))
  expect(await sender.send(message, { key: 'the-key', mentions: mentionsOf([]) }, never)).toMatchObject({
    ...{ ok: false, retry: true },
  })
})

/** As document/robots/custom-robot-access has it, with signing on. */
const DingtalkRequest = Type.Object(
  {
    msgtype: Type.Literal('markdown'),
    markdown: Type.Object(
      { title: Type.String({ minLength: 1 }), text: Type.String({ minLength: 1 }) },
      closed,
    ),
    at: Type.Object(
      {
        atMobiles: Type.Array(Type.String()),
        atUserIds: Type.Array(Type.String()),
        isAtAll: Type.Boolean(),
      },
      closed,
    ),
  },
  closed,
)

function dingtalkRobot(secret: string) {
  return ({ path, body }: Received) => {
    const { pathname, searchParams } = new URL(path, 'http://x')
    const errcode = (code: number, errmsg: string) => ({ body: JSON.stringify({ errcode: code, errmsg }) })
    const timestamp = searchParams.get('timestamp') ?? ''
    const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64')
    if (pathname !== '/robot/send' || searchParams.get('access_token') !== 'the-token')
      return errcode(300_005, 'token is not exist')
    if (searchParams.get('sign') !== sign || Math.abs(Number(timestamp) - clock.now()) > 3_600_000)
      return errcode(310_000, 'sign not match')
    return Check(DingtalkRequest, JSON.parse(body.toString()))
      ? errcode(0, 'ok')
      : errcode(40_035, 'wrong json')
  }
}

test('a DingTalk robot takes it with the right signature alone', async () => {
  await using receiver = await startReceiver(dingtalkRobot('SEC+/='))
  const sender = createDingtalkSender(receiver.origin, clock)
  const target = { token: 'the-token', secret: 'SEC+/=', mentions: mentionsOf(['13800001111']) }
  expect(await sender.send(message, target, never)).toEqual({ ok: true })
  expect(await sender.send(message, { ...target, secret: 'other' }, never)).toMatchObject({
    ...{ ok: false, retry: false, detail: 'errcode 310000: sign not match' },
  })
  expect(await sender.send(message, { ...target, secret: undefined }, never)).toMatchObject({ ok: false })
})

test('a browser can read its push, and its service can check who sent it', async () => {
  await using receiver = await startReceiver(() => ({ status: 201 }))
  const browser = createECDH('prime256v1')
  const p256dh = browser.generateKeys('base64url')
  const auth = Buffer.alloc(16, 3)
  const keys = makeKeys()
  const sender = createPushSender({ keys, contact: 'mailto:it@school.example', rules: lan, clock })
  const target = { endpoint: `${receiver.origin}/push/abc`, p256dh, auth: auth.toString('base64url') }
  expect(await sender.send(message, target, never)).toEqual({ ok: true })
  const [got] = receiver.received
  expect(got?.headers).toMatchObject({ 'content-encoding': 'aes128gcm', urgency: 'high', ttl: '86400' })

  // As a browser does it (RFC 8291), written apart from the code that encrypts.
  const body = got?.body ?? Buffer.alloc(0)
  const [salt, from] = [body.subarray(0, 16), body.subarray(21, 86)]
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), from])
  const derive = (secret: Uint8Array, use: Uint8Array, text: Uint8Array, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, use, text, length))
  const ikm = derive(browser.computeSecret(from), auth, info, 32)
  const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(body.subarray(-16))
  const plain = Buffer.concat([decipher.update(body.subarray(86, -16)), decipher.final()])
  expect(plain.at(-1)).toBe(2)
  expect(JSON.parse(plain.subarray(0, -1).toString())).toMatchObject({
    title: '【一级告警】烟雾',
    stays: true,
  })

  const [, token = '', k = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(String(got?.headers.authorization)) ?? []
  const [head = '', claims = '', signature = ''] = token.split('.')
  const point = Buffer.from(k, 'base64url')
  const half = (start: number) => point.subarray(start, start + 32).toString('base64url')
  const publicKey = createPublicKey({
    key: { kty: 'EC', crv: 'P-256', x: half(1), y: half(33) },
    format: 'jwk',
  })
  const signed = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  expect(
    verify('sha256', Buffer.from(`${head}.${claims}`), signed, Buffer.from(signature, 'base64url')),
  ).toBe(true)
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
    aud: receiver.origin,
    exp: clock.now() / 1000 + 43_200,
    sub: 'mailto:it@school.example',
  })
  receiver.answers(() => ({ status: 410 }))
  expect(await sender.send(message, target, never)).toMatchObject({ ok: false, reason: 'gone', retry: false })
})

const plain = (port: number): SmtpOptions => ({
  ...{
    host: '127.0.0.1',
    port,
    security: 'none',
    login: undefined,
    ca: undefined,
    from: 'campus@school.example',
  },
})
const target = { address: 'li@school.example' }

test('a mail arrives, and a refused one is told apart from one that may do better later', async () => {
  await using server = await startMailServer({
    refuse: (address) =>
      ({
        'full@school.example': { code: 452, text: 'mailbox full' },
        'nobody@school.example': { code: 550, text: 'no such person' },
      })[address],
  })
  using sender = new EmailSender(plain(server.port))
  expect(await sender.send(message, target, never)).toEqual({ ok: true })
  expect(server.mails).toMatchObject([{ to: ['li@school.example'], secure: false }])
  expect(server.mails[0]?.text).toMatch(/^Message-ID: <job-1@school\.example>\r$/m)
  expect(await sender.send(message, { address: 'full@school.example' }, never)).toMatchObject({ retry: true })
  expect(await sender.send(message, { address: 'nobody@school.example' }, never)).toMatchObject({
    ...{ ok: false, retry: false, reason: 'refused' },
  })
})

test.each(['tls', 'starttls'] as const)(
  '%s: only to a server with the right certificate, and with a login',
  async (security) => {
    const { cert, key } = await testCertificate()
    await using server = await startMailServer({
      ...{ secure: security === 'tls', cert, key, disabledCommands: [], authOptional: false },
      onAuth: ({ username, password }, _session, done) =>
        done(username === 'campus' && password === 'hush' ? null : new Error('wrong'), { user: username }),
    })
    const options = { ...plain(server.port), host: 'localhost', security, ca: cert }
    using right = new EmailSender({ ...options, login: { user: 'campus', pass: 'hush' } })
    expect(await right.send(message, target, never)).toEqual({ ok: true })
    expect(server.mails).toMatchObject([{ secure: true }])
    using wrong = new EmailSender({ ...options, login: { user: 'campus', pass: 'guess' } })
    expect(await wrong.send(message, target, never)).toMatchObject({
      ok: false,
      retry: true,
      reason: 'refused',
    })
    using stranger = new EmailSender({ ...options, ca: undefined, login: { user: 'campus', pass: 'hush' } })
    expect(await stranger.send(message, target, never)).toMatchObject({ ok: false, retry: true })
    expect(server.mails).toHaveLength(1)
  },
)

test('without STARTTLS on the other side nothing is sent in the clear', async () => {
  await using server = await startMailServer()
  using sender = new EmailSender({ ...plain(server.port), security: 'starttls' })
  expect(await sender.send(message, target, never)).toMatchObject({ ok: false })
  expect(server.mails).toEqual([])
})

test('no mail server', async () => {
  const server = await startMailServer()
  await server[Symbol.asyncDispose]()
  using sender = new EmailSender(plain(server.port))
  expect(await sender.send(message, target, never)).toMatchObject({
    ok: false,
    retry: true,
    reason: 'unreachable',
  })
})
