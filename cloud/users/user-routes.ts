import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { closed } from '#contract/api/common.ts'
import {
  Account,
  AccountChange,
  AccountList,
  AccountQuery,
  AccountWithPassword,
  NewAccount,
  SessionsEnded,
} from '#contract/api/users.ts'
import type { AccountService, Changer } from './account-service.ts'
import { accountView } from './account-view.ts'

const tags = ['users']
const needs = 'users.manage'
const UserPath = Type.Object({ user: Type.String({ minLength: 1, maxLength: 100 }) }, closed)

export function changerOf(request: FastifyRequest): Changer {
  return { user: requireCaller(request).user, access: request.access, audit: request.audit }
}

/** Accounts of who looks after them: everywhere, or for his part of the organisation. */
export function userRoutes(api: App, accounts: AccountService): void {
  api.get(
    '/users',
    {
      config: { needs },
      schema: {
        operationId: 'listUsers',
        summary: 'Accounts whose every role is at a place of the caller, by name',
        ...{ tags, querystring: AccountQuery, response: answers(AccountList) },
      },
    },
    async ({ access, query }) => {
      const { q, cursor, limit = 100 } = query
      const [after] = keyOf(cursor, 'string') ?? []
      const rows = await accounts.search(access, { q, after, limit: limit + 1 })
      return pageOf(rows, limit, { key: ({ user }) => [user.username], item: accountView })
    },
  )

  api.post(
    '/users',
    {
      config: { needs, audit: 'user.created' },
      schema: {
        operationId: 'createUser',
        summary: 'Add an account; the answer has its password for the first sign-in',
        ...{ tags, body: NewAccount, response: answers(AccountWithPassword) },
      },
    },
    async (request) => {
      const { account, password } = await accounts.create(changerOf(request), request.body)
      return { user: accountView(account), password }
    },
  )

  api.get(
    '/users/:user',
    {
      config: { needs, about: 'handler' },
      schema: {
        operationId: 'getUser',
        summary: 'One account',
        ...{ tags, params: UserPath, response: answers(Account) },
      },
    },
    async ({ access, params }) => accountView(await accounts.one(access, params.user)),
  )

  api.patch(
    '/users/:user',
    {
      config: { needs, about: 'handler', audit: 'user.updated' },
      schema: {
        operationId: 'changeUser',
        summary: 'Change name, roles, or switch it off; counts at once, also for whoever is signed in',
        ...{ tags, params: UserPath, body: AccountChange, response: answers(Account) },
      },
    },
    async (request) =>
      accountView(await accounts.change(changerOf(request), request.params.user, request.body)),
  )

  api.delete(
    '/users/:user',
    {
      config: { needs, about: 'handler', audit: 'user.deleted' },
      schema: {
        operationId: 'deleteUser',
        summary: 'Delete an account; its name stays in the audit log and in histories',
        ...{ tags, params: UserPath, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await accounts.delete(changerOf(request), request.params.user)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/users/:user/password-reset',
    {
      config: { needs, about: 'handler', audit: 'user.password-reset' },
      schema: {
        operationId: 'resetPassword',
        summary: 'A new password for one sign-in, at which it has to be changed; open sessions end',
        ...{ tags, params: UserPath, response: answers(AccountWithPassword) },
      },
    },
    async (request) => {
      const { account, password } = await accounts.resetPassword(changerOf(request), request.params.user)
      return { user: accountView(account), password }
    },
  )

  api.delete(
    '/users/:user/second-factor',
    {
      config: { needs, about: 'handler', audit: 'user.totp-removed' },
      schema: {
        operationId: 'removeSecondFactor',
        summary: 'Take away the second factor of somebody who has lost it',
        ...{ tags, params: UserPath, response: answers(Account) },
      },
    },
    async (request) =>
      accountView(await accounts.removeSecondFactor(changerOf(request), request.params.user)),
  )

  api.delete(
    '/users/:user/sessions',
    {
      config: { needs, about: 'handler', audit: 'user.sessions-ended' },
      schema: {
        operationId: 'endSessionsOfUser',
        summary: 'Sign somebody out everywhere',
        ...{ tags, params: UserPath, response: answers(SessionsEnded) },
      },
    },
    async (request) => ({ ended: await accounts.endSessions(changerOf(request), request.params.user) }),
  )
}
