import type { Value } from '#contract/sample.ts'
import type { Entry } from './history.ts'

export type Place = readonly [t: number, y: number | null]

export type ChartData = {
  /** The line, with a `null` wherever it must break. */
  readonly line: readonly Place[]
  /** Good entries with nothing on either side: a line cannot show them. */
  readonly lone: readonly Place[]
  /** Lowest and highest of each bucket, empty when there are none. */
  readonly low: readonly Place[]
  readonly high: readonly Place[]
  readonly bad: readonly number[]
  readonly stale: readonly Place[]
  /** Names of the states on the vertical axis, when the values are states. */
  readonly states: readonly string[]
}

/** Places entries on a chart. A gap is a gap: no line is drawn across time for which nothing is known. */
export function chartData(
  entries: readonly Entry[],
  gapMs: number,
  nameOf: (value: Value) => string,
): ChartData {
  const states = stateNames(entries, nameOf)
  const yOf = (value: Value): number | null => {
    if (value === null) return null
    return typeof value === 'number' && states.length === 0 ? value : states.indexOf(nameOf(value))
  }
  const pieces = withGaps(entries, gapMs)
  const banded = pieces.filter(({ entry }) => entry === undefined || entry.low !== undefined)
  const hasBand = entries.some(({ low }) => low !== undefined)
  const line = pieces.map(({ t, entry }): Place => [t, entry?.quality === 'good' ? yOf(entry.value) : null])
  return {
    line,
    lone: line.filter(
      ([, y], i) => y !== null && (line[i - 1]?.[1] ?? null) === null && (line[i + 1]?.[1] ?? null) === null,
    ),
    low: hasBand ? banded.map(({ t, entry }) => [t, entry?.low ?? null]) : [],
    high: hasBand ? banded.map(({ t, entry }) => [t, entry?.high ?? null]) : [],
    bad: entries.filter(({ quality }) => quality === 'bad').map(({ t }) => t),
    stale: entries.filter(({ quality }) => quality === 'stale').map(({ t, value }) => [t, yOf(value)]),
    states,
  }
}

type Piece = { readonly t: number; readonly entry: Entry | undefined }

/** The entries with an empty piece after each good one that is followed by a gap. */
function withGaps(entries: readonly Entry[], gapMs: number): Piece[] {
  const pieces: Piece[] = []
  let last: Entry | undefined
  for (const entry of entries) {
    const isGap = last?.quality === 'good' && entry.quality === 'good' && entry.t - last.t > gapMs
    if (isGap && last !== undefined) pieces.push({ t: last.t + 1, entry: undefined })
    pieces.push({ t: entry.t, entry })
    last = entry
  }
  return pieces
}

/** Yes-or-no values have both their states on the axis even when only one occurred. */
function stateNames(entries: readonly Entry[], nameOf: (value: Value) => string): string[] {
  const values = entries.map(({ value }) => value).filter((value) => value !== null)
  if (values.every((value) => typeof value === 'number')) return []
  if (values.some((value) => typeof value === 'boolean')) return [nameOf(false), nameOf(true)]
  return [...new Set(values.map(nameOf))].sort()
}
