import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasFailed, nextStep, type Pace, type Progress, stagesOf } from './plan-rollout.ts'

const pace: Pace = { withinMs: 60_000, soakMs: 10_000 }
const one = (gateway: string, stage: number, state: Progress['state'], at?: number): Progress => ({
  ...{ gateway, stage, state, at },
  accepted: false,
})

test('one gateway, then a tenth, then the rest', () => {
  expect(stagesOf(30, ['1', '10%', '100%'])).toEqual([1, 2, 2, ...Array.from({ length: 27 }, () => 3)])
  expect(stagesOf(3, ['1', '10%'])).toEqual([1, 2, 2])
  expect(stagesOf(1, ['1', '10%', '100%'])).toEqual([1])
})

test('the next stage waits until all of the one before run, and a while longer', () => {
  const begun = [one('a', 1, 'sent', 0), one('b', 2, 'waiting')]
  expect(nextStep(begun, pace, 1_000)).toEqual({ kind: 'wait' })
  const run = [one('a', 1, 'running', 2_000), one('b', 2, 'waiting')]
  expect(nextStep(run, pace, 3_000)).toEqual({ kind: 'wait' })
  expect(nextStep(run, pace, 12_000)).toEqual({ kind: 'send', gateways: ['b'] })
})

test('a failure stops it, until a person accepts it', () => {
  const failed = one('a', 1, 'rolled-back', 0)
  expect(nextStep([failed, one('b', 2, 'waiting')], pace, 0)).toEqual({ kind: 'stop', failed: [failed] })
  const accepted = [{ ...failed, accepted: true }, one('b', 2, 'waiting')]
  expect(nextStep(accepted, pace, 10_000)).toEqual({ kind: 'send', gateways: ['b'] })
})

test('one that says nothing in time is lost, and whoever was overtaken holds up nobody', () => {
  expect(nextStep([one('a', 1, 'sent', 0)], pace, 60_001)).toEqual({ kind: 'lost', gateways: ['a'] })
  expect(nextStep([one('a', 1, 'overtaken', 0)], pace, 0)).toEqual({ kind: 'done' })
})

type Fate = Exclude<Progress['state'], 'waiting' | 'sent'>

function given(all: readonly Progress[], gateways: readonly string[], fates: readonly Fate[], at: number) {
  const stage = all.find(({ gateway }) => gateway === gateways[0])?.stage ?? 0
  for (const each of all.filter((other) => other.stage < stage))
    expect(['waiting', 'sent']).not.toContain(each.state)
  return all.map((each, n) =>
    gateways.includes(each.gateway) ? { ...each, state: fates[n] ?? 'running', at } : each,
  )
}

test('however gateways fare, no stage begins before the one before is through, and it ends', () => {
  const fate = fc.constantFrom<Fate>('running', 'running', 'refused', 'rolled-back', 'lost', 'overtaken')
  const fates = fc.array(fate, { minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fates, (count, ends) => {
      let all: readonly Progress[] = stagesOf(count, ['1', '25%']).map((stage, n) =>
        one(`g${n}`, stage, 'waiting'),
      )
      let step = nextStep(all, pace, 0)
      for (let now = 0; step.kind !== 'done' && now < 2_000_000; now += 20_000) {
        if (step.kind === 'stop') all = all.map((each) => ({ ...each, accepted: hasFailed(each) }))
        else if (step.kind === 'send') all = given(all, step.gateways, ends, now)
        step = nextStep(all, pace, now)
      }
      expect(step.kind).toBe('done')
      expect(all.filter(({ state }) => state === 'waiting' || state === 'sent')).toEqual([])
    }),
  )
})
