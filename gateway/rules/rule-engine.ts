import { good, stale } from '#contract/quality.ts'
import type { Sample } from '#contract/sample.ts'
import { evaluate, type Verdict } from './evaluate.ts'
import type { Rule } from './rule.ts'

/** Says, for each sample of a watched point, what it means for the rules on it. */
export type RuleEngine = {
  /** Synchronous, for the pipeline's subscribers. Never throws. */
  accept(sample: Sample & { readonly kept?: boolean }): void
  /** Nothing has been heard of any point yet: whoever waits for silence begins to wait now. */
  begin(now: number): void
}

export type Judge = (rule: Rule, verdict: Verdict, sample: Sample) => void

/** Rules look at news only: a late sample (a device's memory, a broker's kept message) neither raises nor clears. */
export function createRuleEngine(rules: readonly Rule[], judge: Judge): RuleEngine {
  const watched = rules.map((rule) => ({ rule, before: undefined as Sample | undefined }))
  const byPoint = Map.groupBy(watched, ({ rule }) => rule.point)
  return {
    accept(sample) {
      const watching = byPoint.get(sample.point)
      if (watching === undefined || sample.late || sample.kept) return
      for (const one of watching) {
        judge(one.rule, evaluate(one.rule.condition, sample, one.before), sample)
        if (one.rule.condition.kind === 'delta' && sample.quality === good) one.before = sample
      }
    },
    begin(now) {
      for (const { rule } of watched) {
        if (rule.condition.kind !== 'stale') continue
        // Not yet silent for as long as a point that the pipeline calls stale.
        const { silentMs: _, ...fresh } = rule
        judge(fresh, 'beyond', { point: rule.point, t: now, value: null, quality: stale })
      }
    },
  }
}
