import { type App, answers } from '#cloud/http/app.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import { instant, parseInstant, rangeOf } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import { AlarmQuality, QualityQuery } from '#contract/api/alarms.ts'
import type { Clock } from '#lib/clock.ts'
import { alarmQuality } from './quality-repository.ts'

const dayMs = 86_400_000
const usualDays = 30
const mostDays = 366

/** How good the alarms are, for each duty post. */
export function qualityRoutes(
  api: App,
  { db, clock }: { readonly db: Database; readonly clock: Clock },
): void {
  api.get(
    '/alarms/quality',
    {
      schema: {
        operationId: 'getAlarmQuality',
        summary: 'The figures of EEMUA 191 for each duty post, with their targets',
        tags: ['alarms'],
        querystring: QualityQuery,
        response: answers(AlarmQuality),
      },
    },
    async ({ query, access }) => {
      const { node } = query
      if (node !== undefined) access.require('view', { node })
      const end = (query.to === undefined ? undefined : parseInstant(query.to)) ?? clock.now()
      const { from, to } = rangeOf(query, { from: end - usualDays * dayMs, to: end })
      if (to - from > mostDays * dayMs)
        throw badRequest([
          { path: 'query/from', message: `must be at most ${mostDays} days before query/to` },
        ])
      const posts = await alarmQuality(db, { from, to, node, nodes: access.nodes('view') })
      return { from: instant(from), to: instant(to), posts }
    },
  )
}
