import { expect, test } from 'vitest'
import type { GatewayConfiguration, Rollout } from '#contract/api/configuration.ts'
import type { ConfigContent, ConfigMessage, ConfigReport } from '#contract/configuration.ts'
import { jsonDigest } from '#lib/canonical-json.ts'
import { createLogger } from '#lib/logger.ts'
import { seedInventory, type TestApiOptions, testApi } from '../../tests/support/test-api.ts'
import { configRoutes } from './config-routes.ts'
import { ConfigService } from './config-service.ts'
import { rolloutRoutes } from './rollout-routes.ts'
import { RolloutService } from './rollout-service.ts'

const log = createLogger({ level: 'silent' })
const url = '/api/v1/gateways/school-a/config'
const headers = { authorization: 'Bearer good' }

/** The routes with gateways that are always there, and a check that wants every value of `outbox` to be good. */
async function start(options: Partial<TestApiOptions> = {}) {
  const sent: (ConfigMessage & { gateway: string })[] = []
  const parts: { configs?: ConfigService; rollouts?: RolloutService } = {}
  const check = (_own: ConfigContent, { outbox }: ConfigContent) =>
    JSON.stringify(outbox ?? {}).includes('bad')
      ? [{ path: 'outbox.diskBudget', message: 'expected a size' }]
      : []
  const api = await testApi({
    ...options,
    api: (scope, { db, clock }) => {
      const configs = new ConfigService({
        ...{ db, clock, log, check },
        send: async (gateway, message) => {
          sent.push({ gateway, ...message })
          return true
        },
      })
      const rollouts = new RolloutService({ db, configs, clock, log })
      Object.assign(parts, { configs, rollouts })
      const isGateway = async (id: string) => ['school-a', 'school-b'].includes(id)
      configRoutes(scope, { configs, isGateway })
      rolloutRoutes(scope, { rollouts, isGateway })
    },
  })
  for (const gateway of ['school-a', 'school-b']) await seedInventory(api.db, gateway)
  async function call<T>(method: 'GET' | 'PUT' | 'POST', path: string, body?: object, more: object = {}) {
    const payload = body === undefined ? {} : { payload: body }
    const answer = await api.app.inject({ method, url: path, headers: { ...headers, ...more }, ...payload })
    return { status: answer.statusCode, headers: answer.headers, body: answer.json<T>() }
  }
  async function say(
    gateway: string,
    version: number,
    content: ConfigContent,
    more: Partial<ConfigReport> = {},
  ) {
    const ref = { version, digest: jsonDigest(content) }
    const report: ConfigReport = {
      ...{ v: 1, kind: 'config', at: 1, ...ref, state: 'running', running: ref },
      ...more,
    }
    await parts.configs?.heard(gateway, report)
    await parts.rollouts?.heard(gateway, report)
  }
  return Object.assign(api, { sent, call, say })
}

const good = { outbox: { diskBudget: '1GB' } }

test('a version is stored with who and why, sent at once, and what became of it is shown', async () => {
  await using api = await start()
  expect((await api.call<GatewayConfiguration>('GET', url)).body).toMatchObject({ state: 'none', version: 0 })
  const put = await api.call<GatewayConfiguration>('PUT', url, {
    baseVersion: 0,
    comment: '扩容',
    content: good,
  })
  expect(put.status).toBe(200)
  expect(put.body).toMatchObject({
    ...{ version: 1, state: 'pending', content: good },
    desired: { comment: '扩容', by: { username: 'li', displayName: 'Li' } },
    changes: [{ path: 'outbox', op: 'added' }],
  })
  expect(api.sent).toMatchObject([
    { gateway: 'school-a', kind: 'desired', version: 1, digest: jsonDigest(good) },
  ])

  await api.say('school-a', 1, good, { own: { outbox: { commitEvery: '1s' } } })
  expect(api.sent.at(-1)).toMatchObject({ kind: 'noted', at: 1 })
  const { headers: answered, body } = await api.call<GatewayConfiguration>('GET', url)
  expect(answered.etag).toBe('"1"')
  expect(body).toMatchObject({ state: 'running', changes: [], reported: { version: 1, running: 1 } })
})

test('a gateway that tells of something else is given what is wanted, again with every report', async () => {
  await using api = await start()
  await api.call('PUT', url, { baseVersion: 0, content: good })
  api.sent.length = 0
  await api.say('school-a', 0, {})
  await api.say('school-a', 0, {})
  expect(api.sent.map(({ kind }) => kind)).toEqual(['noted', 'desired', 'noted', 'desired'])
  await api.say('school-a', 1, good)
  expect(api.sent.map(({ kind }) => kind).slice(4)).toEqual(['noted'])
})

test('the same content again is no new version, unless the gateway has given it up', async () => {
  await using api = await start()
  await api.call('PUT', url, { baseVersion: 0, content: good })
  const again = await api.call<GatewayConfiguration>('PUT', url, { baseVersion: 1, content: { ...good } })
  expect(again.body.version).toBe(1)
  await api.say('school-a', 1, good, { state: 'rolled-back', reason: 'no word' })
  const retried = await api.call<GatewayConfiguration>('PUT', url, { baseVersion: 1, content: good })
  expect(retried.body).toMatchObject({ version: 2, state: 'pending' })
})

test('what is wrong, late or unknown is refused, and nothing is stored or sent', async () => {
  await using api = await start()
  await api.call('PUT', url, { baseVersion: 0, content: good })
  api.sent.length = 0
  const bad = await api.call('PUT', url, { baseVersion: 1, content: { outbox: { diskBudget: 'bad' } } })
  expect(bad).toMatchObject({
    status: 422,
    body: { code: 'CONFIG_INVALID', details: [{ path: 'outbox.diskBudget', message: 'expected a size' }] },
  })
  const late = await api.call('PUT', url, { baseVersion: 0, content: {} })
  expect(late).toMatchObject({ status: 409, body: { code: 'CONFLICT', details: { version: 1 } } })
  expect(late.body).toMatchObject({ message: expect.stringContaining('Li has made version 1') })
  const other = await api.call('PUT', url, { baseVersion: 1, content: {} }, { 'if-match': '"7"' })
  expect(other).toMatchObject({ status: 400, body: { details: [{ path: 'header/if-match' }] } })
  const huge = await api.call('PUT', url, { baseVersion: 1, content: { a: 'x'.repeat(600_000) } })
  expect(huge.status).toBe(422)
  expect((await api.call('POST', `${url}/rollback`, { to: 9 })).status).toBe(404)
  expect((await api.call('GET', `${url}/versions/9`)).status).toBe(404)
  expect((await api.call('GET', '/api/v1/gateways/school-z/config')).status).toBe(404)
  expect((await api.call<GatewayConfiguration>('GET', url)).body.version).toBe(1)
  expect(api.sent).toEqual([])
})

test('an older version comes back as a new one, and the audit log has before and after', async () => {
  await using api = await start()
  await api.call('PUT', url, { baseVersion: 0, content: good })
  await api.call('PUT', url, { baseVersion: 1, content: { outbox: { diskBudget: '2GB' } } })
  const back = await api.call<GatewayConfiguration>('POST', `${url}/rollback`, { to: 1, comment: '恢复' })
  expect(back.body).toMatchObject({ version: 3, content: good, desired: { rollbackOf: 1, comment: '恢复' } })
  const rows = await api.db.selectFrom('audit').selectAll().orderBy('seq').execute()
  expect(rows.map(({ action, target }) => `${action} ${target}`)).toEqual([
    'config.put school-a',
    'config.put school-a',
    'config.rolled-back school-a',
  ])
  expect(rows[1]?.before_json).toContain('"version":1')
  expect(JSON.parse(rows[1]?.after_json ?? '')).toMatchObject({
    version: 2,
    changes: [{ path: 'outbox.diskBudget', before: '1GB', after: '2GB' }],
  })
})

test('a check says problems and differences and changes nothing', async () => {
  await using api = await start()
  const { body } = await api.call('POST', `${url}/check`, { content: { outbox: { diskBudget: 'bad' } } })
  expect(body).toMatchObject({ problems: [{ path: 'outbox.diskBudget' }], changes: [{ path: 'outbox' }] })
  expect((await api.call<GatewayConfiguration>('GET', url)).body.version).toBe(0)
})

test('who may not manage a gateway changes nothing of it; who does not see all of a roll-out sees none of it', async () => {
  await using reader = await start({ grants: [{ role: 'facilities' }] })
  expect((await reader.call('GET', url)).status).toBe(200)
  expect((await reader.call('PUT', url, { baseVersion: 0, content: good })).status).toBe(403)
  expect(
    (await reader.call('POST', '/api/v1/rollouts', { change: good, gateways: ['school-a'] })).status,
  ).toBe(403)
  await using stranger = await start({ grants: [{ role: 'admin', node: 'elsewhere' }] })
  expect((await stranger.call('GET', url)).status).toBe(404)
  expect(
    (await stranger.call('POST', '/api/v1/rollouts', { change: good, gateways: ['school-a'] })).status,
  ).toBe(404)
})

test('a roll-out gives the first its change, goes on after the soak, and stops at one that goes back', async () => {
  await using api = await start()
  const { body: begun } = await api.call<Rollout>('POST', '/api/v1/rollouts', {
    ...{ change: good, gateways: ['school-a', 'school-b'], stages: ['1'], soakS: 0, withinS: 60 },
  })
  expect(begun.gateways).toMatchObject([
    { state: 'sent', version: 1, stage: 1 },
    { state: 'waiting', stage: 2 },
  ])
  await api.say('school-a', 1, good)
  await api.say('school-b', 1, good, { state: 'rolled-back', reason: 'no word' })
  const { body } = await api.call<Rollout>('GET', `/api/v1/rollouts/${begun.id}`)
  expect(body).toMatchObject({ state: 'stopped', running: 1, failed: 1, reason: 'school-b rolled-back' })
  expect((await api.call<Rollout>('POST', `/api/v1/rollouts/${begun.id}/resume`)).body.state).toBe('done')
  expect((await api.call('POST', `/api/v1/rollouts/${begun.id}/pause`)).status).toBe(409)
  expect((await api.call('GET', '/api/v1/rollouts')).body).toMatchObject({
    items: [{ id: begun.id, total: 2 }],
  })
})

test('a gateway that somebody changes meanwhile is overtaken; one that says nothing is lost', async () => {
  await using api = await start()
  const gateways = ['school-a', 'school-b']
  const { body: begun } = await api.call<Rollout>('POST', '/api/v1/rollouts', {
    ...{ change: good, gateways, stages: ['2'], withinS: 60 },
  })
  await api.call('PUT', url, { baseVersion: 1, content: {} })
  await api.clock.advance(61_000)
  await api.call('POST', `/api/v1/rollouts/${begun.id}/pause`)
  await api.call('POST', `/api/v1/rollouts/${begun.id}/resume`)
  const { body } = await api.call<Rollout>('GET', `/api/v1/rollouts/${begun.id}`)
  expect(body.gateways).toMatchObject([
    { state: 'overtaken' },
    { state: 'lost', reason: 'said nothing within 60 s' },
  ])
  expect(body.state).toBe('stopped')
})
