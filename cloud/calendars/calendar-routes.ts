import { Type } from 'typebox'
import type { Thing } from '#cloud/access/access.ts'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { fileOf } from '#cloud/http/file-of.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import {
  CalendarDraft,
  CalendarQuery,
  CalendarVersionQuery,
  GatewayCalendarList,
  GatewayCalendarsQuery,
  HolidayImport,
  HolidayImportQuery,
  PlaceCalendar,
} from '#contract/api/calendars.ts'
import { closed } from '#contract/api/common.ts'
import { NodeId } from '#contract/api/tree.ts'
import type { CalendarService } from './calendar-service.ts'
import { readHolidayCsv, readHolidayJson } from './holiday-file.ts'

const tags = ['calendars']
const needs = 'organisation.change'
const NodePath = Type.Object({ node: NodeId }, closed)
const aboutPlace = ({ node = '' }: Readonly<Record<string, string>>): Thing => ({ node })
const mediaTypes = { csv: 'text/csv', json: 'application/json' } as const
const maxFileBytes = 256 * 1024
/** A year of timetables and examinations of a large school is some ten thousand characters. */
const maxPartBytes = 512 * 1024

/** The school calendar: what holds at a place, what each place says of it, and which gateways have it. */
export function calendarRoutes(api: App, calendars: CalendarService): void {
  type Request = Parameters<typeof requireCaller>[0]
  const authorOf = (request: Request) => ({ user: requireCaller(request).user, audit: request.audit })

  api.get(
    '/calendars',
    {
      schema: {
        operationId: 'getCalendar',
        summary: 'The school calendar that holds at a place, and where each part of it comes from',
        ...{ tags, querystring: CalendarQuery, response: answers(PlaceCalendar) },
      },
    },
    async ({ query: { node }, access }) => {
      access.require('view', { node })
      return await calendars.view(node)
    },
  )

  api.get(
    '/calendars/gateways',
    {
      schema: {
        operationId: 'listCalendarGateways',
        summary: 'Which school calendar each gateway has, and which it is to have',
        ...{ tags, querystring: GatewayCalendarsQuery, response: answers(GatewayCalendarList) },
      },
    },
    async ({ query: { node, limit = 100, cursor }, access }) => {
      if (node !== undefined) access.require('view', { node })
      const [after] = keyOf(cursor, 'string') ?? []
      const search = { node, nodes: access.nodes('view'), after, limit: limit + 1 }
      const rows = await calendars.gateways(search)
      return pageOf(rows, limit, { key: ({ gateway }) => [gateway], item: (row) => row })
    },
  )

  api.put(
    '/calendars/:node',
    {
      config: { needs, about: aboutPlace, audit: 'calendar.put' },
      bodyLimit: maxPartBytes,
      schema: {
        operationId: 'putCalendar',
        summary: 'Say what a place says of the school calendar: what the body leaves out comes from above',
        ...{ tags, params: NodePath, body: CalendarDraft, response: answers(PlaceCalendar) },
      },
    },
    async (request) => calendars.put(request.params.node, request.body, authorOf(request)),
  )

  api.delete(
    '/calendars/:node',
    {
      config: { needs, about: aboutPlace, audit: 'calendar.deleted' },
      schema: {
        operationId: 'deleteCalendar',
        summary: 'A place says nothing of the school calendar any more: all of it comes from above',
        ...{ tags, params: NodePath, querystring: CalendarVersionQuery },
        response: { 204: Type.Null(), ...errorAnswers },
      },
    },
    async (request, reply) => {
      await calendars.delete(request.params.node, request.query.version, authorOf(request))
      return reply.code(204).send(null)
    },
  )

  // A scope of its own: here JSON is a file as well.
  api.register((scope: App, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      Object.values(mediaTypes),
      { parseAs: 'buffer', bodyLimit: maxFileBytes },
      (_request, body, parsed) => parsed(null, body),
    )
    scope.post(
      '/calendars/:node/import',
      {
        config: { needs, about: aboutPlace, audit: 'calendar.imported' },
        bodyLimit: maxFileBytes,
        schema: {
          operationId: 'importHolidays',
          summary: 'Replace the holidays and make-up days of a year by a file, or say what that would change',
          description: 'A dry run unless `dryRun=false`. Nothing is applied while there is a problem.',
          consumes: Object.values(mediaTypes),
          ...{ tags, params: NodePath, querystring: HolidayImportQuery, body: Type.Unknown() },
          response: answers(HolidayImport),
        },
      },
      async (request) => {
        const { year, version, dryRun = true } = request.query
        const isCsv = request.headers['content-type']?.startsWith(mediaTypes.csv)
        const read = isCsv ? readHolidayCsv : readHolidayJson
        const file = read(fileOf(request.body), year)
        return await calendars.import(request.params.node, { year, version, dryRun, file }, authorOf(request))
      },
    )
    done()
  })
}
