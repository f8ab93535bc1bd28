import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Role, User } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import { isSameOrigin } from './origin.ts'

export const sessionCookie = 'session'

/** Who is calling, and until when. */
export type Caller = { readonly user: User; readonly expiresAt: number; readonly token: string }

export type FindSession = (token: string) => Promise<Omit<Caller, 'token'> | undefined>

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes only. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** Answers without a session. Everything else needs one. */
    public?: boolean
    /** Who may call; everybody with a session when absent. */
    roles?: readonly Role[]
  }
}

export type GuardOptions = {
  readonly findSession: FindSession
  /** Origins allowed besides our own, for example of a development server. */
  readonly origins: readonly string[]
}

/** Before every route of the API: a session, the role, and for cookies a page of ours. */
export function createGuard({ findSession, origins }: GuardOptions): onRequestAsyncHookHandler {
  return async (request) => {
    const { config } = request.routeOptions
    const changes = request.method !== 'GET' && request.method !== 'HEAD'
    // Browsers send cookies by themselves; a page of somebody else must not use them, nor sign somebody in.
    if ((changes || request.ws) && bearerOf(request) === undefined && !isSameOrigin(request, origins)) {
      throw new AppError(
        'FORBIDDEN',
        `pages of ${request.headers.origin} may not use this server; behind a proxy see http.trustProxy and http.origins`,
      )
    }
    if (config.public === true) return
    request.caller = await callerOf(request, findSession)
    if (config.roles !== undefined && !config.roles.includes(request.caller.user.role)) {
      throw new AppError('FORBIDDEN', `this needs one of the roles: ${config.roles.join(', ')}`)
    }
  }
}

/** The caller of a route that is not public. */
export function requireCaller(request: FastifyRequest): Caller {
  if (request.caller === null) throw new AppError('UNAUTHENTICATED', 'sign in first')
  return request.caller
}

async function callerOf(request: FastifyRequest, findSession: FindSession): Promise<Caller> {
  const token = bearerOf(request) ?? request.cookies[sessionCookie]
  const session = token === undefined ? undefined : await findSession(token)
  if (token === undefined || session === undefined) {
    throw new AppError('UNAUTHENTICATED', 'there is no session, or it has ended: sign in')
  }
  return { ...session, token }
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]
}
