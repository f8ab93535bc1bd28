import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { closed } from '#contract/api/common.ts'
import {
  DeliveryList,
  DeliveryQuery,
  MyNotifications,
  MySettings,
  NewSubscription,
  PushSubscription,
  TestResult,
} from '#contract/api/notifications.ts'
import type { DeliveryLog, LogRow } from './delivery-log.ts'
import type { MyService } from './my-service.ts'
import type { TestSender } from './send-test.ts'

export type MyRouteOptions = {
  readonly mine: MyService
  readonly log: DeliveryLog
  readonly test: TestSender
}

const tags = ['notifications']
const IdPath = Type.Object({ id: Type.String({ maxLength: 64 }) }, closed)

/** What a person says about being told, and what became of it. */
export function notificationRoutes(api: App, { mine, log, test }: MyRouteOptions): void {
  api.get(
    '/me/notifications',
    {
      schema: {
        operationId: 'getMyNotifications',
        summary: 'How I am told, and on which browsers',
        ...{ tags, response: answers(MyNotifications) },
      },
    },
    async (request) => mine.get(requireCaller(request).user),
  )

  api.put(
    '/me/notifications',
    {
      config: { audit: 'notifications.settings-put' },
      schema: {
        operationId: 'putMyNotifications',
        summary: 'Say how I want to be told',
        ...{ tags, body: MySettings, response: answers(MyNotifications) },
      },
    },
    async (request) => mine.put(requireCaller(request).user, request.body, request.audit),
  )

  api.post(
    '/me/notifications/push-subscriptions',
    {
      config: { audit: 'notifications.browser-added' },
      schema: {
        operationId: 'addPushSubscription',
        summary: 'Have me told on this browser (Web Push)',
        ...{ tags, body: NewSubscription },
        response: { 201: PushSubscription, ...errorAnswers },
      },
    },
    async (request, reply) => {
      const added = await mine.subscribe(requireCaller(request).user, request.body, request.audit)
      return reply.code(201).send(added)
    },
  )

  api.delete(
    '/me/notifications/push-subscriptions/:id',
    {
      config: { about: 'handler', audit: 'notifications.browser-removed' },
      schema: {
        operationId: 'removePushSubscription',
        summary: 'Do not tell me on that browser any more',
        ...{ tags, params: IdPath, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await mine.unsubscribe(requireCaller(request).user, request.params.id, request.audit)
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/me/notifications/test',
    {
      config: { audit: 'notifications.tested' },
      schema: {
        operationId: 'testMyNotifications',
        summary: 'Send me a test by every way that I have chosen, and say what became of it',
        ...{ tags, response: answers(TestResult) },
      },
    },
    async (request) => {
      const { user } = requireCaller(request)
      const deliveries = await test(user, { users: [user.id] }, { link: '/me/notifications' })
      const after = deliveries.map(({ channel, state }) => `${channel} ${state}`)
      request.audit.note({ target: user.username, after })
      return { deliveries }
    },
  )

  api.get(
    '/notifications/log',
    {
      schema: {
        operationId: 'listDeliveries',
        summary: 'Who was told what by what, and what became of it, newest first',
        description: 'What I was told; for those who manage notifications somewhere, what was told of there.',
        ...{ tags, querystring: DeliveryQuery, response: answers(DeliveryList) },
      },
    },
    async (request) => {
      const { limit = 100, cursor, mine: onlyMine = false, state } = request.query
      const rows = await log.search({
        user: requireCaller(request).user.id,
        nodes: onlyMine ? [] : request.access.nodes('notifications.manage'),
        after: keyOf(cursor, 'number', 'string'),
        ...{ state, limit: limit + 1 },
      })
      return pageOf(rows, limit, { key: ({ key }: LogRow) => key, item: ({ view }) => view })
    },
  )
}
