import { expect, test } from 'vitest'
import type { Role } from '#contract/permissions.ts'
import type { Question, ReplyBody, Request } from '#contract/request.ts'
import { createLogger } from '#lib/logger.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { commissioningRoutes } from './commissioning-routes.ts'
import { GatewayRequests } from './gateway-requests.ts'

type Answer = (question: Question) => ReplyBody | undefined

function start(answer: Answer, role: Role = 'facilities') {
  let isThere = true
  return testApi({
    grants: [{ role }],
    api: (api, { clock }) => {
      const requests: GatewayRequests = new GatewayRequests({
        clock,
        clockOffsetMs: async () => 0,
        send: async (gateway, request: Request) => {
          const body = answer(request)
          if (body === undefined) return false
          if (request.kind === 'remove-device') isThere = false
          queueMicrotask(() =>
            requests.reply(gateway, { v: 1, id: request.id, part: 0, last: true, ok: true, body }),
          )
          return true
        },
      })
      commissioningRoutes(api, {
        ...{ requests, clock, log: createLogger({ level: 'silent' }) },
        isGateway: async (id) => id === 'school-a',
        device: async () => (isThere ? { title: 'M 1' } : undefined),
      })
    },
  })
}

const headers = { authorization: 'Bearer good' }
const post = { method: 'POST', headers } as const

test.each(['guard', 'bureau'] as const)('a %s may look at the lines and change nothing', async (role) => {
  await using api = await start(() => ({ kind: 'buses', buses: [] }), role)
  expect(await api.get('/api/v1/gateways/school-a/buses')).toMatchObject({ status: 200, body: { items: [] } })
  const payload = { device: {} }
  for (const [method, url] of [
    ['GET', 'profiles'],
    ['GET', 'proposals'],
    ['POST', 'scan'],
    ['POST', 'probe'],
    ['POST', 'devices'],
    ['PATCH', 'devices/m-1'],
    ['DELETE', 'devices/m-1'],
  ] as const) {
    const answer = await api.app.inject({ method, headers, url: `/api/v1/gateways/school-a/${url}`, payload })
    expect([url, answer.statusCode]).toEqual([url, 403])
  }
})

test('a gateway that is away is a clear answer, and so is one that does not exist', async () => {
  await using api = await start(() => undefined)
  const away = await api.get('/api/v1/gateways/school-a/profiles')
  expect(away).toMatchObject({ status: 503, body: { code: 'GATEWAY_OFFLINE' } })
  const none = await api.get('/api/v1/gateways/school-z/profiles')
  expect(none).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
})

test('a scan is followed by its id, by whoever asks about this gateway', async () => {
  const unit = { unit: 3, answered: true }
  await using api = await start(() => ({ kind: 'scan', done: 4, total: 4, units: [unit] }))
  const payload = { bus: 'plant', first: 1, last: 4 }
  const begun = await api.app.inject({ ...post, url: '/api/v1/gateways/school-a/scan', payload })
  expect(begun.statusCode).toBe(202)
  const scan = await api.get(String(begun.headers.location))
  expect(scan.body).toMatchObject({ state: 'done', done: 4, total: 4, units: [unit] })
  const wrong = { ...payload, last: 0 }
  expect(
    (await api.app.inject({ ...post, url: '/api/v1/gateways/school-a/scan', payload: wrong })).statusCode,
  ).toBe(400)
})

test('what was done to devices is in the audit log with what was there before, and without passwords', async () => {
  await using api = await start(() => ({ kind: 'device', device: 'm-1' }))
  const url = '/api/v1/gateways/school-a/devices'
  const device = { id: 'm-1', profile: 'a.b', password: 'hush' }
  await api.app.inject({ ...post, url, payload: { device } })
  await api.app.inject({ ...post, method: 'PATCH', url: `${url}/m-1`, payload: { title: { en: 'New' } } })
  await api.app.inject({ ...post, method: 'DELETE', url: `${url}/m-1` })
  await api.app.inject({ ...post, url: '/api/v1/gateways/school-z/devices', payload: { device } })
  const rows = (await api.audit.search({ limit: 9 })).toReversed()
  expect(rows.map(({ action, target, before, outcome }) => [action, target, before, outcome])).toEqual([
    ['device.added', 'school-a/m-1', '', 'ok'],
    ['device.updated', 'school-a/m-1', '{"title":"M 1"}', 'ok'],
    ['device.removed', 'school-a/m-1', '{"title":"M 1"}', 'ok'],
    ['device.added', 'school-z/m-1', '', 'NOT_FOUND'],
  ])
  expect(rows.map(({ after }) => after)).toEqual([
    '{"id":"m-1","profile":"a.b","password":"[redacted]"}',
    '{"title":{"en":"New"}}',
    '',
    '{"id":"m-1","profile":"a.b","password":"[redacted]"}',
  ])
})

test('adding answers with the device as the inventory knows it', async () => {
  await using api = await start(() => ({ kind: 'device', device: 'm-1' }))
  const payload = { device: { id: 'm-1', profile: 'a.b', anything: { goes: ['on'] } } }
  const added = await api.app.inject({ ...post, url: '/api/v1/gateways/school-a/devices', payload })
  expect([added.statusCode, added.json()]).toEqual([201, { id: 'school-a/m-1' }])
})

test('the last errors of a device are asked of its gateway, by whoever may look', async () => {
  const error = { kind: 'payload_refused', place: 'z/lux-1', text: 'not-json', count: 3 } as const
  const asked: Question[] = []
  await using api = await start((question) => {
    asked.push(question)
    return { kind: 'device-errors', since: 1_000, errors: [{ ...error, firstAt: 2_000, lastAt: 3_000 }] }
  }, 'guard')
  expect(await api.get('/api/v1/devices/school-a/lux-1/errors')).toMatchObject({
    status: 200,
    body: {
      since: '1970-01-01T00:00:01.000Z',
      items: [{ ...error, firstAt: '1970-01-01T00:00:02.000Z', lastAt: '1970-01-01T00:00:03.000Z' }],
    },
  })
  expect(asked).toMatchObject([{ kind: 'device-errors', device: 'lux-1' }])
})
