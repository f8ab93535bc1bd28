import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { type TSchema, Type } from 'typebox'
import { type App, answers } from '#cloud/http/app.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import {
  AckMany,
  AckManyRequest,
  AckRequest,
  Alarm,
  AlarmId,
  ApproveRequest,
  AssignRequest,
  CloseRequest,
  CommentRequest,
  NoteRequest,
  OutOfServiceRequest,
  ShelveRequest,
  TickRequest,
} from '#contract/api/alarms.ts'
import { closed } from '#contract/api/common.ts'
import type { AuditAction } from '#contract/audit-actions.ts'
import type { Permission } from '#contract/permissions.ts'
import type { By } from './alarm-acts.ts'
import { AlarmPath, type AlarmRouteOptions, findAlarm, mayOf, requireAlarm, thingOf } from './alarm-routes.ts'
import { alarmView } from './alarm-view.ts'

const tags = ['alarms']
const pictures = ['image/png', 'image/jpeg']
/** A photo of a phone, made smaller. */
const maxPhotoBytes = 4 * 1024 * 1024

type Act = {
  readonly operationId: string
  readonly summary: string
  readonly audit: AuditAction
  readonly needs?: Permission
}

/** What a person does with an alarm. Each answers with the alarm as it is then. */
export function alarmActRoutes(
  api: App,
  { alarms, people }: Pick<AlarmRouteOptions, 'alarms' | 'people'>,
): void {
  const { acts } = alarms

  const config = ({ audit, needs = 'alarms.handle' }: Act) => ({ about: 'handler', needs, audit }) as const

  const schemaOf = <B extends TSchema>({ operationId, summary }: Act, body: B) => ({
    ...{ operationId, summary, tags, params: AlarmPath, body, response: answers(Alarm) },
  })

  /** Carries out what one may do, and answers with the outcome. */
  async function act(
    request: FastifyRequest,
    needs: Permission,
    work: (by: By) => Promise<void>,
  ): Promise<Alarm> {
    const row = await findAlarm(alarms, request, needs)
    await work(byOf(request))
    return await alarms
      .view(`${row.gateway}/${row.occurrence}`, mayOf(request.access, row))
      .finally(() => alarms.wake())
  }

  const ack: Act = {
    operationId: 'ackAlarm',
    summary: 'Acknowledge an alarm; who was first is in `details` of CONFLICT',
    audit: 'alarm.acknowledged',
  }
  api.post('/alarms/:id/ack', { config: config(ack), schema: schemaOf(ack, AckRequest) }, async (request) =>
    act(request, 'alarms.handle', (by) => acts.ack(request.params.id, request.body.note, by)),
  )

  api.post(
    '/alarms/ack',
    {
      config: { needs: 'alarms.handle', audit: 'alarm.acknowledged' },
      schema: {
        operationId: 'ackAlarms',
        summary: 'Acknowledge exactly these alarms, with an answer for each',
        ...{ tags, body: AckManyRequest, response: answers(AckMany) },
      },
    },
    async (request) => {
      const { ids, note } = request.body
      const { access } = request
      const results = await acts.ackMany(ids, note, {
        by: byOf(request),
        check: ({ row }) => requireAlarm(access, 'alarms.handle', row),
      })
      alarms.wake()
      const rows = await Promise.all(
        results.map(async (result) => {
          if (result.code !== undefined) return result
          const row = await alarms.byId(result.id)
          return { ...result, alarm: alarmView(row, mayOf(access, row)) }
        }),
      )
      return { results: rows }
    },
  )

  const shelve: Act = {
    operationId: 'shelveAlarm',
    summary: 'Put an alarm aside for a time, with a reason',
    audit: 'alarm.shelved',
  }
  api.post(
    '/alarms/:id/shelve',
    { config: config(shelve), schema: schemaOf(shelve, ShelveRequest) },
    async (request) =>
      act(request, 'alarms.handle', (by) => acts.shelve(request.params.id, request.body, by)),
  )

  const unshelve: Act = {
    operationId: 'unshelveAlarm',
    summary: 'Take an alarm off the shelf: what is on calls again',
    audit: 'alarm.unshelved',
  }
  api.post(
    '/alarms/:id/unshelve',
    { config: config(unshelve), schema: schemaOf(unshelve, NoteRequest) },
    async (request) =>
      act(request, 'alarms.handle', (by) => acts.unshelve(request.params.id, request.body.note, by)),
  )

  const out: Act = {
    operationId: 'takeAlarmOutOfService',
    summary: 'Ask to take an alarm out of service, with a permit; a second person decides',
    audit: 'alarm.out-of-service',
  }
  api.post(
    '/alarms/:id/out-of-service',
    { config: config(out), schema: schemaOf(out, OutOfServiceRequest) },
    async (request) =>
      act(request, 'alarms.handle', (by) => acts.takeOutOfService(request.params.id, request.body, by)),
  )

  const back: Act = {
    operationId: 'returnAlarmToService',
    summary: 'Return an alarm to service: what is on calls again',
    audit: 'alarm.in-service',
  }
  api.post(
    '/alarms/:id/return-to-service',
    { config: config(back), schema: schemaOf(back, NoteRequest) },
    async (request) =>
      act(request, 'alarms.handle', (by) => acts.returnToService(request.params.id, request.body.note, by)),
  )

  const decide: Act = {
    operationId: 'approveAlarmRequest',
    summary: 'Say yes or no, as the second person, to a long shelving or to taking out of service',
    audit: 'alarm.approved',
    needs: 'alarms.approve',
  }
  api.post(
    '/alarms/:id/approve',
    { config: config(decide), schema: schemaOf(decide, ApproveRequest) },
    async (request) =>
      act(request, 'alarms.approve', (by) => acts.decide(request.params.id, request.body, by)),
  )

  const comment: Act = {
    operationId: 'commentAlarm',
    summary: 'Write a note into the history of an alarm',
    audit: 'alarm.commented',
  }
  api.post(
    '/alarms/:id/comment',
    { config: config(comment), schema: schemaOf(comment, CommentRequest) },
    async (request) =>
      act(request, 'alarms.handle', (by) => acts.comment(request.params.id, request.body.note, by)),
  )

  const assign: Act = {
    operationId: 'assignAlarm',
    summary: 'Hand an alarm to somebody who may handle it',
    audit: 'alarm.assigned',
  }
  api.post(
    '/alarms/:id/assign',
    { config: config(assign), schema: schemaOf(assign, AssignRequest) },
    async (request) => {
      const row = await findAlarm(alarms, request, 'alarms.handle')
      const { to } = request.body
      const found =
        to === null
          ? undefined
          : (await people.handling(thingOf(row))).find(({ username }) => username === to)
      if (to !== null && found === undefined)
        throw badRequest([{ path: 'body/to', message: 'is nobody who may handle this alarm' }])
      return await act(request, 'alarms.handle', (by) => acts.assign(request.params.id, found, by))
    },
  )

  const tick: Act = {
    operationId: 'tickAlarmStep',
    summary: 'Tick a step of the procedure of an alarm, or take the tick back',
    audit: 'alarm.ticked',
  }
  api.post(
    '/alarms/:id/procedure/:step',
    {
      config: config(tick),
      schema: {
        ...schemaOf(tick, TickRequest),
        params: Type.Object({ id: AlarmId, step: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }) }, closed),
      },
    },
    async (request) => {
      const { id, step } = request.params
      return await act(request, 'alarms.handle', (by) => acts.tick(id, { step, done: request.body.done }, by))
    },
  )

  const reset: Act = {
    operationId: 'resetAlarm',
    summary: 'Reset an alarm that is latched and acknowledged',
    audit: 'alarm.reset',
  }
  api.post(
    '/alarms/:id/reset',
    { config: config(reset), schema: schemaOf(reset, NoteRequest) },
    async (request) =>
      act(request, 'alarms.handle', (by) => acts.reset(request.params.id, request.body.note, by)),
  )

  const close: Act = {
    operationId: 'closeAlarm',
    summary: 'Close an alarm with what it turned out to be and how one knows',
    audit: 'alarm.closed',
  }
  api.post(
    '/alarms/:id/close',
    { config: config(close), schema: schemaOf(close, CloseRequest) },
    async (request) => act(request, 'alarms.handle', (by) => acts.close(request.params.id, request.body, by)),
  )

  // A scope of its own: nothing else takes a picture.
  api.register((scope: App, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      pictures,
      { parseAs: 'buffer', bodyLimit: maxPhotoBytes },
      (_request, body, parsed) => parsed(null, body),
    )
    const photo: Act = {
      operationId: 'addAlarmPhoto',
      summary: 'Add a photo to an alarm, a PNG or JPEG of at most 4 MB',
      audit: 'alarm.photographed',
    }
    scope.post(
      '/alarms/:id/photos',
      {
        config: config(photo),
        bodyLimit: maxPhotoBytes,
        schema: { ...schemaOf(photo, Type.Unknown()), consumes: pictures },
      },
      async (request) => {
        // Whoever may not see the alarm learns nothing from what is wrong with his picture.
        await findAlarm(alarms, request, 'alarms.handle')
        // The parser above makes nothing else; a request without a body has none.
        const content = (request.body ?? new Uint8Array()) as Uint8Array
        const type = pictureType(content)
        if (type === undefined) throw badRequest([{ path: 'body', message: 'is neither a PNG nor a JPEG' }])
        const digest = createHash('sha256').update(content).digest('hex')
        return await act(request, 'alarms.handle', (by) =>
          acts.photograph(request.params.id, { type, digest, content }, by),
        )
      },
    )
    done()
  })
}

/** By its first bytes, whatever its sender calls it. */
function pictureType(content: Uint8Array): string | undefined {
  const begins = (...bytes: number[]) => bytes.every((byte, index) => content[index] === byte)
  if (begins(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  return begins(0xff, 0xd8, 0xff) ? 'image/jpeg' : undefined
}

function byOf(request: FastifyRequest): By {
  const { id, username, displayName } = requireCaller(request).user
  return { actor: { id, username, displayName }, audit: request.audit }
}
