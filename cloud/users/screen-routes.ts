import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { sessionCookie } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { closed } from '#contract/api/common.ts'
import { NewScreen, ScreenCreated, ScreenList, ScreenQuery } from '#contract/api/screens.ts'
import { keepScreen } from './cookies.ts'
import { ownPath } from './own-path.ts'
import { type ScreenService, screenView } from './screen-service.ts'
import type { SessionService } from './session-service.ts'
import { isScreenToken } from './tokens.ts'
import { changerOf } from './user-routes.ts'

const tags = ['screens']
const needs = 'users.manage'
const ScreenPath = Type.Object({ screen: Type.String({ minLength: 1, maxLength: 100 }) }, closed)
const OpenQuery = Type.Object({
  token: Type.Optional(Type.String({ maxLength: 200 })),
  next: Type.Optional(Type.String({ maxLength: 500 })),
})

/** Wall displays of who looks after the place that they show. */
export function screenRoutes(api: App, screens: ScreenService): void {
  api.get(
    '/screens',
    {
      config: { needs },
      schema: {
        operationId: 'listScreens',
        summary: 'Wall displays, newest first',
        ...{ tags, querystring: ScreenQuery, response: answers(ScreenList) },
      },
    },
    async ({ access, query: { cursor, limit = 100 } }) => {
      const rows = await screens.list(access, { after: keyOf(cursor, 'number', 'string'), limit: limit + 1 })
      return pageOf(rows, limit, { key: (row) => [row.created_at, row.id], item: screenView })
    },
  )

  api.post(
    '/screens',
    {
      config: { needs, audit: 'screen.created' },
      schema: {
        operationId: 'createScreen',
        summary: 'A token for a wall display, shown this once',
        ...{ tags, body: NewScreen, response: answers(ScreenCreated) },
      },
    },
    async (request) => {
      const { row, token } = await screens.create(changerOf(request), request.body)
      return { screen: screenView(row), token }
    },
  )

  api.delete(
    '/screens/:screen',
    {
      config: { needs, about: 'handler', audit: 'screen.deleted' },
      schema: {
        operationId: 'deleteScreen',
        summary: 'Revoke the token of a wall display',
        ...{ tags, params: ScreenPath, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await screens.delete(changerOf(request), request.params.screen)
      return reply.code(204).send(null)
    },
  )
}

export type ScreenDoor = { readonly screens: ScreenService; readonly sessions: SessionService }

/** `GET /screen?token=…`: the token becomes a cookie and leaves the address bar. Whoever is signed in stays who he is. */
export function screenDoor(app: App, { screens, sessions }: ScreenDoor): void {
  app.get('/screen', { schema: { hide: true, querystring: OpenQuery } }, async (request, reply) => {
    const { token, next } = request.query
    if (token === undefined) return reply.callNotFound()
    const present = request.cookies[sessionCookie]
    const isSignedIn = present !== undefined && (await sessions.find(present)) !== undefined
    const isValid = isScreenToken(token) && (await screens.find(token)) !== undefined
    if (isValid && !isSignedIn) keepScreen(request, reply, token)
    return reply.header('cache-control', 'no-store').redirect(ownPath(next) ?? '/')
  })
}
