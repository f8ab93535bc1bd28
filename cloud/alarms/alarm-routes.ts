import { type App, answers } from '#cloud/http/app.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { AlarmList, AlarmsQuery } from '#contract/api/alarms.ts'
import type { AlarmRepository } from './alarm-repository.ts'
import { alarmView } from './alarm-view.ts'

export type AlarmRouteOptions = {
  readonly alarms: AlarmRepository
  /** The present number of the live stream. */
  readonly liveSeq: () => number
}

export function alarmRoutes(api: App, { alarms, liveSeq }: AlarmRouteOptions): void {
  api.get(
    '/alarms',
    {
      schema: {
        operationId: 'listAlarms',
        summary: 'Alarms, newest first',
        tags: ['alarms'],
        querystring: AlarmsQuery,
        response: answers(AlarmList),
      },
    },
    async ({ query: { limit = 100, cursor, state, priority, gateway }, access }) => {
      const seq = liveSeq() // before reading: what changes in between comes again over the live stream
      const after = keyOf(cursor, 'number', 'string', 'string')
      const filter = { open: state !== 'all', priority, gateway, nodes: access.nodes('view') }
      const rows = await alarms.search({ ...filter, after, limit: limit + 1 })
      const key = (row: (typeof rows)[number]) => [row.received_at, row.gateway, row.occurrence]
      return { ...pageOf(rows, limit, { key, item: alarmView }), seq }
    },
  )
}
