import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Access } from '#cloud/access/access.ts'
import { type App, answers } from '#cloud/http/app.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import type { May } from '#contract/alarm-life.ts'
import {
  AlarmDetail,
  AlarmFloods,
  AlarmId,
  AlarmList,
  AlarmPeople,
  AlarmsQuery,
} from '#contract/api/alarms.ts'
import { closed } from '#contract/api/common.ts'
import { AppError } from '#contract/errors.ts'
import type { Permission } from '#contract/permissions.ts'
import { unknownAlarm } from './alarm-record.ts'
import type { AlarmInPlace } from './alarm-repository.ts'
import type { AlarmService } from './alarm-service.ts'
import { alarmView, personOf } from './alarm-view.ts'
import type { AlarmPeopleList } from './people.ts'
import type { StoredAlarm } from './stored-alarm.ts'

export type AlarmRouteOptions = {
  readonly alarms: AlarmService
  readonly people: AlarmPeopleList
  /** The present number of the live stream. */
  readonly liveSeq: () => number
}

const tags = ['alarms']
export const AlarmPath = Type.Object({ id: AlarmId }, closed)
/** Which alarm it is about, only its row can tell. */
export const aboutAlarm = { about: 'handler' } as const

export function alarmRoutes(api: App, { alarms, people, liveSeq }: AlarmRouteOptions): void {
  api.get(
    '/alarms',
    {
      schema: {
        operationId: 'listAlarms',
        summary: 'Alarms, newest first',
        ...{ tags, querystring: AlarmsQuery, response: answers(AlarmList) },
      },
    },
    async ({ query: { limit = 100, cursor, state = 'open', priority, gateway, node }, access }) => {
      if (node !== undefined) access.require('view', { node })
      const seq = liveSeq() // before reading: what changes in between comes again over the live stream
      const after = keyOf(cursor, 'number', 'string', 'string')
      const filter = { filter: state, priority, gateway, node, nodes: access.nodes('view') }
      const rows = await alarms.search({ ...filter, after, limit: limit + 1 })
      const key = (row: AlarmInPlace) => [row.received_at, row.gateway, row.occurrence]
      return { ...pageOf(rows, limit, { key, item: (row) => alarmView(row, mayOf(access, row)) }), seq }
    },
  )

  api.get(
    '/alarms/floods',
    {
      schema: {
        operationId: 'listFloods',
        summary: 'How busy each duty post is now',
        ...{ tags, response: answers(AlarmFloods) },
      },
    },
    async ({ access }) => ({
      items: alarms
        .floods()
        .filter(({ post }) => access.can('view', post === '' ? 'everything' : { node: post })),
    }),
  )

  api.get(
    '/alarms/:id',
    {
      config: aboutAlarm,
      schema: {
        operationId: 'getAlarm',
        summary: 'An alarm with its history, its procedure and the cameras near it',
        ...{ tags, params: AlarmPath, response: answers(AlarmDetail) },
      },
    },
    async (request) => {
      const row = await findAlarm(alarms, request, 'view')
      return await alarms.detail(row, mayOf(request.access, row))
    },
  )

  api.get(
    '/alarms/:id/people',
    {
      config: aboutAlarm,
      schema: {
        operationId: 'listAlarmPeople',
        summary: 'To whom an alarm can be assigned',
        ...{ tags, params: AlarmPath, response: answers(AlarmPeople) },
      },
    },
    async (request) => {
      const found = await people.handling(thingOf(await findAlarm(alarms, request, 'alarms.handle')))
      return { items: found.flatMap((one) => personOf(one) ?? []) }
    },
  )

  api.get(
    '/alarms/:id/photos/:digest',
    {
      config: aboutAlarm,
      schema: {
        operationId: 'getAlarmPhoto',
        summary: 'A photo that belongs to an alarm',
        produces: ['image/png', 'image/jpeg'],
        tags,
        params: Type.Object({ id: AlarmId, digest: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, closed),
        response: answers(Type.Unknown()),
      },
    },
    async (request, reply) => {
      const { digest } = request.params
      const photo = await alarms.photo(await findAlarm(alarms, request, 'view'), digest)
      if (photo === undefined) throw new AppError('NOT_FOUND', `the alarm has no photo ${digest}`)
      // It is named after its content, so it never changes.
      reply.header('cache-control', 'private, max-age=31536000, immutable')
      return reply.type(photo.type).send(Buffer.from(photo.content))
    },
  )
}

export function thingOf({ gateway, device }: Pick<StoredAlarm, 'gateway' | 'device'>) {
  return device === null ? { gateway } : { gateway, device }
}

export function mayOf(access: Access, row: Pick<StoredAlarm, 'gateway' | 'device'>): May {
  const thing = thingOf(row)
  return {
    handle: access.can('alarms.handle', thing),
    approve: access.can('alarms.approve', thing),
  }
}

/** Throws as if there were none where the caller may not even see it. */
export function requireAlarm(
  access: Access,
  permission: Permission,
  row: Pick<StoredAlarm, 'gateway' | 'device' | 'occurrence'>,
): void {
  const thing = thingOf(row)
  if (!access.can('view', thing)) throw unknownAlarm(`${row.gateway}/${row.occurrence}`)
  access.require(permission, thing)
}

export async function findAlarm(
  alarms: AlarmService,
  { params, access }: Pick<FastifyRequest, 'params' | 'access'>,
  permission: Permission,
): Promise<AlarmInPlace> {
  const row = await alarms.byId((params as { id: string }).id)
  requireAlarm(access, permission, row)
  return row
}
