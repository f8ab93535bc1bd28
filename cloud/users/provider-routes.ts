import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type App, answers } from '#cloud/http/app.ts'
import { answerOf } from '#cloud/http/errors.ts'
import { closed } from '#contract/api/common.ts'
import { SignInMethods } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { keepSession, originOf } from './cookies.ts'
import { ownPath } from './own-path.ts'
import { type Pending, type Provider, pendingMs } from './provider.ts'
import type { ProviderAccounts } from './provider-accounts.ts'
import type { Sealer } from './sealer.ts'

export type ProviderRouteOptions = {
  readonly providers: readonly Provider[]
  readonly accounts: ProviderAccounts
  readonly sealer: Sealer
  readonly clock: Clock
  readonly publicUrl: string
}

type Kept = Pending & { readonly until: number; readonly next: string }

const cookieName = 'sign-in'
const cookiePath = '/api/v1/session'
const BeginQuery = Type.Object({ next: Type.Optional(Type.String({ maxLength: 500 })) })
const ProviderPath = Type.Object({ provider: Type.String({ maxLength: 32 }) }, closed)
const audit = { ok: 'session.signed-in', refused: 'session.refused' } as const

/** Sign-in at a service of the school or the bureau: there and back, by the browser's address bar. */
export function providerRoutes(api: App, options: ProviderRouteOptions): void {
  api.get(
    '/session/methods',
    {
      config: { public: true },
      schema: {
        operationId: 'getSignInMethods',
        summary: 'Services at which one can sign in',
        ...{ tags: ['session'], security: [], response: answers(SignInMethods) },
      },
    },
    async () => ({ providers: options.providers.map(({ id, kind, title }) => ({ id, kind, title })) }),
  )
  for (const kind of ['oidc', 'cas'] as const) {
    beginRoute(api, kind, options)
    callbackRoute(api, kind, options)
  }
}

function beginRoute(api: App, kind: Provider['kind'], options: ProviderRouteOptions): void {
  const { sealer, clock } = options
  api.get(
    `/session/${kind}/:provider`,
    {
      config: { public: true },
      // A page to go to and not an answer to read: it stays out of the API's document.
      schema: { hide: true, params: ProviderPath, querystring: BeginQuery },
      errorHandler: backToSignIn,
    },
    async (request, reply) => {
      const provider = providerOf(options, kind, request)
      const { url, pending } = await provider.begin()
      const kept: Kept = {
        ...pending,
        until: clock.now() + pendingMs,
        next: ownPath(request.query.next) ?? '/',
      }
      reply.setCookie(cookieName, sealer.seal('sign-in', `${kind}/${provider.id}`, JSON.stringify(kept)), {
        path: cookiePath,
        httpOnly: true,
        // The way back is a navigation from another site.
        sameSite: 'lax',
        secure: request.protocol === 'https',
        maxAge: pendingMs / 1_000,
      })
      return reply.redirect(url)
    },
  )
}

function callbackRoute(api: App, kind: Provider['kind'], options: ProviderRouteOptions): void {
  const { accounts, publicUrl } = options
  api.get(
    `/session/${kind}/:provider/callback`,
    {
      config: { public: true, audit },
      schema: { hide: true, params: ProviderPath },
      errorHandler: backToSignIn,
    },
    async (request, reply) => {
      const provider = providerOf(options, kind, request)
      request.audit.note({ target: provider.id })
      const kept = keptOf(request, provider, options)
      reply.clearCookie(cookieName, { path: cookiePath })
      const vouched = await provider.finish(new URL(request.url, publicUrl), kept)
      const session = await accounts.signIn({
        provider,
        vouched,
        from: originOf(request),
        audit: request.audit,
      })
      keepSession(request, reply, session)
      return reply.redirect(kept.next)
    },
  )
}

function providerOf(
  { providers }: ProviderRouteOptions,
  kind: Provider['kind'],
  { params }: { readonly params: { readonly provider: string } },
): Provider {
  const found = providers.find((one) => one.kind === kind && one.id === params.provider)
  if (found === undefined) throw new AppError('NOT_FOUND', `there is no sign-in service ${params.provider}`)
  return found
}

function keptOf(
  { cookies }: Pick<FastifyRequest, 'cookies'>,
  { kind, id }: Provider,
  { sealer, clock }: ProviderRouteOptions,
): Kept {
  const text = sealer.open('sign-in', `${kind}/${id}`, cookies[cookieName] ?? '')
  const kept: Kept | undefined = text === undefined ? undefined : JSON.parse(text)
  if (kept === undefined || clock.now() > kept.until)
    throw new AppError('PROVIDER_FAILED', 'this sign-in was not begun in this browser, or took too long')
  return kept
}

/** Nobody reads JSON in the address bar: the page of the sign-in says what went wrong. */
function backToSignIn(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = answerOf(error, request.id)
  request.log[status >= 500 ? 'error' : 'warn'](
    { err: error, request: request.id },
    'sign-in service refused',
  )
  reply.clearCookie(cookieName, { path: cookiePath }).redirect(`/sign-in?problem=${body.code}`)
}
