import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import { hostPort } from '#lib/host-port.ts'
import type { Logger } from '#lib/logger.ts'
import type { Health } from './health.ts'

export type HealthServerOptions = {
  readonly host: string
  /** 0: a free one; see `address`. */
  readonly port: number
  readonly registry: Registry
  readonly health: () => Health
  readonly log: Logger
}

export interface HealthServer extends AsyncDisposable {
  /** `http://127.0.0.1:9090` */
  readonly url: string
}

type Answer = { readonly status: number; readonly type: string; readonly body: string }

/** `/health`, `/ready` and `/metrics` for the operator and the service manager. Reads only, no login: keep it local. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, options)
      .catch((error: unknown): Answer => {
        options.log.error({ err: error, url: request.url }, 'health request failed')
        return json(500, { code: 'INTERNAL', message: 'see the log of the gateway' })
      })
      .then((result) => send(response, result, request.method === 'HEAD'))
      .catch(() => response.destroy())
  })
  server.headersTimeout = 5_000
  server.requestTimeout = 5_000
  server.keepAliveTimeout = 5_000
  server.maxConnections = 50
  await listen(server, options)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://${hostPort(options.host, port)}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, { health, registry }: HealthServerOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return json(405, { code: 'BAD_REQUEST', message: 'only GET' })
  }
  switch (request.url?.split('?')[0]) {
    case '/health':
      return json(200, health())
    case '/ready': {
      const { status, problems } = health()
      return json(status === 'failed' ? 503 : 200, { ready: status !== 'failed', problems })
    }
    case '/metrics':
      return { status: 200, type: registry.contentType, body: await registry.metrics() }
    default:
      return json(404, { code: 'NOT_FOUND', message: 'there are /health, /ready and /metrics' })
  }
}

function json(status: number, content: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(content) }
}

function send(response: ServerResponse, { status, type, body }: Answer, headOnly: boolean): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(headOnly ? undefined : body)
}

function listen(server: Server, { host, port }: HealthServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
