import { request } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import { expect, test, vi } from 'vitest'
import { upTopic } from '#contract/topics.ts'
import { createTestAuthority, testIdentity } from '../../tests/support/test-identity.ts'
import { batchOf, startTestIngest, tokenOf } from '../../tests/support/test-ingest.ts'
import type { Login, LoginVerdict } from './message-source.ts'

// Real sockets and fsyncs, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const epoch = 1_700_000_000 * 65_536
const withoutToken = { password: '' }

/** Ingest that lets in whoever has a certificate, and keeps what it was asked. */
async function start(verdict: LoginVerdict = 'welcome') {
  const authority = await createTestAuthority()
  const logins: Login[] = []
  const ingest = await startTestIngest({
    clientCa: authority.cert,
    authenticate: async (login) => {
      logins.push(login)
      if (login.certificate !== undefined) return verdict
      return login.token === tokenOf(login.gateway) ? 'welcome' : 'unknown'
    },
  })
  return Object.assign(ingest, { authority, logins })
}

test('a gateway signs in by its certificate, and who is connected is known with it', async () => {
  await using ingest = await start()
  const { serial, ...identity } = await testIdentity(ingest.authority, 'school-a')
  await using gateway = await ingest.connect('school-a', { ...identity, ...withoutToken })
  await gateway.publish('live', batchOf(epoch, 1))
  await gateway.acknowledged({ stream: 'telemetry', epoch, firstSeq: 1, lastSeq: 1 })
  const certificate = { gateway: 'school-a', serial }
  expect(ingest.logins).toEqual([{ gateway: 'school-a', token: '', certificate }])
  expect(ingest.connected()).toEqual([{ gateway: 'school-a', certificate }])
})

test('the certificate of one gateway never acts as another, whatever name and token come with it', async () => {
  await using ingest = await start()
  await using victim = await ingest.connect('school-b')
  const { serial: _, ...identity } = await testIdentity(ingest.authority, 'school-a')
  await expect(ingest.connect('school-b', { ...identity, ...withoutToken })).rejects.toMatchObject({
    code: 4,
  })
  await expect(ingest.connect('school-b', identity)).rejects.toMatchObject({ code: 4 })
  await using forger = await ingest.connect('school-a', identity)
  forger.client
    .publishAsync(upTopic('school-b', 'live'), Buffer.from(batchOf(epoch, 1)), { qos: 1 })
    .catch(() => {})
  await forger.closed
  expect(victim.client.connected).toBe(true)
  expect(await ingest.count('campus_gateway_refused_total', { what: 'login' })).toBe(2)
})

test.each([
  ['of another authority', async () => testIdentity(await createTestAuthority(), 'school-a')],
  [
    'that has expired',
    async (ingest: Awaited<ReturnType<typeof start>>) =>
      testIdentity(ingest.authority, 'school-a', { now: Date.now() - 10_000, lifetimeMs: 5_000 }),
  ],
])('a certificate %s is refused, also with the right token', async (_what, make) => {
  await using ingest = await start()
  const { serial: _, ...identity } = await make(ingest)
  await expect(ingest.connect('school-a', identity)).rejects.toMatchObject({ code: 5 })
  expect(ingest.logins).toEqual([])
})

test('who may not connect any more hears another refusal than who is not known', async () => {
  await using ingest = await start('revoked')
  const { serial: _, ...identity } = await testIdentity(ingest.authority, 'school-a')
  await expect(ingest.connect('school-a', identity)).rejects.toMatchObject({ code: 5 })
})

test('a gateway is cut off at once, others are not, and it may ask to come back', async () => {
  await using ingest = await start()
  await using other = await ingest.connect('school-b')
  const { serial: _, ...identity } = await testIdentity(ingest.authority, 'school-a')
  await using gateway = await ingest.connect('school-a', identity)
  ingest.cut('school-a', 'revoked')
  ingest.cut('nobody', 'revoked')
  await gateway.closed
  expect(other.client.connected).toBe(true)
  expect(ingest.connected().map((one) => one.gateway)).toEqual(['school-b'])
  await using again = await ingest.connect('school-a', identity)
  expect(again.client.connected).toBe(true)
})

test('a client that speaks HTTP is turned away where nobody serves it', async () => {
  await using ingest = await start()
  const answer = new Promise((resolve, reject) => {
    const options: ConnectionOptions = { ca: ingest.ca, ALPNProtocols: ['http/1.1'] }
    const asked = request({ host: '127.0.0.1', port: ingest.port, ...options }, resolve)
    asked.on('error', reject)
    asked.end()
  })
  await expect(answer).rejects.toThrow(/hang up|ECONNRESET/)
})
