/** Wall clocks of the zones of the world: which day and minute an instant shows, and which instants show a minute. Pure. */

/** `minute`: of the day, 0 to 1439; `day` is `2026-11-27`. */
export type WallMinute = { readonly day: string; readonly minute: number }

const dayMs = 86_400_000
const minuteMs = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()

export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

export function wallOf(zone: string, at: number): WallMinute {
  const wall = new Date(at + offsetAt(zone, at)).toISOString()
  return { day: wall.slice(0, 10), minute: Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16)) }
}

/**
 * The instants at which a clock on the wall jumps or ticks to this minute: one as a rule, none in the hour that a clock
 * skips in spring, two in the hour that it shows twice in autumn. Minute 1440 is midnight of the next day.
 */
export function instantsOf(zone: string, day: string, minute: number): number[] {
  const asUtc = Date.parse(`${day}T00:00:00.000Z`) + minute * minuteMs
  // No zone is further than a day from UTC, and no zone changes twice within two days.
  const offsets = new Set([offsetAt(zone, asUtc - dayMs), offsetAt(zone, asUtc + dayMs)])
  return [...offsets]
    .map((offset) => asUtc - offset)
    .filter((at) => at + offsetAt(zone, at) === asUtc)
    .sort((a, b) => a - b)
}

/** The first instant after `after` and not after `until` at which the zone's clock jumps. */
export function nextJump(zone: string, after: number, until: number): number | undefined {
  for (let from = after; from < until; from += dayMs) {
    const to = Math.min(from + dayMs, until)
    const before = offsetAt(zone, from)
    if (offsetAt(zone, to) === before) continue
    let [low, high] = [from, to]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (offsetAt(zone, middle) === before) low = middle
      else high = middle
    }
    return high
  }
  return undefined
}

/** 1 is Monday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00.000Z`).getUTCDay() || 7
}

/** So many days later; earlier when negative. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + days * dayMs).toISOString().slice(0, 10)
}

/** From the first to the second; negative when that is earlier. */
export function daysBetween(first: string, last: string): number {
  return (Date.parse(`${last}T00:00:00.000Z`) - Date.parse(`${first}T00:00:00.000Z`)) / dayMs
}

/** JavaScript reads 2026-02-30 as some other day. */
export function isDay(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00.000Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day
}

/** `08:30` as minutes since midnight. */
export function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
}

/** What the zone is ahead of UTC, ms. */
function offsetAt(zone: string, at: number): number {
  const wholeSecond = Math.floor(at / 1000) * 1000
  const shown: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(wholeSecond)) shown[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecond
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
  const times = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, ...fields, ...times })
  formats.set(zone, made)
  return made
}
