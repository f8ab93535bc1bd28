import { type AuditAction, auditActions } from '#contract/audit-actions.ts'

export type AuditSearch = {
  from?: number
  to?: number
  who?: string
  action?: AuditAction
  target?: string
  after?: string
}

/** The filters of the list, as they stand in the address. */
export function auditSearch(search: Record<string, unknown>): AuditSearch {
  const { action, after } = search
  return {
    ...instants(search),
    ...text('who', search.who, 100),
    ...(typeof action === 'string' && Object.hasOwn(auditActions, action)
      ? { action: action as AuditAction }
      : {}),
    ...text('target', search.target, 300),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
  }
}

function instants({ from, to }: Record<string, unknown>): Pick<AuditSearch, 'from' | 'to'> {
  const start = isInstant(from) ? { from } : {}
  const end = isInstant(to) && (start.from === undefined || start.from < to) ? { to } : {}
  return { ...start, ...end }
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** An address like `?who=7` holds a number. */
function text<K extends 'who' | 'target'>(key: K, value: unknown, maxLength: number): { [P in K]?: string } {
  const isText = typeof value === 'string' || typeof value === 'number'
  const found = isText ? String(value).trim().slice(0, maxLength) : ''
  return found === '' ? {} : ({ [key]: found } as { [P in K]?: string })
}
