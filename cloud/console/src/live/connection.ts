/**
 * What the badge shows. `since` is when the state began, by this tab's clock. `stalled`: the socket is open and has said
 * nothing for longer than two heartbeats.
 */
export type Connection = {
  readonly state: 'connecting' | 'live' | 'stalled' | 'down'
  readonly since: number
  /** The server has other console files than the ones this tab runs. */
  readonly newBuild: boolean
}

export const stalledAfterMs = 10_000
/** Nothing for this long: the socket is given up and a new one is tried. */
export const deadAfterMs = 20_000

/** What silence of `silentMs` on an open socket means. */
export function judgeSilence(silentMs: number): 'live' | 'stalled' | 'dead' {
  if (silentMs >= deadAfterMs) return 'dead'
  return silentMs >= stalledAfterMs ? 'stalled' : 'live'
}

/** Delay before attempt `attempt` (0 = the first): doubles from 0.5 s to 15 s, spread by ±30 %. */
export function reconnectDelayMs(attempt: number, random: () => number = Math.random): number {
  return Math.round(Math.min(15_000, 500 * 2 ** Math.min(attempt, 10)) * (0.7 + 0.6 * random()))
}
