export type AlarmsSearch = { show?: 'all' }

/** Open alarms, unless the address asks for all. */
export function alarmsSearch({ show }: Record<string, unknown>): AlarmsSearch {
  return show === 'all' ? { show } : {}
}
