import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { instant, rangeOf } from '#cloud/http/instants.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { AuditChain, type AuditEntry, AuditExportQuery, AuditList, AuditQuery } from '#contract/api/audit.ts'
import type { Clock } from '#lib/clock.ts'
import { auditFile, type FileFormat } from './audit-file.ts'
import type { AuditLog } from './audit-log.ts'

const tags = ['audit']
/** What is written down is of all places at once. */
const config = { needs: 'audit.read', everywhere: true } as const
const types: Readonly<Record<FileFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
}

const file = { schema: Type.Unsafe<Readable>({ type: 'string' }) }

export function auditRoutes(api: App, { log, clock }: { log: AuditLog; clock: Clock }): void {
  let walk: Promise<AuditChain> | undefined

  /** Walking costs the store something: whoever asks meanwhile gets the same answer. */
  function chain(): Promise<AuditChain> {
    walk ??= verified().finally(() => {
      walk = undefined
    })
    return walk
  }

  async function verified(): Promise<AuditChain> {
    const at = instant(clock.now())
    const { rows, head, broken } = await log.verify()
    return { at, rows, ...(head === undefined ? {} : { head }), ...(broken === undefined ? {} : { broken }) }
  }

  api.get(
    '/audit',
    {
      config,
      schema: {
        operationId: 'listAudit',
        summary: 'Who did what, newest first',
        ...{ tags, querystring: AuditQuery, response: answers(AuditList) },
      },
    },
    async ({ query: { limit = 100, cursor, from, to, ...search } }) => {
      const range = rangeOf({ from, to }, { from: 0, to: Number.MAX_SAFE_INTEGER })
      const [before] = keyOf(cursor, 'number') ?? []
      const rows = await log.search({ ...search, ...range, before, limit: limit + 1 })
      return pageOf(rows, limit, { key: ({ seq }: AuditEntry) => [seq], item: (entry) => entry })
    },
  )

  api.get(
    '/audit/chain',
    {
      config,
      schema: {
        operationId: 'verifyAudit',
        summary: 'Walk through all rows: is each as it was written, and is none missing',
        ...{ tags, response: answers(AuditChain) },
      },
    },
    chain,
  )

  api.get(
    '/audit/export',
    {
      config: { ...config, audit: 'audit.exported' },
      schema: {
        operationId: 'exportAudit',
        summary: 'Every row with its hash, oldest first, as a file; docs/audit.md says how to verify it',
        ...{ tags, querystring: AuditExportQuery },
        response: {
          200: { description: 'The file', content: { 'text/csv': file, 'application/x-ndjson': file } },
          ...errorAnswers,
        },
      },
    },
    async ({ query: { format = 'csv' }, audit }, reply) => {
      const head = await log.head()
      audit.note({ after: { format, upTo: head?.seq ?? 0 } })
      const name = `audit-${instant(clock.now()).slice(0, 10)}-${head?.seq ?? 0}.${format}`
      return reply
        .type(types[format])
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(Readable.from(auditFile(log.pages(), format)))
    },
  )
}
