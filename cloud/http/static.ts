import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from './app.ts'
import { sendNotFound } from './errors.ts'
import { pagePolicy } from './security-headers.ts'

/** The build of the console puts this text where the nonce belongs (`html.cspNonce` of its Vite configuration). */
const noncePlaceholder = '__CSP_NONCE__'

/** Changes with the files of the console; `none` when it is not built. */
export async function consoleBuild(folder: string): Promise<string> {
  const page = await readPage(folder)
  return page === undefined ? 'none' : createHash('sha256').update(page).digest('hex').slice(0, 12)
}

/** Serves the built console from `folder`; every page address leads to its index.html, which never is cached. */
export async function serveConsole(app: App, folder: string): Promise<void> {
  const page = await readPage(folder)
  if (page !== undefined) {
    await app.register(fastifyStatic, {
      root: folder,
      index: false,
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const hashed = path.startsWith(join(folder, 'assets'))
        reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
    app.get('/', { schema: { hide: true } }, (_request, reply) => sendPage(reply, page))
    app.get('/index.html', { schema: { hide: true } }, (_request, reply) => sendPage(reply, page))
  }
  app.setNotFoundHandler((request, reply) => {
    if (!wantsPage(request)) return sendNotFound(request, reply)
    return page === undefined ? sendNotBuilt(reply) : sendPage(reply, page)
  })
}

function readPage(folder: string): Promise<string | undefined> {
  return readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined)
}

/** A person's address bar, not a program and not a missing file. */
function wantsPage(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0] ?? ''
  const isPage = request.method === 'GET' && !path.startsWith('/api/') && !path.startsWith('/assets/')
  return isPage && (request.headers.accept ?? '').includes('text/html')
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64')
  return reply
    .header('content-security-policy', pagePolicy(nonce))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page.replaceAll(noncePlaceholder, nonce))
}

function sendNotBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(
      '<!doctype html><meta charset="utf-8"><title>Console not built 控制台未构建</title>' +
        '<h1>控制台未构建 The console is not built</h1>' +
        '<p>The cloud runs, its API is at <a href="/api/docs">/api/docs</a>. ' +
        'Run <code>npm run build:console</code>, then start the cloud again.</p>',
    )
}
