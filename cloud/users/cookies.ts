import type { FastifyReply, FastifyRequest } from 'fastify'
import { sessionCookie } from '#cloud/http/guard.ts'
import type { NewSession, Origin } from './session-service.ts'
import { deviceCookie } from './sign-in-gates.ts'

const knownForMs = 180 * 86_400_000
const signInPath = '/api/v1/session'

function safely(request: FastifyRequest) {
  return { httpOnly: true, sameSite: 'lax', secure: request.protocol === 'https' } as const
}

/** What the browser keeps of a sign-in. */
export function keepSession(request: FastifyRequest, reply: FastifyReply, session: NewSession): void {
  const { token, device, expiresAt, user } = session
  reply.setCookie(sessionCookie, token, { ...safely(request), path: '/', expires: new Date(expiresAt) })
  reply.setCookie(deviceCookie(user.username), device, {
    ...safely(request),
    path: signInPath,
    maxAge: knownForMs / 1_000,
  })
}

/** A token of a wall display, for as long as browsers keep a cookie. */
export function keepScreen(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(sessionCookie, token, { ...safely(request), path: '/', maxAge: 400 * 86_400 })
}

export function originOf(request: FastifyRequest, username?: string): Origin {
  const device = username === undefined ? undefined : request.cookies[deviceCookie(username)]
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? '', device }
}
