import { type Static, Type } from 'typebox'
import { type App, answers } from '#cloud/http/app.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import { aboutGateway } from '#cloud/http/guard.ts'
import { rangeOf } from '#cloud/http/instants.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import type { Database } from '#cloud/state/database.ts'
import { closed, GatewayId } from '#contract/api/common.ts'
import { Gateway, GatewayList, GatewaysQuery } from '#contract/api/gateways.ts'
import { Ledger, LedgerDay, LedgerQuery } from '#contract/api/ledger.ts'
import { AppError } from '#contract/errors.ts'
import { rangeOfSiteDay } from '#contract/site-day.ts'
import { GatewayRepository } from './gateway-repository.ts'
import { gatewayView } from './gateway-view.ts'
import { readLedger } from './ledger.ts'
import { readLedgerDay } from './ledger-day.ts'

const tags = ['gateways']
const GatewayPath = Type.Object({ id: GatewayId }, closed)
type GatewayPath = Static<typeof GatewayPath>
const DayPath = Type.Object(
  { id: GatewayId, day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }) },
  closed,
)

export function gatewayRoutes(api: App, db: Database): void {
  const gateways = new GatewayRepository(db)

  async function find({ id }: GatewayPath): Promise<Gateway> {
    const row = await gateways.byId(id)
    if (row === undefined) throw new AppError('NOT_FOUND', `there is no gateway ${id}`)
    return gatewayView(row)
  }

  api.get(
    '/gateways',
    {
      schema: {
        operationId: 'listGateways',
        summary: 'Gateways with state, versions, backlog per lane and autonomy',
        tags,
        querystring: GatewaysQuery,
        response: answers(GatewayList),
      },
    },
    async ({ query: { limit = 100, cursor }, access }) => {
      const [after] = keyOf(cursor, 'string') ?? []
      const rows = await gateways.list({ limit: limit + 1, after, nodes: access.nodes('view') })
      return pageOf(rows, limit, { key: ({ id }) => [id], item: gatewayView })
    },
  )

  api.get(
    '/gateways/:id',
    {
      config: { about: aboutGateway },
      schema: {
        operationId: 'getGateway',
        summary: 'One gateway',
        tags,
        params: GatewayPath,
        response: answers(Gateway),
      },
    },
    async ({ params }) => find(params),
  )

  api.get(
    '/gateways/:id/ledger',
    {
      config: { about: aboutGateway },
      schema: {
        operationId: 'getLedger',
        summary: 'What the gateway produced, what arrived, what it dropped and what it still owes',
        tags,
        params: GatewayPath,
        querystring: LedgerQuery,
        response: answers(Ledger),
      },
    },
    async ({ params, query }) => {
      const { id } = await find(params)
      return readLedger(db, id, rangeOf(query, { from: 0, to: Number.MAX_SAFE_INTEGER }))
    },
  )

  api.get(
    '/gateways/:id/ledger/:day',
    {
      config: { about: aboutGateway },
      schema: {
        operationId: 'getLedgerDay',
        summary:
          'What arrived, what was dropped and what is owed of one day, on the clock of the site (UTC+8)',
        tags,
        params: DayPath,
        response: answers(LedgerDay),
      },
    },
    async ({ params: { id, day } }) => {
      const range = rangeOfSiteDay(day)
      if (range === undefined) throw badRequest([{ path: 'path/day', message: 'is no day' }])
      await find({ id })
      return readLedgerDay(db, id, { day, ...range })
    },
  )
}
