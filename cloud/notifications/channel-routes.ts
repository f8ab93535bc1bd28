import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { closed, listQuery } from '#contract/api/common.ts'
import { ChannelDraft, ChannelList, NotificationChannel, TestResult } from '#contract/api/notifications.ts'
import type { ChannelService } from './channel-service.ts'
import type { TestSender } from './send-test.ts'

export type ChannelRouteOptions = { readonly channels: ChannelService; readonly test: TestSender }

const tags = ['notifications']
const needs = 'notifications.manage'
const IdPath = Type.Object({ id: Type.String({ maxLength: 64 }) }, closed)

/** Robots and webhooks of places. Where each of them is decides who may touch it, and that the service asks. */
export function channelRoutes(api: App, { channels, test }: ChannelRouteOptions): void {
  api.get(
    '/notification-channels',
    {
      config: { needs },
      schema: {
        operationId: 'listNotificationChannels',
        summary: 'Robots and webhooks of the places where I manage notifications',
        ...{ tags, querystring: Type.Object(listQuery, closed), response: answers(ChannelList) },
      },
    },
    async ({ query: { limit = 100, cursor }, access }) => {
      const rows = await channels.list({
        nodes: access.nodes(needs),
        after: keyOf(cursor, 'number', 'string'),
        limit: limit + 1,
      })
      const key = ({ createdAt, id }: NotificationChannel) => [Date.parse(createdAt), id]
      return pageOf(rows, limit, { key, item: (channel) => channel })
    },
  )

  api.post(
    '/notification-channels',
    {
      config: { needs, audit: 'notification-channel.created' },
      schema: {
        operationId: 'createNotificationChannel',
        summary: 'Add a robot of WeCom or DingTalk, or a webhook',
        ...{ tags, body: ChannelDraft },
        response: { 201: NotificationChannel, ...errorAnswers },
      },
    },
    async ({ body, access, audit }, reply) =>
      reply.code(201).send(await channels.create(body, { access, audit })),
  )

  api.put(
    '/notification-channels/:id',
    {
      config: { needs, about: 'handler', audit: 'notification-channel.changed' },
      schema: {
        operationId: 'putNotificationChannel',
        summary: 'Change a robot or a webhook; secrets that the body does not name stay',
        ...{ tags, params: IdPath, body: ChannelDraft, response: answers(NotificationChannel) },
      },
    },
    async ({ params, body, access, audit }) => channels.change(params.id, body, { access, audit }),
  )

  api.delete(
    '/notification-channels/:id',
    {
      config: { needs, about: 'handler', audit: 'notification-channel.deleted' },
      schema: {
        operationId: 'deleteNotificationChannel',
        summary: 'Remove a robot or a webhook; what it was told stays in the log',
        ...{ tags, params: IdPath, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async ({ params, access, audit }, reply) => {
      await channels.remove(params.id, { access, audit })
      return reply.code(204).send(null)
    },
  )

  api.post(
    '/notification-channels/:id/test',
    {
      config: { needs, about: 'handler', audit: 'notification-channel.tested' },
      schema: {
        operationId: 'testNotificationChannel',
        summary: 'Send a test to a robot or a webhook, and say what became of it',
        ...{ tags, params: IdPath, response: answers(TestResult) },
      },
    },
    async (request) => {
      const { id } = request.params
      const node = await channels.place(id, request.access)
      const deliveries = await test(
        requireCaller(request).user,
        { channels: [id] },
        { node, link: '/notification-channels' },
      )
      request.audit.note({ target: id, after: deliveries.map(({ state, detail }) => ({ state, detail })) })
      return { deliveries }
    },
  )
}
