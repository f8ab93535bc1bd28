import { type TSchema, Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { fileOf } from '#cloud/http/file-of.ts'
import { aboutNode, requireCaller } from '#cloud/http/guard.ts'
import { rangeOf } from '#cloud/http/instants.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DangerRow } from '#cloud/state/tables.ts'
import { closed } from '#contract/api/common.ts'
import {
  AssignDanger,
  CloseDanger,
  CommentDanger,
  Danger,
  DangerDetail,
  DangerList,
  DangerPhoto,
  DangerSummary,
  DangerSummaryQuery,
  DangersQuery,
  FixDanger,
  GradeDanger,
  NewDanger,
  PersonList,
  RecheckDanger,
  ReopenDanger,
} from '#contract/api/dangers.ts'
import { NodeId } from '#contract/api/tree.ts'
import type { AuditAction } from '#contract/audit-actions.ts'
import type { Clock } from '#lib/clock.ts'
import { dangerFile, type FileLanguage } from './danger-file.ts'
import { cursorKey, type DangerSearch } from './danger-repository.ts'
import type { DangerService, Doer } from './danger-service.ts'
import { readSummary } from './danger-summary.ts'

export type DangerRouteOptions = {
  readonly dangers: DangerService
  readonly db: Database
  readonly clock: Clock
  /** Where a place is, in words. */
  readonly placeNames: (language: FileLanguage) => Promise<(node: string) => string>
}

const tags = ['dangers']
const DangerPath = Type.Object({ id: Type.String({ maxLength: 64 }) }, closed)
const PhotoPath = Type.Object(
  { id: Type.String({ maxLength: 64 }), photo: Type.String({ maxLength: 64 }) },
  closed,
)
const NodePath = Type.Object({ id: NodeId }, closed)
const ExportQuery = Type.Object(
  {
    language: Type.Optional(Type.Union([Type.Literal('zh'), Type.Literal('en')])),
    state: DangersQuery.properties.state,
    node: DangersQuery.properties.node,
  },
  closed,
)
const pictures = ['image/png', 'image/jpeg']
const maxPhotoBytes = 5 * 1024 * 1024
const maxExported = 100_000
const yearMs = 365 * 86_400_000
const needs = 'dangers.handle'

/** Hidden dangers (隐患排查治理): found, graded, assigned, mended, inspected, closed. */
export function dangerRoutes(api: App, { dangers, db, clock, placeNames }: DangerRouteOptions): void {
  type Request = Parameters<typeof requireCaller>[0]
  const doerOf = (request: Request): Doer => ({ ...requireCaller(request), audit: request.audit })

  api.get(
    '/dangers',
    {
      schema: {
        operationId: 'listDangers',
        summary: 'Hidden dangers, the one that is due first first',
        ...{ tags, querystring: DangersQuery, response: answers(DangerList) },
      },
    },
    async (request) => {
      const { limit = 100, cursor, state, ...filter } = request.query
      const { user, access } = requireCaller(request)
      const after = keyOf(cursor, 'string', 'number', 'string')
      const search = { ...filter, state: stateOf(state, user.id), after, limit: limit + 1 }
      const rows = await dangers.search(search, access)
      return pageOf(rows, limit, { key: cursorKey, item: (row) => dangers.view(row, { user, access }) })
    },
  )

  api.get(
    '/dangers/summary',
    {
      schema: {
        operationId: 'summariseDangers',
        summary: 'How many are open, late and closed; of the last 365 days unless told otherwise',
        ...{ tags, querystring: DangerSummaryQuery, response: answers(DangerSummary) },
      },
    },
    async ({ query: { node, ...period }, access }) => {
      if (node !== undefined) access.require('view', { node })
      const now = clock.now()
      const range = rangeOf(period, { from: now - yearMs, to: now + 1 })
      return await readSummary(db, { node, nodes: access.nodes('view') }, range, dangers.today())
    },
  )

  api.get(
    '/dangers/export',
    {
      config: { audit: 'danger.exported' },
      schema: {
        operationId: 'exportDangers',
        summary: 'The list as CSV for a spreadsheet',
        produces: ['text/csv'],
        ...{ tags, querystring: ExportQuery, response: answers(Type.String()) },
      },
    },
    async (request, reply) => {
      const { language = 'zh', state, node } = request.query
      const { user, access } = requireCaller(request)
      const search = { state: stateOf(state ?? 'all', user.id), node, limit: maxExported }
      const rows = await dangers.search(search, access)
      request.audit.note({ after: { rows: rows.length, state, node } })
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="dangers.csv"')
        .send(dangerFile(rows, language, await placeNames(language)))
    },
  )

  api.get(
    '/tree/nodes/:id/people',
    {
      config: { needs, about: aboutNode },
      schema: {
        operationId: 'listPeopleOfPlace',
        summary: 'Who may be asked to mend what is at this place',
        ...{ tags, params: NodePath, response: answers(PersonList) },
      },
    },
    async ({ params }) => ({ items: await dangers.people(params.id) }),
  )

  api.post(
    '/dangers',
    {
      config: { needs, audit: 'danger.found' },
      schema: {
        operationId: 'reportDanger',
        summary: 'Report a hidden danger; the same key again is the same danger',
        ...{ tags, body: NewDanger, response: { 201: Danger, ...errorAnswers } },
      },
    },
    async (request, reply) => {
      const doer = doerOf(request)
      const row = await dangers.report(request.body, doer)
      return reply.code(201).header('location', `/api/v1/dangers/${row.id}`).send(dangers.view(row, doer))
    },
  )

  api.get(
    '/dangers/:id',
    {
      config: { about: 'handler' },
      schema: {
        operationId: 'getDanger',
        summary: 'One hidden danger with everything that happened to it',
        ...{ tags, params: DangerPath, response: answers(DangerDetail) },
      },
    },
    async (request) => dangers.detail(request.params.id, requireCaller(request)),
  )

  api.get(
    '/dangers/:id/photos/:photo',
    {
      config: { about: 'handler' },
      schema: {
        operationId: 'getDangerPhoto',
        summary: 'A picture of a hidden danger',
        produces: pictures,
        ...{ tags, params: PhotoPath, response: answers(Type.Unknown()) },
      },
    },
    async (request, reply) => {
      const { id, photo } = request.params
      const { type, content } = await dangers.photo(id, photo, requireCaller(request))
      return reply.type(type).header('cache-control', 'private, max-age=86400').send(Buffer.from(content))
    },
  )

  /** A step of one danger: POST /dangers/:id/<name>. */
  function step<S extends TSchema>(
    name: string,
    {
      operationId,
      summary,
      audit,
      body,
    }: { operationId: string; summary: string; audit: AuditAction; body: S },
    act: (id: string, body: Type.Static<S>, doer: Doer) => Promise<DangerRow>,
  ): void {
    api.post(
      `/dangers/:id/${name}`,
      {
        config: { needs, about: 'handler', audit },
        schema: { operationId, summary, tags, params: DangerPath, body, response: answers(Danger) },
      },
      async (request) => {
        const doer = doerOf(request)
        const { id } = request.params as { id: string }
        return dangers.view(await act(id, request.body as Type.Static<S>, doer), doer)
      },
    )
  }

  step(
    'grade',
    { operationId: 'gradeDanger', summary: 'Say how grave it is', audit: 'danger.graded', body: GradeDanger },
    (id, { grade, note }, doer) => dangers.grade(id, grade, note, doer),
  )
  step(
    'assign',
    {
      ...{ operationId: 'assignDanger', summary: 'Say who mends it until when' },
      ...{ audit: 'danger.assigned', body: AssignDanger },
    },
    (id, body, doer) => dangers.assign(id, body, doer),
  )
  step(
    'fix',
    {
      ...{ operationId: 'fixDanger', summary: 'Say that it is mended; a picture has to be there' },
      ...{ audit: 'danger.fixed', body: FixDanger },
    },
    (id, { note }, doer) => dangers.fix(id, note, doer),
  )
  step(
    'recheck',
    {
      ...{ operationId: 'recheckDanger', summary: 'Inspect what somebody else has mended' },
      ...{ audit: 'danger.rechecked', body: RecheckDanger },
    },
    (id, { passed, note }, doer) => dangers.recheck(id, passed, note, doer),
  )
  step(
    'close',
    { operationId: 'closeDanger', summary: 'Close it', audit: 'danger.closed', body: CloseDanger },
    (id, { note }, doer) => dangers.close(id, note, doer),
  )
  step(
    'reopen',
    {
      ...{ operationId: 'reopenDanger', summary: 'It was not gone: from the start, with its history' },
      ...{ audit: 'danger.reopened', body: ReopenDanger },
    },
    (id, { note }, doer) => dangers.reopen(id, note, doer),
  )
  step(
    'comment',
    {
      ...{ operationId: 'commentDanger', summary: 'Add a note to its history' },
      ...{ audit: 'danger.commented', body: CommentDanger },
    },
    (id, { note }, doer) => dangers.comment(id, note, doer),
  )

  // A scope of its own: nothing else takes a picture.
  api.register((scope: App, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      pictures,
      { parseAs: 'buffer', bodyLimit: maxPhotoBytes },
      (_request, body, parsed) => parsed(null, body),
    )
    scope.post(
      '/dangers/:id/photos',
      {
        config: { needs, about: 'handler', audit: 'danger.photo-added' },
        bodyLimit: maxPhotoBytes,
        schema: {
          operationId: 'addDangerPhoto',
          summary: 'Add a picture, PNG or JPEG of at most 5 MB; where it was taken is not kept',
          consumes: pictures,
          ...{ tags, params: DangerPath, body: Type.Unknown() },
          response: { 201: DangerPhoto, ...errorAnswers },
        },
      },
      async (request, reply) => {
        const photo = await dangers.addPhoto(request.params.id, fileOf(request.body), doerOf(request))
        return reply.code(201).send(photo)
      },
    )
    done()
  })
}

function stateOf(state: DangersQuery['state'], user: string): DangerSearch['state'] {
  return state === 'mine' ? { assignee: user } : state
}
