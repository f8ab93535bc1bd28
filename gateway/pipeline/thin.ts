import type { ReportRule } from '#gateway/profiles/device.ts'
import { isConfirmed, type PipelineSample } from './judge.ts'

/** `later`: worth telling, but the last report is too recent. */
export type Verdict = 'report' | 'drop' | 'later'

/**
 * Is this sample worth telling, given the last one told? A change of quality always is, and so is the
 * confirmation of what a broker had kept: rules have not seen it yet. Times are source times, so a replay
 * thins in the same way. Pure.
 */
export function thin(sample: PipelineSample, last: PipelineSample | undefined, rule: ReportRule): Verdict {
  if (last === undefined || sample.quality !== last.quality || isConfirmed(last, sample)) return 'report'
  const elapsedMs = sample.t - last.t
  // A source whose clock went back has no interval to keep.
  if (elapsedMs >= rule.maxIntervalMs || elapsedMs < 0) return 'report'
  if (!rule.onChange || !hasMoved(sample, last, rule.deadband)) return 'drop'
  return elapsedMs >= rule.minIntervalMs ? 'report' : 'later'
}

function hasMoved(sample: PipelineSample, last: PipelineSample, deadband: number): boolean {
  if (typeof sample.value === 'number' && typeof last.value === 'number' && deadband > 0) {
    // The slack is for decimal fractions: 230.5 and 230.0 are 0.5 apart, also in binary.
    return Math.abs(sample.value - last.value) >= deadband * (1 - 1e-9)
  }
  return sample.value !== last.value
}
