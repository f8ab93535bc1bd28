import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { ApiError, apiUrl, request } from './client.ts'

async function answering(status: number, body: string) {
  const server = createServer((_, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const real = globalThis.fetch
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => real(`http://127.0.0.1:${port}${path}`, init))
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('an error body becomes an ApiError with its code', async () => {
  await using _ = await answering(403, '{"code":"FORBIDDEN","message":"not yours"}')
  const error = await request('/x').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ code: 'FORBIDDEN', status: 403, message: 'not yours' })
})

test("an answer that is not the API's is told apart", async () => {
  await using _ = await answering(502, '<html>bad gateway</html>')
  await expect(request('/x')).rejects.toMatchObject({ code: 'UNEXPECTED', status: 502 })
})

test('a page instead of JSON is an error, not data', async () => {
  await using _ = await answering(200, '<html></html>')
  await expect(request('/x')).rejects.toMatchObject({ code: 'UNEXPECTED' })
})

test('no server is NETWORK, a cancelled request is not an error of the network', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')))
  await expect(request('/x')).rejects.toMatchObject({ code: 'NETWORK' })
  const left = new AbortController()
  left.abort()
  await expect(request('/x', { signal: left.signal })).rejects.not.toBeInstanceOf(ApiError)
})

test('a query leaves out what is empty and repeats what is a list', () => {
  expect(apiUrl('/telemetry', { point: ['a/b/c', 'd'], from: 1, q: '', to: undefined })).toBe(
    '/api/v1/telemetry?point=a%2Fb%2Fc&point=d&from=1',
  )
})
