export const ranges = ['1h', '24h', '7d', 'custom'] as const
export type RangeName = (typeof ranges)[number]
export type PointSearch = { range?: RangeName; from?: number; to?: number; view?: 'table' }

/** What the history shows, as it stands in the address. A custom range without its two ends is none. */
export function pointSearch(search: Record<string, unknown>): PointSearch {
  const view = search.view === 'table' ? { view: 'table' as const } : {}
  const range = ranges.find((one) => one === search.range)
  if (range === undefined || range === '1h') return view
  if (range !== 'custom') return { range, ...view }
  const { from, to } = search
  return isInstant(from) && isInstant(to) && isRange(from, to) ? { range, from, to, ...view } : view
}

const maxSpanMs = 366 * 86_400_000

export function isRange(from: number, to: number): boolean {
  return to > from && to - from <= maxSpanMs
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
