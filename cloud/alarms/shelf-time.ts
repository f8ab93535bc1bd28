import { badRequest } from '#cloud/http/bad-request.ts'
import type { ShelveRequest } from '#contract/api/alarms.ts'
import { siteOffsetMs } from '#contract/site-day.ts'

/** One person's limit, and that of two persons in a school (standards digest § 5.3; the standard itself sets no number). */
export const aloneMinutes = 8 * 60
export const togetherMinutes = 12 * 60

const minuteMs = 60_000
const dayMinutes = 1_440
const fixed = { '15m': 15, '1h': 60, '4h': 240 } as const

/** For how long, in minutes. Throws AppError BAD_REQUEST. Pure. */
export function shelfMinutes(
  { for: named, minutes }: Pick<ShelveRequest, 'for' | 'minutes'>,
  now: number,
  shifts: readonly string[],
): number {
  if ((named === undefined) === (minutes === undefined))
    throw badRequest([{ path: 'body/for', message: 'needs to be there, or body/minutes, and not both' }])
  if (minutes !== undefined) {
    if (minutes > togetherMinutes)
      throw badRequest([{ path: 'body/minutes', message: `must be <= ${togetherMinutes} (12 h)` }])
    return minutes
  }
  return named === undefined || named === 'shift' ? untilShift(now, shifts) : fixed[named]
}

/** To the next change of shift, by the site's clock, and never longer than one person may. Pure. */
export function untilShift(now: number, shifts: readonly string[]): number {
  const minute = Math.floor((now + siteOffsetMs) / minuteMs) % dayMinutes
  const waits = shifts.map((text) => {
    const [hours = 0, minutes = 0] = text.split(':').map(Number)
    return (hours * 60 + minutes - minute + dayMinutes - 1) % dayMinutes
  })
  return Math.min(aloneMinutes, Math.min(...waits) + 1)
}
