import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { closed } from '#contract/api/common.ts'
import {
  OpenSessions,
  OwnSecurity,
  PasswordChange,
  RecoveryCodes,
  TotpConfirm,
  TotpRemoval,
  TotpSecret,
  TotpStart,
} from '#contract/api/me.ts'
import { SessionsEnded } from '#contract/api/users.ts'
import { openSessionView } from './account-view.ts'
import type { OwnAccount, Self } from './own-account.ts'

const tags = ['me']
const SessionPath = Type.Object({ session: Type.String({ minLength: 1, maxLength: 100 }) }, closed)

function selfOf(request: FastifyRequest): Self {
  return { caller: requireCaller(request), audit: request.audit }
}

/** Everybody about his own account. */
export function meRoutes(api: App, account: OwnAccount): void {
  api.get(
    '/me/security',
    {
      config: { whileMust: 'anything' },
      schema: {
        operationId: 'getOwnSecurity',
        summary: 'Password and second factor of the own account, and the rules for them',
        ...{ tags, response: answers(OwnSecurity) },
      },
    },
    async (request) => account.security(requireCaller(request)),
  )

  api.put(
    '/me/password',
    {
      config: { whileMust: 'change-password', audit: 'user.password-changed' },
      schema: {
        operationId: 'changePassword',
        summary: 'Change the own password; other sessions end',
        ...{ tags, body: PasswordChange, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await account.changePassword(selfOf(request), request.body)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/me/totp',
    {
      config: { whileMust: 'set-up-second-factor', audit: 'user.totp-started' },
      schema: {
        operationId: 'startTotp',
        summary: 'Begin with a second factor (RFC 6238): a secret for the app on the phone',
        ...{ tags, body: TotpStart, response: answers(TotpSecret) },
      },
    },
    async (request) => account.startTotp(selfOf(request), request.body.password),
  )

  api.post(
    '/me/totp/confirm',
    {
      config: { whileMust: 'set-up-second-factor', audit: 'user.totp-confirmed' },
      schema: {
        operationId: 'confirmTotp',
        summary: 'Switch the second factor on with a first code; the answer has the recovery codes',
        ...{ tags, body: TotpConfirm, response: answers(RecoveryCodes) },
      },
    },
    async (request) => ({ recoveryCodes: await account.confirmTotp(selfOf(request), request.body.code) }),
  )

  api.delete(
    '/me/totp',
    {
      config: { audit: 'user.totp-removed' },
      schema: {
        operationId: 'removeTotp',
        summary: 'Switch the second factor off, with the password or with a code',
        ...{ tags, body: TotpRemoval, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await account.removeTotp(selfOf(request), request.body)
      return reply.code(204).send(null)
    },
  )

  api.get(
    '/me/sessions',
    {
      schema: {
        operationId: 'listOwnSessions',
        summary: 'Where the caller is signed in; the one used last comes first',
        ...{ tags, response: answers(OpenSessions) },
      },
    },
    async (request) => {
      const caller = requireCaller(request)
      return { items: (await account.sessions(caller)).map((row) => openSessionView(row, caller.id)) }
    },
  )

  api.delete(
    '/me/sessions',
    {
      config: { audit: 'user.sessions-ended' },
      schema: {
        operationId: 'endOtherSessions',
        summary: 'Sign out everywhere else',
        ...{ tags, response: answers(SessionsEnded) },
      },
    },
    async (request) => ({ ended: await account.endOtherSessions(selfOf(request)) }),
  )

  api.delete(
    '/me/sessions/:session',
    {
      config: { about: 'handler', audit: 'user.sessions-ended' },
      schema: {
        operationId: 'endOwnSession',
        summary: 'Sign out in one place',
        ...{ tags, params: SessionPath, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await account.endSession(selfOf(request), request.params.session)
      return reply.code(204).send(null)
    },
  )
}
