import type { calendarStates } from '#contract/api/calendars.ts'

export type CalendarState = (typeof calendarStates)[number]

export type Reported = { readonly version: string | null; readonly refused_version: string | null }

/** `wanted`: the version that holds at the gateway's place; `nothing` names that nothing holds. Pure. */
export function stateOfGateway(wanted: string, nothing: string, reported: Reported): CalendarState {
  // One that never had a calendar need not be told that there is none.
  const has = reported.version ?? nothing
  if (has === wanted) return wanted === nothing ? 'none' : 'current'
  return reported.refused_version === wanted ? 'refused' : 'waiting'
}
