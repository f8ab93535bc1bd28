import { type Tab, tabs } from '#contract/alarm-life.ts'

export type AlarmsSearch = { show?: Exclude<Tab, 'pending'> }

/** What waits for somebody, unless the address asks for another list. */
export function alarmsSearch({ show }: Record<string, unknown>): AlarmsSearch {
  const tab = tabs.find((one) => one === show)
  return tab === undefined || tab === 'pending' ? {} : { show: tab }
}

export type QualitySearch = { days?: 7 | 90 }

/** Thirty days, unless the address asks for less or more. */
export function qualitySearch({ days }: Record<string, unknown>): QualitySearch {
  return days === 7 || days === 90 ? { days } : {}
}
