import type { Sample } from '#contract/sample.ts'
import type { ReportRule } from '#gateway/profiles/device.ts'

/** `later`: worth telling, but the last report is too recent. */
export type Verdict = 'report' | 'drop' | 'later'

/**
 * Is this sample worth telling, given the last one told? A change of quality always is. Times are source times, so a replay
 * thins in the same way. Pure.
 */
export function thin(sample: Sample, last: Sample | undefined, rule: ReportRule): Verdict {
  if (last === undefined || sample.quality !== last.quality) return 'report'
  const elapsedMs = sample.t - last.t
  // A source whose clock went back has no interval to keep.
  if (elapsedMs >= rule.maxIntervalMs || elapsedMs < 0) return 'report'
  if (!rule.onChange || !hasMoved(sample, last, rule.deadband)) return 'drop'
  return elapsedMs >= rule.minIntervalMs ? 'report' : 'later'
}

function hasMoved(sample: Sample, last: Sample, deadband: number): boolean {
  if (typeof sample.value === 'number' && typeof last.value === 'number' && deadband > 0) {
    // The slack is for decimal fractions: 230.5 and 230.0 are 0.5 apart, also in binary.
    return Math.abs(sample.value - last.value) >= deadband * (1 - 1e-9)
  }
  return sample.value !== last.value
}
