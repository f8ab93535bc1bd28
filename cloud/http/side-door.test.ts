import { once } from 'node:events'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, createServer, type TLSSocket } from 'node:tls'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { testApi } from '../../tests/support/test-api.ts'
import { testCertificate } from '../../tests/support/test-certificate.ts'
import { answers } from './app.ts'
import { SideDoor } from './side-door.ts'

/** A server with two open routes, one of which may be reached by another port too. */
async function start(isHttps: boolean) {
  await using parts = new AsyncDisposableStack()
  const certificate = await testCertificate()
  const sideDoor = new SideDoor(['/api/v1/allowed'])
  const api = parts.use(
    await testApi({
      server: { sideDoor, trustProxy: true, ...(isHttps ? { tls: certificate } : {}) },
      api: (app) => {
        for (const path of ['/allowed', '/other'])
          app.get(
            path,
            {
              config: { public: true },
              schema: { operationId: path.slice(1), response: answers(Type.String()) },
            },
            async (asked) => `${asked.ip} ${asked.protocol} ${sideDoor.socketOf(asked) !== undefined}`,
          )
      },
    }),
  )
  const sockets = new Set<TLSSocket>()
  const door = createServer({ ...certificate, ALPNProtocols: ['http/1.1'] }, (socket) => {
    sockets.add(socket)
    sideDoor.admit(api.app, socket)
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  parts.defer(() => {
    for (const socket of sockets) socket.destroy()
    door.close()
  })
  const { port } = door.address() as AddressInfo
  const owned = parts.move()
  return {
    api,
    async ask(path: string, headers: Readonly<Record<string, string>> = {}) {
      const trust: ConnectionOptions = { ca: certificate.cert, ALPNProtocols: ['http/1.1'] }
      const asked = request({ ...{ host: '127.0.0.1', port, path, headers, agent: false }, ...trust })
      asked.end()
      const [response] = await once(asked, 'response')
      let text = ''
      for await (const chunk of response) text += chunk
      return { status: response.statusCode as number, text }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test.each([
  ['http', false],
  ['https', true],
])(
  'beside a server that speaks %s, the door leads to its own paths and nowhere else',
  async (_name, isHttps) => {
    await using site = await start(isHttps)
    expect(await site.ask('/api/v1/allowed?x=1')).toEqual({ status: 200, text: '127.0.0.1 https true' })
    for (const path of [
      '/api/v1/other',
      '/',
      '/metrics',
      '/health',
      '/api/v1/openapi.json',
      '/api/v1/allowed/../other',
    ]) {
      const answer = await site.ask(path)
      expect([path, answer.status, answer.text]).toEqual([path, 404, expect.stringContaining('NOT_FOUND')])
    }
  },
)

test('what a client says of a proxy is not believed at the door, which has none before it', async () => {
  await using site = await start(false)
  const forged = { 'x-forwarded-for': '10.9.8.7', 'x-forwarded-proto': 'http' }
  expect((await site.ask('/api/v1/allowed', forged)).text).toBe('127.0.0.1 https true')
  const direct = await site.api.app.inject({ url: '/api/v1/allowed', headers: forged })
  expect(direct.body).toBe('10.9.8.7 http false')
})
