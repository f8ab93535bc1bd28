import type { Quality } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { LiveSample } from '../../live/live-store.ts'
import type { Span } from './plan-query.ts'

/** One line of the table, one place on the chart. `low` and `high` where it stands for many samples. */
export type Entry = {
  readonly t: number
  readonly value: Value
  readonly quality: Quality
  readonly low?: number
  readonly high?: number
}

/** What the history page shows, oldest first. */
export type History = {
  readonly span: Span
  /** Absent when the entries are samples. */
  readonly bucketMs?: number
  readonly entries: readonly Entry[]
  readonly truncated: boolean
}

type Samples = readonly (readonly [number, Value, Quality])[]

export function rawEntries(samples: Samples): Entry[] {
  return samples.map(([t, value, quality]) => ({ t, value, quality }))
}

/** Puts the mean, the lowest and the highest value of each bucket together. */
export function bandEntries(mean: Samples, min: Samples, max: Samples): Entry[] {
  const lows = new Map(min.map(([t, value]) => [t, value]))
  const highs = new Map(max.map(([t, value]) => [t, value]))
  return mean.map(([t, value, quality]) => {
    const low = lows.get(t)
    const high = highs.get(t)
    return typeof low === 'number' && typeof high === 'number'
      ? { t, value, quality, low, high }
      : { t, value, quality }
  })
}

/** The answer and what has come over the socket since, as one. The window moves on to `now`, and its start with it. */
export function withTail(history: History, tail: readonly LiveSample[], now: number): History {
  const { span, bucketMs = 0, entries } = history
  const last = entries.at(-1)
  const after = last === undefined ? span.from - 1 : bucketMs > 0 ? last.t + bucketMs - 1 : last.t
  const added = tail.filter(({ t }) => t > after).map(({ t, value, quality }) => ({ t, value, quality }))
  const to = Math.max(span.to, now, added.at(-1)?.t ?? 0)
  const from = span.from + (to - span.to)
  const shown = from === span.from ? entries : entries.filter(({ t }) => t + bucketMs >= from)
  return { ...history, span: { from, to }, entries: [...shown, ...added] }
}

/**
 * A state lasts until another one is reported: the newest good one is drawn on to the end of the window, unless it has
 * become too old to be believed.
 */
export function heldToEnd({ span, entries }: History, limitMs: number): readonly Entry[] {
  const last = entries.at(-1)
  if (last?.quality !== 'good' || span.to <= last.t) return entries
  return [...entries, { ...last, t: Math.min(span.to, last.t + limitMs) }]
}

/** Two good entries further apart than this have a gap between them. */
export function gapMs({ bucketMs, entries }: History, staleAfterMs: number | undefined): number {
  const limit = staleAfterMs !== undefined && staleAfterMs > 0 ? staleAfterMs : undefined
  if (bucketMs !== undefined) return Math.max(limit ?? 0, 2.5 * bucketMs)
  return limit ?? Math.max(60_000, 5 * medianStep(entries))
}

function medianStep(entries: readonly Entry[]): number {
  const steps = entries.slice(1).map(({ t }, i) => t - (entries[i]?.t ?? t))
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
}
