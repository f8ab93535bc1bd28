/** Days on the site's clock. China has one zone and no summer time: UTC+8 all year. The console shows the same zone. */
export const siteOffsetMs = 8 * 3_600_000
const dayMs = 86_400_000

/** `2026-11-27` */
export function siteDayOf(at: number): string {
  return new Date(at + siteOffsetMs).toISOString().slice(0, 10)
}

/** From midnight to midnight, the end not included; `undefined` when it is no day. */
export function rangeOfSiteDay(day: string): { readonly from: number; readonly to: number } | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined
  const from = Date.parse(`${day}T00:00:00.000Z`) - siteOffsetMs
  // JavaScript reads 2026-02-30 as some other day.
  return Number.isNaN(from) || siteDayOf(from) !== day ? undefined : { from, to: from + dayMs }
}

/** So many days later; earlier when negative. */
export function addSiteDays(day: string, days: number): string {
  return siteDayOf((rangeOfSiteDay(day)?.from ?? 0) + days * dayMs)
}
