import { randomUUID } from 'node:crypto'
import fastifyCookie from '@fastify/cookie'
import fastifyWebsocket from '@fastify/websocket'
import { type FastifyServerOptions, fastify, LogController } from 'fastify'
import type { Logger } from '#lib/logger.ts'
import type { App } from './app.ts'
import { sendError, sendNotFound } from './errors.ts'
import { createGuard, type FindCaller, guardThing, requireCaller, requireThing } from './guard.ts'
import { describeApi } from './openapi.ts'
import { apiPolicy, securityHeaders } from './security-headers.ts'
import type { SideDoor } from './side-door.ts'
import { serveConsole } from './static.ts'
import { compileRequestSchema } from './validator-compiler.ts'

export type ServerOptions = {
  readonly log: Logger
  readonly findCaller: FindCaller
  /** Origins allowed besides our own. */
  readonly origins?: readonly string[]
  /** Behind a reverse proxy: believe its `X-Forwarded-…`. */
  readonly trustProxy?: boolean
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Another way in than the port it listens on. */
  readonly sideDoor?: SideDoor
  /** Folder with the built console. */
  readonly consoleFolder: string
  /** Adds the routes under `/api/v1`; they need a session unless they say `config: { public: true }`; see guard.ts. */
  readonly api: (api: App) => void
  /** Adds what is not under `/api/v1` and open to all: health and metrics. */
  readonly open: (app: App) => void
}

/** A message of the live stream's client names topics only. */
const maxSocketMessageBytes = 256 * 1024

/** The HTTP server with every plugin and route, ready for `listen` or `inject`. Closing it ends its connections. */
export async function createServer(options: ServerOptions): Promise<App> {
  const app = fastify(settingsOf(options)) as unknown as App
  app.setValidatorCompiler(compileRequestSchema)
  app.setErrorHandler(sendError)
  options.sideDoor?.guard(app)
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(securityHeaders)
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', apiPolicy)
  })
  app.decorateRequest('caller', null)
  app.decorateRequest('access', {
    getter() {
      return requireCaller(this).access
    },
  })
  await app.register(fastifyCookie)
  await app.register(fastifyWebsocket, { options: { maxPayload: maxSocketMessageBytes } })
  await describeApi(app)
  await serveConsole(app, options.consoleFolder)
  options.open(app)
  await app.register(
    (api: App, _options, done) => {
      api.addHook(
        'onRequest',
        createGuard({ findCaller: options.findCaller, origins: options.origins ?? [] }),
      )
      api.addHook('preHandler', guardThing)
      api.addHook('onRoute', requireThing)
      api.addHook('onSend', async (_request, reply) => {
        if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
      })
      api.setNotFoundHandler(sendNotFound)
      options.api(api)
      done()
    },
    { prefix: '/api/v1' },
  )
  await app.ready()
  return app
}

function settingsOf({ log, tls, trustProxy }: ServerOptions): FastifyServerOptions {
  return {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: trustProxy ?? false,
    bodyLimit: 256 * 1024,
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: true,
    ...(tls === undefined ? {} : { https: tls }),
  } as FastifyServerOptions
}
