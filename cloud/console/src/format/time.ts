/** The one zone of the whole page. The browser's own zone is never used: a bureau reads a school's clock. */
export const siteTimeZone = 'Asia/Shanghai'

const dayMs = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = name
  let found = formats.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-CA', { ...options, hourCycle: 'h23', timeZone: siteTimeZone })
    formats.set(key, found)
  }
  return found
}

const two = '2-digit'

function parts(at: number): Record<string, string> {
  const found = format('parts', {
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  }).formatToParts(at)
  return Object.fromEntries(found.map((part) => [part.type, part.value]))
}

/** `22:41:07` */
export function clockText(at: number): string {
  const p = parts(at)
  return `${p.hour}:${p.minute}:${p.second}`
}

/** `2026-11-22 22:41:07` */
export function dateTimeText(at: number): string {
  const p = parts(at)
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`
}

/** `22:41:07` within the last day, `11-22 22:41` when older, with the year when it is another one. */
export function instantText(at: number, now: number): string {
  const p = parts(at)
  if (Math.abs(now - at) < dayMs) return `${p.hour}:${p.minute}:${p.second}`
  const day = `${p.month}-${p.day} ${p.hour}:${p.minute}`
  return p.year === parts(now).year ? day : `${p.year}-${day}`
}

/** What a chart's axis says for an instant, the shorter the narrower the range. */
export function axisText(at: number, spanMs: number): string {
  const p = parts(at)
  if (spanMs <= 5 * 60_000) return `${p.hour}:${p.minute}:${p.second}`
  if (spanMs <= 2 * dayMs) return `${p.hour}:${p.minute}`
  return `${p.month}-${p.day} ${p.hour}:${p.minute}`
}

export type Age = { readonly unit: 'now' | 'second' | 'minute' | 'hour' | 'day'; readonly count: number }

/** How long ago, in the one unit a person would use. A time in the future (a device's clock is ahead) counts as now. */
export function ageOf(ms: number): Age {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 1) return { unit: 'now', count: 0 }
  if (seconds < 60) return { unit: 'second', count: seconds }
  if (seconds < 3600) return { unit: 'minute', count: Math.floor(seconds / 60) }
  if (seconds < 86_400) return { unit: 'hour', count: Math.floor(seconds / 3600) }
  return { unit: 'day', count: Math.floor(seconds / 86_400) }
}

/** `2026-11-22T22:41` as `<input type="datetime-local">` wants it, in the site's zone. */
export function toLocalInput(at: number): string {
  const p = parts(at)
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`
}

/** The instant at which the site's clock shows `text`; `undefined` when it is not a date and time. */
export function fromLocalInput(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return undefined
  const asUtc = Date.parse(`${text.slice(0, 16)}:00Z`)
  if (Number.isNaN(asUtc)) return undefined
  // The offset at the wanted instant: what the clock shows for the guess, minus the guess.
  const shown = Date.parse(`${toLocalInput(asUtc)}:00Z`)
  return asUtc - (shown - asUtc)
}

/** What the site's clock shows at `at`, minus UTC. */
export function siteOffsetMs(at: number): number {
  const p = parts(at)
  const shown = Date.UTC(
    Number(p.year),
    Number(p.month) - 1,
    Number(p.day),
    Number(p.hour),
    Number(p.minute),
    Number(p.second),
  )
  return shown - Math.floor(at / 1000) * 1000
}
