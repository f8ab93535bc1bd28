import { expect, test } from 'vitest'
import { SeededChance } from '../support/random.ts'
import { faultNames } from './fault.ts'
import { schedule } from './schedule.ts'

test('the same seed gives the same acts, another seed others', () => {
  const acts = (seed: string) => schedule(new SeededChance(seed), { totalMs: 60_000, names: faultNames })
  expect(acts('7')).toEqual(acts('7'))
  expect(acts('7')).not.toEqual(acts('8'))
})

test('three minutes bring every fault, and some of them two at once', () => {
  for (const seed of ['1', '2', '3', '4', '5']) {
    const acts = schedule(new SeededChance(seed), { totalMs: 180_000, names: faultNames })
    expect(new Set(acts.flatMap((act) => act.faults.map(({ name }) => name)))).toEqual(new Set(faultNames))
    expect(acts.some((act) => act.faults.length === 2)).toBe(true)
  }
})
