import { mkdir, writeFile } from 'node:fs/promises'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { AppError } from '#contract/errors.ts'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { type App, answers, errorAnswers } from './app.ts'

const Echo = Type.Object(
  { n: Type.Integer({ minimum: 1 }), kind: Type.Union([Type.Literal('a'), Type.Literal('b')]) },
  { additionalProperties: false },
)
const page = { accept: 'text/html' }

function echoRoutes(api: App): void {
  const schema = { operationId: 'echo', tags: ['test'], summary: 'Echo', response: answers(Echo) }
  api.get('/echo', { schema: { ...schema, querystring: Echo } }, async ({ query }) => query)
  api.post(
    '/echo',
    { config: { audit: 'device.probed' }, schema: { ...schema, operationId: 'echoBody', body: Echo } },
    async ({ body }) => body,
  )
  api.get('/fails', { schema: { ...schema, operationId: 'fails' } }, async () => {
    throw new Error('SQLITE: secret table users at /srv/data')
  })
  api.get('/limited', { schema: { ...schema, operationId: 'limited' } }, async () => {
    throw new AppError('RATE_LIMITED', 'wait', { details: { retryAfterMs: 1_500 } })
  })
  api.get(
    '/admin',
    {
      config: { needs: 'organisation.change' },
      schema: { ...schema, operationId: 'admin', response: errorAnswers },
    },
    async () => {},
  )
}

test('a request with several wrong fields is told each of them', async () => {
  await using api = await testApi({ api: echoRoutes })
  const { status, body } = await api.get('/api/v1/echo?n=0&kind=c&extra=1')
  expect(status).toBe(400)
  expect(body).toMatchObject({
    code: 'BAD_REQUEST',
    details: expect.arrayContaining([
      { path: 'query/n', message: 'must be >= 1' },
      { path: 'query/kind', message: 'must be one of: a, b' },
      { path: 'query/extra', message: 'is not a known field' },
    ]),
  })
  const missing = await api.get('/api/v1/echo')
  expect(missing.body).toMatchObject({
    details: [
      { path: 'query/n', message: 'is required' },
      { path: 'query/kind', message: 'is required' },
    ],
  })
})

test('numbers are read from a query, but a body must mean what it says', async () => {
  await using api = await testApi({ api: echoRoutes })
  expect(await api.get('/api/v1/echo?n=5&kind=a')).toMatchObject({ status: 200, body: { n: 5, kind: 'a' } })
  const headers = { authorization: 'Bearer good' }
  const post = (payload: object) => api.app.inject({ method: 'POST', url: '/api/v1/echo', headers, payload })
  expect((await post({ n: 5, kind: 'a' })).statusCode).toBe(200)
  expect((await post({ n: '5', kind: 'a' })).statusCode).toBe(400)
  expect((await post({ n: 5, kind: 'a', extra: true })).json()).toMatchObject({
    details: [{ path: 'body/extra', message: 'is not a known field' }],
  })
})

test('what nobody foresaw shows the id of the request and nothing else; the log has the rest', async () => {
  const lines: string[] = []
  const log = createLogger({}, { write: (line) => void lines.push(line) })
  await using api = await testApi({ api: echoRoutes, log })
  const { status, body } = await api.get('/api/v1/fails')
  expect(status).toBe(500)
  expect(body).toMatchObject({
    code: 'INTERNAL',
    details: { request: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  })
  expect(JSON.stringify(body)).not.toMatch(/SQLITE|secret|srv/)
  const { request } = (body as { details: { request: string } }).details
  expect(lines.some((line) => line.includes(request) && line.includes('SQLITE: secret table'))).toBe(true)
})

test.each([
  ['not JSON', { payload: '{', headers: { 'content-type': 'application/json' } }, 400],
  ['another media type', { payload: 'x', headers: { 'content-type': 'text/csv' } }, 415],
  [
    'too large',
    { payload: `"${'x'.repeat(300_000)}"`, headers: { 'content-type': 'application/json' } },
    413,
  ],
])('a body that is %s is refused in the same form', async (_name, request, status) => {
  await using api = await testApi({ api: echoRoutes })
  const headers = { ...request.headers, authorization: 'Bearer good' }
  const answer = await api.app.inject({ method: 'POST', url: '/api/v1/echo', ...request, headers })
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ code: 'BAD_REQUEST', message: expect.any(String) })
})

test('an error that says when to come back sets Retry-After', async () => {
  await using api = await testApi({ api: echoRoutes })
  const { status, headers } = await api.get('/api/v1/limited')
  expect([status, headers['retry-after']]).toEqual([429, '2'])
})

test('without a valid session there is no answer; a cookie is as good as a bearer token', async () => {
  await using api = await testApi({ api: echoRoutes })
  const url = '/api/v1/echo?n=5&kind=a'
  expect(await api.get(url, {})).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  expect((await api.get(url, { authorization: 'Bearer stolen' })).status).toBe(401)
  expect((await api.get(url, { cookie: 'session=good' })).status).toBe(200)
  expect((await api.get('/api/v1/nothing', {})).status).toBe(401)
  expect(await api.get('/api/v1/nothing')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
})

test('a route that needs a permission refuses those who do not have it', async () => {
  await using api = await testApi({ api: echoRoutes, grants: [{ role: 'guard' }] })
  expect(await api.get('/api/v1/admin')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
})

test('a page of somebody else cannot use the cookie to change something', async () => {
  await using api = await testApi({ api: echoRoutes, server: { origins: ['https://dev.example'] } })
  const post = async (
    origin: string | undefined,
    headers: Record<string, string> = { cookie: 'session=good' },
  ) => {
    const all = { ...headers, host: 'campus.example', ...(origin === undefined ? {} : { origin }) }
    const payload = { n: 5, kind: 'a' }
    return (await api.app.inject({ method: 'POST', url: '/api/v1/echo', headers: all, payload })).statusCode
  }
  expect(await post('http://evil.example')).toBe(403)
  expect(await post('null')).toBe(403)
  expect(await post('http://campus.example')).toBe(200)
  expect(await post('https://dev.example')).toBe(200)
  expect(await post(undefined)).toBe(200)
  expect(await post('http://evil.example', { authorization: 'Bearer good' })).toBe(200)
})

test('every answer forbids sniffing, framing and running; the API is not cached', async () => {
  await using api = await testApi({ api: echoRoutes })
  for (const url of ['/api/v1/echo?n=5&kind=a', '/api/v1/nothing', '/health', '/nothing']) {
    const { headers } = await api.get(url)
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
  }
  expect((await api.get('/api/v1/echo?n=5&kind=a')).headers['cache-control']).toBe('no-store')
})

test('health answers; ready names what is not', async () => {
  const checks = [
    { part: 'state store', check: async () => undefined },
    { part: 'telemetry store', check: () => Promise.reject(new Error('disk full')) },
  ]
  await using api = await testApi({ api: echoRoutes, checks })
  expect(await api.get('/health', {})).toMatchObject({ status: 200, body: { status: 'ok' } })
  expect(await api.get('/ready', {})).toMatchObject({
    status: 503,
    body: { ready: false, reasons: [{ part: 'telemetry store', reason: 'disk full' }] },
  })
  await using fine = await testApi({ api: echoRoutes })
  expect(await fine.get('/ready', {})).toMatchObject({ status: 200, body: { ready: true, reasons: [] } })
  expect((await fine.get('/metrics', {})).status).toBe(200)
})

test('without a built console a person is told what to do and a program gets an error', async () => {
  await using api = await testApi({ api: echoRoutes })
  const person = await api.get('/devices', page)
  expect(person.status).toBe(503)
  expect(person.body).toContain('npm run build:console')
  expect(await api.get('/devices', { accept: 'application/json' })).toMatchObject({
    status: 404,
    body: { code: 'NOT_FOUND' },
  })
})

test('every page address leads to the console, each with a nonce of its own; files with a hash are cached for good', async () => {
  await using folder = await tempFolder()
  await mkdir(folder.file('assets'))
  await writeFile(
    folder.file('index.html'),
    '<html><style nonce="__CSP_NONCE__"></style><meta nonce="__CSP_NONCE__"></html>',
  )
  await writeFile(folder.file('assets/index-4f3a.js'), 'let a')
  await writeFile(folder.file('icon.svg'), '<svg/>')
  await using api = await testApi({ api: echoRoutes, server: { consoleFolder: folder.path } })

  const nonces = new Set<string>()
  for (const url of ['/', '/index.html', '/devices/school-a/meter-1', '/devices?q=x']) {
    const { status, headers, body } = await api.get(url, page)
    const nonce = /nonce="([^"]+)"/.exec(String(body))?.[1] ?? ''
    expect([status, String(headers['content-type']), headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ])
    expect(headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`)
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(String(body)).not.toContain('__CSP_NONCE__')
    nonces.add(nonce)
  }
  expect(nonces.size).toBe(4)

  expect((await api.get('/assets/index-4f3a.js', page)).headers['cache-control']).toBe(
    'public, max-age=31536000, immutable',
  )
  expect((await api.get('/icon.svg', page)).headers['cache-control']).toBe('no-cache')
  expect((await api.get('/assets/index-old.js', page)).status).toBe(404)
  expect((await api.get('/../../package.json', page)).body).not.toContain('smart-campus')
  expect((await api.get('/api/v1/nothing', { ...page, authorization: 'Bearer good' })).status).toBe(404)
})

test('the API describes itself', async () => {
  await using api = await testApi({ api: echoRoutes })
  const { body } = await api.get('/api/v1/openapi.json', {})
  expect(body).toMatchObject({
    openapi: '3.1.0',
    paths: { '/api/v1/echo': { get: { operationId: 'echo' } } },
  })
  expect(await api.get('/api/docs/', {})).toMatchObject({ status: 200 })
})

test('a route with something in its path has to say what it is about', async () => {
  let error: unknown
  await using _api = await testApi({
    api: (api) => {
      try {
        api.get('/things/:id', async () => 1)
      } catch (thrown) {
        error = thrown
      }
    },
  })
  expect(String(error)).toContain('GET /api/v1/things/:id does not say what it is about')
})
