import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import type { App } from '#cloud/http/app.ts'
import { createAuthority } from '#cloud/tls/certificates.ts'
import type { Enrolment, EnrolmentToken, IssuedCertificate } from '#contract/api/enrolment.ts'
import type { Grant } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import { createLogger } from '#lib/logger.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { type TestKey, testCsr, testKey } from '../../tests/support/test-csr.ts'
import { Admission, type PresentedCertificate } from './admission.ts'
import { enrolmentRoutes, type Throttle } from './enrolment-routes.ts'
import { EnrolmentService, type StolenToken } from './enrolment-service.ts'

const hour = 3_600_000
const day = 24 * hour
const fingerprint = 'ab'.repeat(32)

/** A wait of a second after five refusals, for everybody. */
function afterFive(): Throttle {
  let failures = 0
  let until = 0
  return {
    waitMs: (_key, now) => Math.max(0, until - now),
    begin: () => {},
    abandoned: () => {},
    succeeded: () => {
      failures = 0
    },
    failed: (_key, now) => {
      failures++
      if (failures >= 5) until = now + 1_000
    },
  }
}

async function start(grants?: readonly Grant[]) {
  const stolen: StolenToken[] = []
  const cuts: string[] = []
  const settled: string[] = []
  let presented: PresentedCertificate | undefined
  const authority = await createAuthority('test', Date.UTC(2026, 0, 5))
  const api = await testApi({
    ...(grants === undefined ? {} : { grants }),
    api: (app, { db, clock }) => {
      const enrolment = new EnrolmentService({
        ...{ db, clock, authority, caFingerprint: fingerprint },
        log: createLogger({ level: 'silent' }),
        tokenLifetimeMs: day,
        certificateLifetimeMs: 30 * day,
        cut: (gateway, reason) => cuts.push(`${gateway} ${reason}`),
        onStolen: async (one) => void stolen.push(one),
        onAdded: async () => {},
        onSettled: (gateway) => settled.push(gateway),
      })
      enrolmentRoutes(app, {
        enrolment,
        throttle: afterFive(),
        now: () => clock.now(),
        gatewayUrl: (host) => `mqtts://${host}:8883`,
        certificateOf: () => {
          if (presented === undefined) throw new AppError('UNAUTHENTICATED', 'no certificate')
          return presented
        },
      })
    },
  })
  const token = await post<EnrolmentToken>(api.app, '/gateways', { id: 'school-a', title: { zh: '一中' } })
  return {
    ...{ api, stolen, cuts, settled, token },
    admission: new Admission(api),
    present: (certificate: PresentedCertificate | undefined) => {
      presented = certificate
    },
    enrol: (csr: string, code = token.body.enrolmentToken) =>
      post<IssuedCertificate>(api.app, '/enrol', { token: code, csr }),
    renew: (csr: string) => post<IssuedCertificate>(api.app, '/enrol/renewal', { csr }),
    view: async () => (await api.get('/api/v1/gateways/school-a/enrolment')).body as Enrolment,
    audit: async () =>
      (await api.audit.search({ limit: 50 })).map(
        ({ action, outcome, target }) => `${action} ${outcome} ${target}`,
      ),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}

async function post<T>(app: App, url: string, payload?: object, headers = { authorization: 'Bearer good' }) {
  const answer = await app.inject({
    method: 'POST',
    url: `/api/v1${url}`,
    headers,
    ...(payload === undefined ? {} : { payload }),
  })
  return {
    status: answer.statusCode,
    body: answer.json() as T & { code?: string; message?: string; details?: unknown },
  }
}

const csrOf = (key: TestKey, name = 'school-a') => testCsr(`CN=${name}`, key)

test('a gateway that is added gets its token once; the store holds only a hash of it', async () => {
  await using site = await start()
  const { status, body } = site.token
  expect(status).toBe(200)
  expect(body).toMatchObject({ id: 'school-a', url: 'mqtts://localhost:8883', caFingerprint: fingerprint })
  expect(body.code).toBe(`mqtts://localhost:8883/${body.enrolmentToken}/${fingerprint}`)
  expect(body.enrolmentToken).toMatch(/^[\w-]{43}$/)
  expect(
    JSON.stringify(await site.api.db.selectFrom('enrolment_tokens').selectAll().execute()),
  ).not.toContain(body.enrolmentToken)
  expect(await site.view()).toMatchObject({ state: 'waiting', token: { expiresAt: body.expiresAt } })
  expect(await site.audit()).toEqual(['gateway.added ok school-a'])
  const twice = await post(site.api.app, '/gateways', { id: 'school-a' })
  expect(twice).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
})

test.each([
  [{ id: 'School A' }, 'body/id'],
  [{ id: 'school-b', place: 'nowhere' }, 'body/place'],
  [{ id: 'school-b', place: 'city' }, 'body/place'],
])('a gateway that can not be is refused by field: %j', async (draft, path) => {
  await using site = await start()
  await site.api.db.insertInto('tree_nodes').values({ id: 'city', kind: 'bureau', position: 0 }).execute()
  const answer = await post(site.api.app, '/gateways', draft)
  expect(answer).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST', details: [{ path }] } })
})

test('the certificate is for the gateway, for signing in, and as long as is configured', async () => {
  await using site = await start()
  const { status, body } = await site.enrol(await csrOf(await testKey()))
  expect(status).toBe(200)
  const certificate = new X509Certificate(body.certificate)
  expect(certificate.subject).toBe('CN=school-a')
  expect(certificate.serialNumber).toBe(body.serial)
  expect(certificate.ca).toBe(false)
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  expect(certificate.validToDate.getTime() - site.api.clock.now()).toBe(30 * day)
  expect(await site.view()).toMatchObject({
    state: 'enrolled',
    certificate: { serial: body.serial, renewed: false, validUntil: body.validUntil },
  })
  expect(await site.audit()).toContain('gateway.enrolled ok school-a')
  const [row] = await site.api.audit.search({ limit: 1 })
  expect(row?.address).toBe('127.0.0.1')
  expect(row?.after).toContain(body.serial)
})

test('the same token with the same key gives the same certificate: the answer may be lost', async () => {
  await using site = await start()
  const csr = await csrOf(await testKey())
  const first = await site.enrol(csr)
  await site.api.clock.advance(23 * hour)
  expect((await site.enrol(csr)).body).toMatchObject({
    serial: first.body.serial,
    certificate: first.body.certificate,
  })
  await site.api.clock.advance(2 * hour)
  expect(await site.enrol(csr)).toMatchObject({ status: 403, body: { details: { reason: 'expired' } } })
  expect(site.stolen).toEqual([])
})

test('many at once with one token and different keys: one gets a certificate, the others are told of', async () => {
  await using site = await start()
  const csrs = await Promise.all(Array.from({ length: 5 }, async () => csrOf(await testKey())))
  const answers = await Promise.all(csrs.map((csr) => site.enrol(csr)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403])
  expect(site.stolen).toHaveLength(4)
  expect(site.stolen[0]).toMatchObject({ gateway: 'school-a', second: '127.0.0.1' })
  expect(await site.api.db.selectFrom('gateway_certificates').selectAll().execute()).toHaveLength(1)
})

test('a token that is wrong, late or replaced gives nothing, with the reason', async () => {
  await using site = await start()
  const csr = await csrOf(await testKey())
  expect(await site.enrol(csr, 'x')).toMatchObject({
    status: 403,
    body: { code: 'ENROLMENT_REFUSED', details: { reason: 'unknown' } },
  })
  const next = await post<EnrolmentToken>(site.api.app, '/gateways/school-a/enrolment-token')
  expect(await site.enrol(csr)).toMatchObject({ status: 403, body: { details: { reason: 'replaced' } } })
  await site.api.clock.advance(day)
  expect(await site.enrol(csr, next.body.enrolmentToken)).toMatchObject({
    body: { details: { reason: 'expired' } },
  })
  expect(await site.view()).toMatchObject({ state: 'lapsed' })
  expect(await site.audit()).toContain('gateway.enrolment-refused ENROLMENT_REFUSED school-a')
})

test.each([
  ['no request', async () => 'hello', /is no PKCS #10/],
  ['an RSA key', async () => testCsr('CN=school-a', await testKey('rsa')), /expected EC P-256/],
  [
    'another gateway',
    async () => testCsr('CN=school-b', await testKey()),
    /is for school-b, but this is for school-a/,
  ],
])('%s as csr is refused by field and does not spend the token', async (_what, make, message) => {
  await using site = await start()
  const answer = await site.enrol(await make())
  expect(answer).toMatchObject({ status: 400, body: { details: [{ path: 'body/csr' }] } })
  expect(answer.body.message).toMatch(message)
  expect((await site.enrol(await csrOf(await testKey()))).status).toBe(200)
})

test('too much is refused before it is read', async () => {
  await using site = await start()
  expect((await site.enrol('x'.repeat(9_000))).status).toBe(400)
  expect((await site.enrol('x'.repeat(40_000))).status).toBe(413)
})

test('an address that is refused again and again has to wait, and is told how long', async () => {
  await using site = await start()
  const csr = await csrOf(await testKey())
  for (let attempt = 0; attempt < 5; attempt++) await site.enrol(csr, 'x')
  const answer = await site.enrol(csr, 'x')
  expect(answer).toMatchObject({
    status: 429,
    body: { code: 'RATE_LIMITED', details: { retryAfterMs: 1_000 } },
  })
  await site.api.clock.advance(1_000)
  expect((await site.enrol(csr)).status).toBe(200)
})

test('a certificate is renewed for itself; the one before is good until the next is used', async () => {
  await using site = await start()
  const first = (await site.enrol(await csrOf(await testKey()))).body
  const one = { gateway: 'school-a', serial: first.serial }
  const key = await testKey()
  expect(await site.renew(await csrOf(key))).toMatchObject({ status: 401 })
  site.present(one)
  await site.api.clock.advance(20 * day)
  const second = (await site.renew(await csrOf(key))).body
  expect((await site.renew(await csrOf(key))).body.serial).toBe(second.serial)
  expect(await site.view()).toMatchObject({ certificate: { serial: second.serial, renewed: true } })
  const two = { gateway: 'school-a', serial: second.serial }
  expect(await site.admission.admit(one)).toBe('good')
  expect(await site.admission.admit(two)).toBe('good')
  expect(await site.admission.admit(one)).toBe('superseded')
  expect(await site.renew(await csrOf(await testKey()))).toMatchObject({
    status: 403,
    body: { details: { reason: 'superseded' } },
  })
  expect(await site.audit()).toContain('gateway.renewed ok school-a')
  expect(await site.audit()).toContain('gateway.renewal-refused ENROLMENT_REFUSED school-a')
})

test('a certificate of one gateway never counts for another, nor past its time', async () => {
  await using site = await start()
  const { serial } = (await site.enrol(await csrOf(await testKey()))).body
  expect(await site.admission.admit({ gateway: 'school-b', serial })).toBe('foreign')
  expect(await site.admission.admit({ gateway: 'school-a', serial: 'FF' })).toBe('unknown')
  site.present({ gateway: 'school-a', serial })
  expect((await site.renew(await csrOf(await testKey(), 'school-b'))).status).toBe(400)
  await site.api.clock.advance(30 * day)
  expect(await site.admission.admit({ gateway: 'school-a', serial })).toBe('expired')
  expect(await site.view()).toMatchObject({ state: 'expired' })
})

test('a revoked gateway is cut off, its certificates and tokens are void, and a new token lets it in again', async () => {
  await using site = await start()
  const key = await testKey()
  const { serial } = (await site.enrol(await csrOf(key))).body
  const certificate = { gateway: 'school-a', serial }
  const connected = [{ gateway: 'school-a', certificate }]
  expect(await site.admission.notGood(connected)).toEqual([])
  const revoked = await post<Enrolment>(site.api.app, '/gateways/school-a/revoke')
  expect(revoked.body).toMatchObject({
    state: 'revoked',
    certificate: { serial, revokedAt: expect.any(String) },
  })
  expect(site.cuts).toEqual(['school-a revoked'])
  expect(site.settled).toEqual(['school-a'])
  expect(await site.admission.admit(certificate)).toBe('revoked')
  expect(await site.admission.notGood(connected)).toEqual([{ gateway: 'school-a', verdict: 'revoked' }])
  expect(await site.enrol(await csrOf(key))).toMatchObject({
    status: 403,
    body: { details: { reason: 'replaced' } },
  })
  site.present(certificate)
  expect(await site.renew(await csrOf(await testKey()))).toMatchObject({
    status: 403,
    body: { details: { reason: 'revoked' } },
  })

  const next = await post<EnrolmentToken>(site.api.app, '/gateways/school-a/enrolment-token')
  expect(await site.view()).toMatchObject({ state: 'waiting' })
  expect((await site.enrol(await csrOf(await testKey()), next.body.enrolmentToken)).status).toBe(200)
  expect(await site.view()).toMatchObject({ state: 'enrolled' })
  expect(await site.admission.admit(certificate)).toBe('revoked')
})

test('revoking a gateway of the configuration makes its token void for good', async () => {
  await using site = await start()
  await site.api.db
    .insertInto('gateways')
    .values({ id: 'old', token_hash: 'aa', created_at: 0, connected: 1 })
    .execute()
  const connected = [{ gateway: 'old', certificate: undefined }]
  expect(await site.admission.notGood(connected)).toEqual([])
  expect(await site.api.get('/api/v1/gateways/old/enrolment')).toMatchObject({ body: { state: 'token' } })
  await post(site.api.app, '/gateways/old/revoke')
  expect(await site.admission.notGood(connected)).toEqual([{ gateway: 'old', verdict: 'revoked' }])
  expect(await site.api.get('/api/v1/gateways/old/enrolment')).toMatchObject({ body: { state: 'revoked' } })
})

test('managing gateways needs the permission at the place, and what one may not see does not exist', async () => {
  await using site = await start([{ role: 'admin', node: 'campus-b' }, { role: 'bureau' }])
  // It stands nowhere: the caller may see it as an official everywhere, and manage nothing outside of campus-b.
  await site.api.db
    .insertInto('gateways')
    .values({ id: 'school-c', token_hash: '', created_at: 0, connected: 0 })
    .execute()
  for (const [url, body] of [
    ['/gateways', { id: 'school-d' }],
    ['/gateways/school-c/enrolment-token', undefined],
    ['/gateways/school-c/revoke', undefined],
  ] as const)
    expect(await post(site.api.app, url, body)).toMatchObject({ status: 403 })
  expect((await site.api.get('/api/v1/gateways/school-c/enrolment')).status).toBe(200)
})
