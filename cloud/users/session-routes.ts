import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller, type Session, sessionCookie } from '#cloud/http/guard.ts'
import { instant } from '#cloud/http/instants.ts'
import {
  Credentials,
  CurrentSession,
  FactorAnswer,
  SessionCreated,
  type SessionUser,
} from '#contract/api/session.ts'
import { allows, type Permission, permissions } from '#contract/permissions.ts'
import { keepSession, originOf } from './cookies.ts'
import type { NewSession, SessionService } from './session-service.ts'

export type SessionRouteOptions = {
  readonly sessions: SessionService
  /** Where the browser leaves a sign-in service as well. */
  readonly signOutUrl: (provider: string) => string | undefined
}

const tags = ['session']
const audit = { ok: 'session.signed-in', refused: 'session.refused' } as const

function sessionUser({ user, must }: Session): SessionUser {
  const may = (permission: Permission) => user.grants.some(({ role }) => allows(role, permission))
  return { ...user, permissions: permissions.filter(may), ...(must === undefined ? {} : { must }) }
}

function created(request: FastifyRequest, reply: FastifyReply, session: NewSession): SessionCreated {
  keepSession(request, reply, session)
  return { token: session.token, user: sessionUser(session), expiresAt: instant(session.expiresAt) }
}

export function sessionRoutes(api: App, { sessions, signOutUrl }: SessionRouteOptions): void {
  api.post(
    '/session',
    {
      config: { public: true, audit },
      schema: {
        operationId: 'signIn',
        summary: 'Sign in',
        description:
          'Sets an httpOnly cookie; the token also works as `Authorization: Bearer`. SECOND_FACTOR_NEEDED has ' +
          '`details.challenge` for `POST /session/second-factor`.',
        tags,
        security: [],
        body: Credentials,
        response: answers(SessionCreated),
      },
    },
    async (request, reply) => {
      const { username } = request.body
      request.audit.note({ who: { username } })
      return created(
        request,
        reply,
        await sessions.signIn(request.body, originOf(request, username), request.audit),
      )
    },
  )

  api.post(
    '/session/second-factor',
    {
      config: { public: true, audit },
      schema: {
        operationId: 'answerSecondFactor',
        summary: 'Second step of a sign-in: a code of the app, or a recovery code',
        tags,
        security: [],
        body: FactorAnswer,
        response: answers(SessionCreated),
      },
    },
    async (request, reply) =>
      created(request, reply, await sessions.answerFactor(request.body, originOf(request), request.audit)),
  )

  api.get(
    '/session',
    {
      config: { whileMust: 'anything' },
      schema: { operationId: 'getSession', summary: 'Who am I', tags, response: answers(CurrentSession) },
    },
    async (request) => {
      const session = requireCaller(request)
      const url = session.provider === undefined ? undefined : signOutUrl(session.provider)
      return {
        user: sessionUser(session),
        expiresAt: instant(session.expiresAt),
        ...(url === undefined ? {} : { signOutUrl: url }),
      }
    },
  )

  api.delete(
    '/session',
    {
      config: { whileMust: 'anything', audit: 'session.signed-out' },
      schema: {
        operationId: 'signOut',
        summary: 'Sign out',
        tags,
        response: { 204: Type.Null(), ...errorAnswers },
      },
    },
    async (request, reply) => {
      await sessions.signOut(requireCaller(request).token, request.audit)
      reply.clearCookie(sessionCookie, { path: '/' })
      return reply.code(204).send(null)
    },
  )
}
