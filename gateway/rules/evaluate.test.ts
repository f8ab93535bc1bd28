import { expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import { evaluate, type Verdict } from './evaluate.ts'
import type { RuleConfig, Threshold } from './rule.ts'
import { createRuleEngine } from './rule-engine.ts'

const sample = (value: Value, fields: Partial<Sample> = {}): Sample => ({
  point: 'lux-1/illuminance',
  t: 1,
  value,
  quality: qualityCodes.good,
  ...fields,
})
const below: Threshold = { side: 'below', limit: 300, hysteresis: 20 }
const above: Threshold = { side: 'above', limit: 1000, hysteresis: 0 }

test.each<[Threshold, Value, Verdict]>([
  [below, 299.9, 'beyond'],
  [below, 300, 'between'],
  [below, 319.9, 'between'],
  [below, 320, 'within'],
  [above, 1000, 'within'],
  [above, 1000.1, 'beyond'],
  [above, 'high', 'unknown'],
  [above, null, 'unknown'],
  [above, true, 'unknown'],
])('%o at %s is %s', (threshold, value, verdict) => {
  expect(evaluate(threshold, sample(value))).toBe(verdict)
})

test.each(['bad', 'bad:range', 'stale'] as const)('a %s value says nothing', (quality) => {
  expect(evaluate(above, sample(5000, { quality: qualityCodes[quality] }))).toBe('unknown')
})

test('the engine asks each rule of the point, and none about late or kept samples or other points', () => {
  const rule = (id: string, point: string): RuleConfig => ({
    id,
    point,
    below: 300,
    hysteresis: 0,
    onDelay: '0s',
    offDelay: '0s',
    priority: 3,
    title: { en: id },
  })
  const seen: string[] = []
  const engine = createRuleEngine(
    [rule('one', 'lux-1/illuminance'), rule('two', 'lux-1/illuminance'), rule('other', 'lux-2/illuminance')],
    (asked, verdict) => seen.push(`${asked.id} ${verdict}`),
  )
  engine.accept(sample(100))
  engine.accept(sample(100, { late: true }))
  engine.accept({ ...sample(100), kept: true })
  engine.accept(sample(100, { point: 'lux-9/illuminance' }))
  expect(seen).toEqual(['one beyond', 'two beyond'])
})
