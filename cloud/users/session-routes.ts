import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller, sessionCookie } from '#cloud/http/guard.ts'
import { instant } from '#cloud/http/instants.ts'
import {
  Credentials,
  CurrentSession,
  SessionCreated,
  type SessionUser,
  type User,
} from '#contract/api/session.ts'
import { allows, type Permission, permissions } from '#contract/permissions.ts'
import type { SessionService } from './session-service.ts'

const tags = ['session']

function sessionUser(user: User): SessionUser {
  const may = (permission: Permission) => user.grants.some(({ role }) => allows(role, permission))
  return { ...user, permissions: permissions.filter(may) }
}

export function sessionRoutes(api: App, sessions: SessionService): void {
  api.post(
    '/session',
    {
      config: { public: true, audit: { ok: 'session.signed-in', refused: 'session.refused' } },
      schema: {
        operationId: 'signIn',
        summary: 'Sign in',
        description: 'Sets an httpOnly cookie; the token also works as `Authorization: Bearer`.',
        tags,
        security: [],
        body: Credentials,
        response: answers(SessionCreated),
      },
    },
    async (request, reply) => {
      request.audit.note({ who: { username: request.body.username } })
      const { token, user, expiresAt } = await sessions.signIn(request.body, request.ip, request.audit)
      reply.setCookie(sessionCookie, token, {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: request.protocol === 'https',
        expires: new Date(expiresAt),
      })
      return { token, user: sessionUser(user), expiresAt: instant(expiresAt) }
    },
  )

  api.get(
    '/session',
    { schema: { operationId: 'getSession', summary: 'Who am I', tags, response: answers(CurrentSession) } },
    async (request) => {
      const { user, expiresAt } = requireCaller(request)
      return { user: sessionUser(user), expiresAt: instant(expiresAt) }
    },
  )

  api.delete(
    '/session',
    {
      config: { audit: 'session.signed-out' },
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
