import type { AuditEntry } from '#contract/api/audit.ts'
import { csvFile } from '#lib/csv.ts'
import { hashedFields } from './chain.ts'

const columns = [...hashedFields, 'hash'] as const

export type FileFormat = 'csv' | 'jsonl'
type Pages = AsyncIterable<readonly AuditEntry[]>

/** Every row as a file, a page at a time. */
export function auditFile(pages: Pages, format: FileFormat): AsyncGenerator<string> {
  return format === 'csv' ? csvFile(columns, cellsOf(pages)) : lines(pages)
}

async function* cellsOf(pages: Pages) {
  for await (const page of pages) yield page.map((entry) => columns.map((column) => String(entry[column])))
}

async function* lines(pages: Pages): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('')
}
