import type { Sample } from '#contract/sample.ts'
import { evaluate, type Verdict } from './evaluate.ts'
import { type RuleConfig, thresholdOf } from './rule.ts'

/** Says, for each sample of a watched point, what it means for the rules on it. */
export type RuleEngine = {
  /** Synchronous, for the pipeline's subscribers. Never throws. */
  accept(sample: Sample & { readonly kept?: boolean }): void
}

/** Rules look at news only: a late sample (a device's memory, a broker's kept message) neither raises nor clears. */
export function createRuleEngine(
  rules: readonly RuleConfig[],
  judge: (rule: RuleConfig, verdict: Verdict, sample: Sample) => void,
): RuleEngine {
  const byPoint = Map.groupBy(
    rules.map((rule) => ({ rule, threshold: thresholdOf(rule) })),
    ({ rule }) => rule.point,
  )
  return {
    accept(sample) {
      const watching = byPoint.get(sample.point)
      if (watching === undefined || sample.late || sample.kept) return
      for (const { rule, threshold } of watching) judge(rule, evaluate(threshold, sample), sample)
    },
  }
}
