/** EEMUA 191: a flood begins with more than 10 annunciations in 10 minutes; that it ends below 5 is not checked in the text. */
export const floodWindowMs = 600_000
export const floodEnter = 10
export const floodLeave = 5

export type Flood = {
  readonly inFlood: boolean
  readonly since: number | undefined
  /** Annunciations within the window, oldest first. */
  readonly times: readonly number[]
}

export const quietPost: Flood = { inFlood: false, since: undefined, times: [] }

/** The state of one duty post at `now`, with new annunciations. Pure. */
export function nextFlood(flood: Flood, now: number, annunciated: readonly number[] = []): Flood {
  const times = [...flood.times, ...annunciated]
    .filter((at) => at > now - floodWindowMs)
    .sort((a, b) => a - b)
  const inFlood = flood.inFlood ? times.length >= floodLeave : times.length > floodEnter
  const since = inFlood ? (flood.since ?? now) : undefined
  return { inFlood, since, times }
}

/** How much of the time from `from` to `to` a post was in flood. `times` reach back one window before `from`. Pure. */
export function floodMs(times: readonly number[], from: number, to: number): number {
  const changes = times
    .flatMap((at) => [
      { at, by: 1 },
      { at: at + floodWindowMs, by: -1 },
    ])
    .sort((a, b) => a.at - b.at)
  let count = 0
  let total = 0
  let began: number | undefined
  for (const [index, { at, by }] of changes.entries()) {
    count += by
    if (changes[index + 1]?.at === at) continue // what comes and goes at once counts as it ends
    if (began === undefined && count > floodEnter) began = at
    if (began === undefined || count >= floodLeave) continue
    total += overlapMs(began, at, from, to)
    began = undefined
  }
  return total + (began === undefined ? 0 : overlapMs(began, to, from, to))
}

function overlapMs(began: number, ended: number, from: number, to: number): number {
  return Math.max(0, Math.min(ended, to) - Math.max(began, from))
}
