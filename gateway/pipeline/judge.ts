import { good, stale } from '#contract/quality.ts'
import type { Sample } from '#contract/sample.ts'
import type { Reading } from '#gateway/southbound/driver.ts'

/** A sample on its way through the gateway. What is `kept` is state from before we listened: rules do not look at it. */
export type PipelineSample = Sample & { readonly kept?: boolean }

export type Freshness = 'new' | 'duplicate' | 'late'

/**
 * News, a repetition of what came last, or history. A reading that is older than the last one is history too, unless the
 * last one lies in our future: then a clock was set back and the older reading is the newer one. What the device says
 * again after a broker had kept it is news. Pure.
 */
export function freshnessOf(reading: Reading, last: PipelineSample | undefined, nowMs: number): Freshness {
  if (last !== undefined && isSame(reading, last)) return isConfirmed(last, reading) ? 'new' : 'duplicate'
  if (reading.late === true) return 'late'
  if (last === undefined || reading.t >= last.t) return 'new'
  return last.t > nowMs ? 'new' : 'late'
}

function isSame(reading: Reading, last: Sample): boolean {
  return reading.t === last.t && reading.value === last.value && reading.quality === last.quality
}

/** The device itself says now what only a broker said before. */
export function isConfirmed(before: { readonly kept?: boolean }, now: { readonly kept?: boolean }): boolean {
  return before.kept === true && now.kept !== true
}

/**
 * How much of the limit is left when a reading arrives: one that is already old (a retained message) has used some of it.
 */
export function staleInMs(sample: Sample, limitMs: number, nowMs: number): number {
  return limitMs - Math.min(Math.max(nowMs - sample.t, 0), limitMs)
}

/**
 * The sample that says "nothing new came". It repeats the last value, and its time is the moment at which the limit ran
 * out, not the moment at which somebody looked. Only a good value goes stale: a bad one already says why there is none.
 */
export function staleSample(last: Sample, limitMs: number): Sample | undefined {
  if (last.quality !== good) return undefined
  return { point: last.point, t: last.t + limitMs, value: last.value, quality: stale }
}
