import { badRequest } from './bad-request.ts'

/** Times that a gateway reports may be any number; years have four digits here. */
const lastInstant = Date.UTC(9999, 11, 31)

/** RFC 3339 in UTC with ms, as every body has it. Never throws. */
export function instant(epochMs: number): string {
  return new Date(Math.min(Math.max(epochMs, 0), lastInstant)).toISOString()
}

/** The same for columns that may be null: for spreading into an answer, where absent means absent. */
export function optional<K extends string, T>(key: K, value: T | null | undefined): { [P in K]?: T } {
  return value === null || value === undefined ? {} : ({ [key]: value } as { [P in K]?: T })
}

export function optionalInstant<K extends string>(
  key: K,
  epochMs: number | null | undefined,
): { [P in K]?: string } {
  return optional(key, epochMs === null || epochMs === undefined ? undefined : instant(epochMs))
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/i

/** Epoch ms of a time in a query: epoch ms, or RFC 3339 with a zone. `undefined` when it is neither. */
export function parseInstant(text: string): number | undefined {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  // In a query a plus sign means a space, and people forget to write %2B.
  const written = text.replace(/ (?=\d{2}:\d{2}$)/, '+')
  const at = rfc3339.test(written) ? Date.parse(written) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

export type Range = { readonly from: number; readonly to: number }

/** `from` and `to` of a query, half-open. Throws AppError BAD_REQUEST with every problem. */
export function rangeOf(
  query: { from?: string | undefined; to?: string | undefined },
  otherwise: Range,
): Range {
  const from = query.from === undefined ? otherwise.from : parseInstant(query.from)
  const to = query.to === undefined ? otherwise.to : parseInstant(query.to)
  const message = 'is neither epoch ms nor RFC 3339 with a zone'
  const problems = [
    ...(from === undefined ? [{ path: 'query/from', message }] : []),
    ...(to === undefined ? [{ path: 'query/to', message }] : []),
  ]
  if (from !== undefined && to !== undefined) {
    if (from < to) return { from, to }
    problems.push({ path: 'query/from', message: 'must be before query/to' })
  }
  throw badRequest(problems)
}
