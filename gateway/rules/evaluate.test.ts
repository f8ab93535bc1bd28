import { expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import { evaluate, type Verdict } from './evaluate.ts'
import type { Condition, Rule } from './rule.ts'
import { createRuleEngine } from './rule-engine.ts'

const sample = (value: Value, fields: Partial<Sample> = {}): Sample => ({
  point: 'lux-1/illuminance',
  t: 1,
  value,
  quality: qualityCodes.good,
  ...fields,
})
const below: Condition = { kind: 'limit', side: 'below', limit: 300, hysteresis: 20 }
const above: Condition = { kind: 'limit', side: 'above', limit: 1000, hysteresis: 0 }
const open: Condition = { kind: 'equals', value: true }
const jammed: Condition = { kind: 'equals', value: 'jammed', back: 'idle' }
const auto: Condition = { kind: 'notEquals', value: 'auto' }

test.each<[Condition, Value, Verdict]>([
  [below, 299.9, 'beyond'],
  [below, 300, 'between'],
  [below, 319.9, 'between'],
  [below, 320, 'within'],
  [above, 1000, 'within'],
  [above, 1000.1, 'beyond'],
  [above, 'high', 'unknown'],
  [above, null, 'unknown'],
  [above, true, 'unknown'],
  [open, true, 'beyond'],
  [open, false, 'within'],
  [open, null, 'unknown'],
  [jammed, 'jammed', 'beyond'],
  [jammed, 'turning', 'between'],
  [jammed, 'idle', 'within'],
  [auto, 'manual', 'beyond'],
  [auto, 'auto', 'within'],
])('%o at %s is %s', (condition, value, verdict) => {
  expect(evaluate(condition, sample(value))).toBe(verdict)
})

test('a change counts from the good value before', () => {
  const jump: Condition = { kind: 'delta', limit: 5 }
  expect(evaluate(jump, sample(10))).toBe('unknown')
  expect(evaluate(jump, sample(15.1), sample(10))).toBe('beyond')
  expect(evaluate(jump, sample(5), sample(10))).toBe('within')
})

test('silence is over with a good value and with no other', () => {
  const silence: Condition = { kind: 'stale' }
  expect(evaluate(silence, sample(1))).toBe('within')
  expect(evaluate(silence, sample(1, { quality: qualityCodes.stale }))).toBe('beyond')
  expect(evaluate(silence, sample(null, { quality: qualityCodes['bad:timeout'] }))).toBe('beyond')
})

test.each(['bad', 'bad:range', 'stale'] as const)('a %s value says nothing', (quality) => {
  expect(evaluate(above, sample(5000, { quality: qualityCodes[quality] }))).toBe('unknown')
})

test('the engine asks each rule of the point, and none about late or kept samples or other points', () => {
  const rule = (id: string, point: string, condition: Condition = below): Rule => ({
    ...{ id, point, condition, onDelayMs: 0, offDelayMs: 0, priority: 3, title: { en: id } },
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

test('whoever waits for silence begins to wait before anything was heard', () => {
  const rule: Rule = {
    ...{ id: 'silent', point: 'lux-1/illuminance', condition: { kind: 'stale' }, silentMs: 5 },
    ...{ onDelayMs: 10, offDelayMs: 0, priority: 3, title: {} },
  }
  const seen: unknown[] = []
  const engine = createRuleEngine([rule], (asked, verdict, { value, t }) =>
    seen.push([asked.silentMs, verdict, value, t]),
  )
  engine.begin(7)
  expect(seen).toEqual([[undefined, 'beyond', null, 7]])
})
