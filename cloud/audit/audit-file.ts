import type { AuditEntry } from '#contract/api/audit.ts'
import { hashedFields } from './chain.ts'

const columns = [...hashedFields, 'hash'] as const

export type FileFormat = 'csv' | 'jsonl'
type Pages = AsyncIterable<readonly AuditEntry[]>

/** Every row as a file, a page at a time. */
export async function* auditFile(pages: Pages, format: FileFormat): AsyncGenerator<string> {
  // The mark by which a spreadsheet knows UTF-8.
  if (format === 'csv') yield `\ufeff${columns.join(',')}\r\n`
  const lineOf = format === 'csv' ? csvLine : (entry: AuditEntry) => `${JSON.stringify(entry)}\n`
  for await (const page of pages) yield page.map(lineOf).join('')
}

function csvLine(entry: AuditEntry): string {
  return `${columns.map((column) => cell(String(entry[column]))).join(',')}\r\n`
}

/**
 * A spreadsheet would run some texts as formulas; an apostrophe in front keeps it from that. Texts that begin with one get
 * another, so that taking one away gives back every text as it was.
 */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r']/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
