/**
 * Sets of sequence numbers as closed intervals: sorted, none touching another. Pure; sets are never changed in place.
 */
export type Interval = readonly [first: number, last: number]
export type IntervalSet = readonly Interval[]

/** Index of the first interval that ends at or after `seq`, or the length of the set. */
function search(set: IntervalSet, seq: number): number {
  let low = 0
  let high = set.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((set[middle]?.[1] ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}

export type Added = {
  readonly set: IntervalSet
  /** The interval of the new set that holds what was added. */
  readonly merged: Interval
  /** The intervals of the old set that went into `merged`. */
  readonly absorbed: IntervalSet
  /** How many numbers are new. */
  readonly count: number
}

/** Adds `first..last`, joining what it overlaps or touches. */
export function addInterval(set: IntervalSet, [first, last]: Interval): Added {
  const from = search(set, first - 1)
  let to = from
  let merged: Interval = [first, last]
  let known = 0
  for (let next = set[to]; next !== undefined && next[0] <= last + 1; next = set[++to]) {
    merged = [Math.min(merged[0], next[0]), Math.max(merged[1], next[1])]
    known += Math.max(0, Math.min(next[1], last) - Math.max(next[0], first) + 1)
  }
  return {
    set: [...set.slice(0, from), merged, ...set.slice(to)],
    merged,
    absorbed: set.slice(from, to),
    count: last - first + 1 - known,
  }
}

/** True when every number of `first..last` is in the set. */
export function covers(set: IntervalSet, [first, last]: Interval): boolean {
  const found = set[search(set, first)]
  return found !== undefined && found[0] <= first && found[1] >= last
}

export function includes(set: IntervalSet, seq: number): boolean {
  return covers(set, [seq, seq])
}

/** The epoch carries the start of the gateway's process: seconds × 65536 + a random number. */
export function epochStartedAt(epoch: number): number {
  return Math.floor(epoch / 65_536) * 1000
}
