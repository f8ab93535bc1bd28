import { rangeOfSiteDay } from '#contract/site-day.ts'

export type LedgerSearch = { day?: string }

/** Today, unless the address names another day. */
export function ledgerSearch({ day }: Record<string, unknown>): LedgerSearch {
  return typeof day === 'string' && rangeOfSiteDay(day) !== undefined ? { day } : {}
}
