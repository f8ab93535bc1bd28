import { good } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import type { Condition } from './rule.ts'

/**
 * What a sample says about a condition: it is `beyond`, it is `within` again, `between` (inside the hysteresis: it changes
 * nothing), or `unknown` (the value cannot be trusted: it neither raises nor clears). Pure.
 */
export type Verdict = 'beyond' | 'within' | 'between' | 'unknown'

/** `before` is the good value before this one, for conditions about a change. */
export function evaluate(condition: Condition, { value, quality }: Sample, before?: Sample): Verdict {
  const seen = quality === good ? value : null
  switch (condition.kind) {
    case 'stale':
      return quality === good ? 'within' : 'beyond'
    case 'limit':
      return typeof seen === 'number' ? compared(condition, seen) : 'unknown'
    case 'delta':
      return moved(condition.limit, seen, before?.value)
    case 'equals':
    case 'notEquals':
      return seen === null ? 'unknown' : equal(condition, seen)
  }
}

function equal(condition: Extract<Condition, { kind: 'equals' | 'notEquals' }>, value: Value): Verdict {
  const isEqual = value === condition.value
  if (condition.kind === 'notEquals') return isEqual ? 'within' : 'beyond'
  if (isEqual) return 'beyond'
  return condition.back === undefined || value === condition.back ? 'within' : 'between'
}

function moved(limit: number, value: Value, before: Value | undefined): Verdict {
  if (typeof value !== 'number' || typeof before !== 'number') return 'unknown'
  return Math.abs(value - before) > limit ? 'beyond' : 'within'
}

function compared(
  { side, limit, hysteresis }: Extract<Condition, { kind: 'limit' }>,
  value: number,
): Verdict {
  const past = side === 'above' ? value - limit : limit - value
  if (past > 0) return 'beyond'
  return past <= -hysteresis ? 'within' : 'between'
}
