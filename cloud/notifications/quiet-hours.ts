/** Wall clock times `HH:MM` of a day in `timeZone`; over midnight when `from` is later than `to`. */
export type QuietHours = { readonly from: string; readonly to: string }

const dayMinutes = 1440

/** When the quiet hours that `at` lies in are over; `undefined` outside of them. Pure. */
export function quietUntil(quiet: QuietHours | undefined, timeZone: string, at: number): number | undefined {
  if (quiet === undefined) return undefined
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)]
  const now = minuteOfDay(at, timeZone)
  const length = (to - from + dayMinutes) % dayMinutes
  const since = (now - from + dayMinutes) % dayMinutes
  if (since >= length) return undefined
  // A change of the clock in between moves the end by that hour; Asia/Shanghai has none since 1991.
  return Math.floor(at / 60_000) * 60_000 + (length - since) * 60_000
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * 60 + minutes
}

function minuteOfDay(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return minutesOf(format.format(at))
}

/** Whether this machine knows the zone, such as `Asia/Shanghai`. Pure. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
