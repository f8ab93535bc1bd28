export type Interval = readonly [first: number, last: number]

/** What of 1…`produced` is in none of `accounted`, which may overlap: still on the gateway. Pure. */
export function owed(produced: number, accounted: readonly Interval[]): Interval[] {
  const gaps: Interval[] = []
  let next = 1
  for (const [first, last] of accounted.toSorted((a, b) => a[0] - b[0])) {
    if (next > produced) break
    if (first > next) gaps.push([next, Math.min(first - 1, produced)])
    next = Math.max(next, last + 1)
  }
  if (next <= produced) gaps.push([next, produced])
  return gaps
}
