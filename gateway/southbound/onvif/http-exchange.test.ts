import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { CameraSimulator } from '#simulators/onvif/camera-simulator.ts'
import { HttpExchange } from './http-exchange.ts'

async function serve(listener: RequestListener, host = '127.0.0.1') {
  const server = createServer(listener).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}/x?y=1`),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const credentials = { username: 'admin', password: 'pa"ss\\wörd' }
const usual = { method: 'GET', timeoutMs: 2_000, maxBytes: 10_000 } as const
const get = (url: URL, more: object = {}) =>
  new HttpExchange().run({ url, ...usual, signal: new AbortController().signal, ...more })

test('an answer without end is cut off', async () => {
  await using site = await serve((_, response) => {
    const more = () => {
      while (response.write('x'.repeat(1_000)));
    }
    response.on('drain', more)
    more()
  })
  await expect(get(site.url)).rejects.toMatchObject({
    failure: 'garbage',
    message: /longer than 10000 bytes/,
  })
})

test('an answer that drips is over when its time is', async () => {
  await using site = await serve((_, response) => {
    const timer = setInterval(() => response.write('x'), 50)
    response.on('close', () => clearInterval(timer))
  })
  const startedAt = performance.now()
  await expect(get(site.url, { timeoutMs: 400 })).rejects.toMatchObject({ failure: 'timeout' })
  expect(performance.now() - startedAt).toBeLessThan(1_500)
})

test('stopping does not wait for an answer', async () => {
  await using site = await serve(() => {})
  const stop = new AbortController()
  const asked = get(site.url, { signal: stop.signal, timeoutMs: 60_000 })
  setTimeout(() => stop.abort(), 50)
  await expect(asked).rejects.toMatchObject({ failure: 'unreachable' })
})

test('a password is never sent in clear', async () => {
  const seen: unknown[] = []
  await using site = await serve((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end()
  })
  await expect(get(site.url, { credentials })).rejects.toMatchObject({
    failure: 'credentials',
    message: expect.stringMatching(/asks for Basic, which would send the password in clear/),
  })
  expect(seen).toEqual([undefined])
})

test('a password with every kind of character fits, and its nonce is used again', async () => {
  await using camera = await CameraSimulator.start({ password: credentials.password })
  const url = new URL(`http://127.0.0.1:${camera.port}/snapshot.jpg`)
  const http = new HttpExchange()
  const ask = () => http.run({ url, ...usual, credentials, signal: new AbortController().signal })
  for (let i = 0; i < 3; i++) expect((await ask()).status).toBe(200)
  expect(camera.count('GET')).toBe(4)
})

test('works over IPv6', async () => {
  await using site = await serve((_, response) => response.end('six'), '::1')
  expect((await get(site.url)).body.toString()).toBe('six')
})

test('what is not http is not asked', async () => {
  await expect(get(new URL('https://127.0.0.1/x'))).rejects.toThrow(/only http is spoken here/)
})
