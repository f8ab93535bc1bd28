import { good } from '#contract/quality.ts'
import type { Sample } from '#contract/sample.ts'
import type { Threshold } from './rule.ts'

/**
 * What a sample says about a limit: `beyond` it, `within` it again, `between` (inside the hysteresis: it changes
 * nothing), or `unknown` (the value cannot be trusted: it neither raises nor clears). Pure.
 */
export type Verdict = 'beyond' | 'within' | 'between' | 'unknown'

export function evaluate({ side, limit, hysteresis }: Threshold, { value, quality }: Sample): Verdict {
  if (quality !== good || typeof value !== 'number') return 'unknown'
  const past = side === 'above' ? value - limit : limit - value
  if (past > 0) return 'beyond'
  return past <= -hysteresis ? 'within' : 'between'
}
