import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { telemetryStoreSuite } from '#cloud/telemetry/telemetry-store.suite.ts'
import type { GatewaySamples, TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { columnsOf } from '#contract/columns.ts'
import { qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import { createLogger } from '#lib/logger.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { type InfluxDb, startInfluxDb } from '../../../tests/support/influxdb.ts'
import { describeWith } from '../../../tests/support/servers.ts'
import { openInfluxTelemetryStore } from './influx-telemetry-store.ts'
import { linesOf } from './lines.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const log = createLogger({ level: 'silent' })
const t0 = Date.UTC(2026, 2, 1)
const all = { from: 0, to: 4e12 }

function open(url: string, database = `d${randomUUID()}`): TelemetryStore {
  return openInfluxTelemetryStore({ url, database, timeoutMs: 5_000, log })
}

function batch(count: number, value: (i: number) => Value = (i) => i): GatewaySamples {
  const samples = Array.from({ length: count }, (_, i) => ({
    point: `m-${i % 7}/power`,
    t: t0 + i,
    value: value(i),
    quality: qualityCodes.good,
  }))
  return { gateway: 'g-1', samples: columnsOf(samples) }
}

describeWith(['influxd'], 'InfluxDB as telemetry store', () => {
  let server: InfluxDb
  beforeAll(async () => {
    server = await startInfluxDb()
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  // A database of its own for each store: it is made with the first write.
  telemetryStoreSuite('influx', () => Promise.resolve(open(server.url)))

  test('more samples than one request takes are all there', async () => {
    await using store = open(server.url)
    await store.append([batch(12_345)])
    expect(await store.stats()).toMatchObject({ series: 7, samples: 12_345 })
  })

  test('ids and texts with the signs of its own language come back as they were', async () => {
    await using store = open(server.url)
    const point = `d-1/it's "x", a=b \\ c`
    const text = 'line 1\nline 2, "quoted" \\ 教室'
    const samples = columnsOf([{ point, t: t0, value: text, quality: qualityCodes.good }])
    await store.append([{ gateway: 'g-1', samples }])
    expect(await store.range([`g-1/${point}`], all, 10)).toEqual([
      { point: `g-1/${point}`, samples: [[t0, text, 'good']] },
    ])
  })

  test('what was acknowledged survives kill -9', async () => {
    await using own = await startInfluxDb()
    await using store = open(own.url)
    await store.append([batch(1000)])
    await own.kill()
    await expect(store.append([batch(1)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await own.restart()
    expect((await store.stats()).samples).toBe(1000)
  })

  test('a field that somebody else gave another type: refused in the server’s words, nothing acknowledged', async () => {
    const database = `d${randomUUID()}`
    await using store = open(server.url, database)
    await store.append([batch(1)])
    await store.prune(t0 + 1000)
    const other = `foreign${randomUUID()}`
    await query(server.url, other, `CREATE DATABASE "${other}"`)
    const written = await fetch(`${server.url}/write?db=${other}&precision=ms`, {
      method: 'POST',
      body: `samples,id=g-1/m-0/power value="text",type=1i,quality=192i ${t0 + 1}`,
    })
    expect(written.status).toBe(204)
    await using conflicting = open(server.url, other)
    await expect(conflicting.append([batch(1)])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('field type conflict') as string,
    })
  })

  test('a wrong password is told, with the address and without the password', async () => {
    await using locked = await startInfluxDb({ auth: true })
    await query(locked.url, 'x', `CREATE USER campus WITH PASSWORD 'right horse' WITH ALL PRIVILEGES`)
    const options = { url: locked.url, database: 'campus', timeoutMs: 5_000, log }
    const login = { username: 'campus', password: 'right horse' }
    await using right = openInfluxTelemetryStore({ ...options, login })
    await right.append([batch(3)])
    expect((await right.stats()).samples).toBe(3)
    await using wrong = openInfluxTelemetryStore({ ...options, login: { ...login, password: 'wrong mule' } })
    const refusal: unknown = await wrong.append([batch(3)]).catch((error: unknown) => error)
    expect(String(refusal)).toMatch(/127\.0\.0\.1.*campus.*401.*authorization failed/)
    expect(String(refusal)).not.toContain('mule')
  })
})

describe('a server that fails', () => {
  /** Answers every request with the same bytes; an empty text drops the connection after the body has come. */
  async function startServer(answer: string): Promise<AsyncDisposable & { url: string }> {
    const sockets = new Set<Socket>()
    const tcp = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('data', () => (answer === '' ? socket.destroy() : socket.end(answer)))
    }).listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const { port } = tcp.address() as { port: number }
    return {
      url: `http://127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy()
        tcp.close()
        await once(tcp, 'close')
      },
    }
  }
  const body = (status: string, error: string) => {
    const text = JSON.stringify({ error })
    return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`
  }

  test.each([
    ['429', body('429 Too Many Requests', 'write limit exceeded'), 'HTTP 429: write limit exceeded'],
    ['503', body('503 Service Unavailable', 'engine: cache-max-memory-size exceeded'), 'cache-max-memory'],
    ['200 instead of 204', body('200 OK', 'hello'), '204 HTTP response status code expected'],
    ['a connection dropped after the body', '', 'socket hang up'],
  ])('%s: the append is refused', async (_name, answer, reason) => {
    await using server = await startServer(answer)
    await using store = open(server.url)
    await expect(store.append([batch(5)])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(reason) as string,
    })
  })

  test('nobody there: the address is told', async () => {
    await using store = open(`http://127.0.0.1:${await freePort('127.0.0.1')}`)
    await expect(store.append([batch(1)])).rejects.toThrow(/127\.0\.0\.1:\d+, database .*ECONNREFUSED/)
    await expect(store.latest(['g-1/m-0/power'])).rejects.toThrow(/ECONNREFUSED/)
  })
})

test('a time that InfluxDB cannot hold costs its own sample and no other', () => {
  const samples = columnsOf(
    [-1e13, 0, 1e13].map((t) => ({ point: 'd-1/x', t, value: 1, quality: qualityCodes.good })),
  )
  const { lines, outOfTime } = linesOf([{ gateway: 'g-1', samples }])
  expect(lines).toEqual(['samples,id=g-1/d-1/x value=1,type=1i,quality=192i 0'])
  expect(outOfTime).toBe(2)
})

async function query(url: string, database: string, statement: string): Promise<void> {
  const response = await fetch(`${url}/query`, {
    method: 'POST',
    body: new URLSearchParams({ db: database, q: statement }),
  })
  expect(await response.json()).toEqual({ results: [{ statement_id: 0 }] })
}
