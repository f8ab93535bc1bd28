import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { thingOfPoint } from '#cloud/access/access.ts'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import { instant } from '#cloud/http/instants.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import type { Database } from '#cloud/state/database.ts'
import { closed } from '#contract/api/common.ts'
import {
  ClassRuleId,
  DataCatalogueQuery,
  DataClassRuleList,
  DataClassRulePut,
  DataExportQuery,
  DataPoint,
  DataPointList,
  DataPointPatch,
  DerivedFigureList,
} from '#contract/api/data-catalogue.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { type ClassRules, classRules, putRule, rulesView } from './class-rules.ts'
import { dataFile } from './data-file.ts'
import { DataRepository, type DataSearch, type StoredPoint } from './data-repository.ts'
import { type DataContext, dataPointView } from './data-view.ts'
import { derivedFigures, type Keeping } from './derived-figures.ts'
import { patchPoint, pointKeyOf } from './patch-point.ts'
import { placeNames } from './place-names.ts'
import { standings } from './sources.ts'

export type DataRouteOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly keeping: Keeping
}

const tags = ['data catalogue']
/** `<gateway>%2F<device>%2F<point>`: the id as one piece. */
const PointPath = Type.Object(
  {
    point: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{1,62}/[a-z0-9][a-z0-9-]{1,62}/.{1,128}$',
      description: '<gateway>/<device>/<point>, encoded as one piece',
    }),
  },
  closed,
)
const RulePath = Type.Object({ rule: ClassRuleId }, closed)
const file = { schema: Type.Unsafe<Readable>({ type: 'string' }) }
const exportPage = 1_000
const keyOfRow = ({ gateway, device, id }: StoredPoint) => [gateway, device, id] as const

/** What data there are, where each comes from, who answers for it, and how it is to be handled. */
export function dataRoutes(api: App, { db, clock, keeping }: DataRouteOptions): void {
  const data = new DataRepository(db)

  /** `known`: the standings of all rooms, for whoever goes through all points. */
  async function views(
    rows: readonly StoredPoint[],
    rules: ClassRules,
    known?: DataContext['standings'],
  ): Promise<DataPoint[]> {
    const namesOf = await placeNames(
      db,
      rows.flatMap(({ place, owner }) => [place, owner]),
    )
    const found = known ?? standings(await data.claims(rows.map(({ own_place }) => own_place)))
    return rows.map((row) => dataPointView(row, { keeping, rules, namesOf, standings: found }))
  }

  async function* pages(search: Omit<DataSearch, 'after' | 'limit'>): AsyncGenerator<DataPoint[]> {
    const known = standings(await data.allClaims())
    for (let after: DataSearch['after']; ; ) {
      const rows = await data.search({ ...search, after, limit: exportPage })
      yield await views(rows, search.rules, known)
      const last = rows.at(-1)
      if (rows.length < exportPage || last === undefined) return
      after = keyOfRow(last)
    }
  }

  api.get(
    '/data-catalogue',
    {
      schema: {
        operationId: 'listDataPoints',
        summary:
          'Every point with its source, unit, owner, class, retention, and whether it is the one source',
        ...{ tags, querystring: DataCatalogueQuery, response: answers(DataPointList) },
      },
    },
    async ({ query: { limit = 100, cursor, device, ...filter }, access }) => {
      const after = keyOf(cursor, 'string', 'string', 'string')
      const rules = await classRules(db)
      const search = { ...filter, device: deviceOf(device), rules }
      const rows = await data.search({ ...search, after, limit: limit + 1, nodes: access.nodes('view') })
      const page = pageOf(rows, limit, { key: keyOfRow, item: (row) => row })
      return { ...page, items: await views(page.items, rules) }
    },
  )

  api.get(
    '/data-catalogue/figures',
    {
      schema: {
        operationId: 'listDerivedFigures',
        summary: 'Figures that the cloud makes itself, and of what',
        ...{ tags, response: answers(DerivedFigureList) },
      },
    },
    async () => ({ items: derivedFigures(keeping) }),
  )

  api.get(
    '/data-catalogue/classes',
    {
      schema: {
        operationId: 'listDataClassRules',
        summary: 'How data are classed where nobody has classed a point itself',
        ...{ tags, response: answers(DataClassRuleList) },
      },
    },
    async () => ({ items: rulesView(await classRules(db)) }),
  )

  api.put(
    '/data-catalogue/classes/:rule',
    {
      // A rule is for all schools.
      config: { needs: 'devices.manage', everywhere: true, audit: 'data-class.put' },
      schema: {
        operationId: 'putDataClassRule',
        summary: 'Class all data of a quantity or of a category of devices, or go back to the default',
        ...{ tags, params: RulePath, body: DataClassRulePut, response: answers(DataClassRuleList) },
      },
    },
    async ({ params: { rule }, body: { dataClass }, audit }) => {
      await putRule(db, rule, dataClass, audit)
      return { items: rulesView(await classRules(db)) }
    },
  )

  api.get(
    '/data-catalogue/export',
    {
      schema: {
        operationId: 'exportDataCatalogue',
        summary: 'The data catalogue as a CSV file for a spreadsheet, with headings in Chinese or English',
        ...{ tags, querystring: DataExportQuery },
        response: { 200: { description: 'The file', content: { 'text/csv': file } }, ...errorAnswers },
      },
    },
    async ({ query: { format: _, language = 'zh', device, ...filter }, access }, reply) => {
      const rules = await classRules(db)
      const search = { ...filter, device: deviceOf(device), rules, nodes: access.nodes('view') }
      const name = `data-catalogue-${instant(clock.now()).slice(0, 10)}.csv`
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(Readable.from(dataFile(pages(search), derivedFigures(keeping), language)))
    },
  )

  api.patch(
    '/data-catalogue/:point',
    {
      // The handler says no in the words of the question: a point, not its device.
      config: { needs: 'devices.manage', about: 'handler', audit: 'data-point.updated' },
      schema: {
        operationId: 'updateDataPoint',
        summary: 'Class a point, say who answers for it, or make it the one source of its room',
        ...{ tags, params: PointPath, body: DataPointPatch, response: answers(DataPoint) },
      },
    },
    async ({ params, body, access, audit }) => {
      const thing = thingOfPoint(params.point)
      if (!access.can('view', thing)) throw new AppError('NOT_FOUND', `there is no point ${params.point}`)
      access.require('devices.manage', thing)
      if (typeof body.owner === 'string') access.require('view', { node: body.owner })
      const key = pointKeyOf(params.point)
      await patchPoint(db, key, body, audit)
      const row = await data.byKey(key)
      const [view] = row === undefined ? [] : await views([row], await classRules(db))
      if (view === undefined) throw new AppError('NOT_FOUND', `there is no point ${params.point}`)
      return view
    },
  )
}

function deviceOf(text: string | undefined): DataSearch['device'] {
  if (text === undefined) return undefined
  const [gateway = '', id = '', ...rest] = text.split('/')
  if (id === '' || rest.length > 0)
    throw badRequest([{ path: 'query/device', message: 'must be <gateway>/<device>' }])
  return { gateway, id }
}
