import { expect, test } from 'vitest'
import type { ConfigRef } from '#contract/configuration.ts'
import { SeededChance } from '../../tests/support/random.ts'
import { maxStarts, next, runs, type TrialEvent, type TrialState } from './trial.ts'

const ref = (version: number): ConfigRef => ({ version, digest: version.toString(16).padStart(64, '0') })
const after = (events: readonly TrialEvent[], from: TrialState = {}) => events.reduce(next, from)
const accepted = (version: number): TrialEvent => ({ kind: 'accepted', ref: ref(version) })
const booted: TrialEvent = { kind: 'booted' }
const proved: TrialEvent = { kind: 'proved' }
const failed: TrialEvent = { kind: 'failed', reason: 'no cloud' }

test('what has proved itself is what the gateway comes back to', () => {
  const state = after([accepted(1), proved, accepted(2)])
  expect(runs(state)).toMatchObject(ref(2))
  expect(after([failed], state)).toEqual({
    good: ref(1),
    failed: { ...ref(2), outcome: 'rolled-back', reason: 'no cloud', problems: [] },
  })
})

test('without any good one it comes back to its own file', () => {
  expect(runs(after([accepted(1), failed]))).toBeUndefined()
})

test('a process that keeps ending comes back by itself; a clean stop does not count', () => {
  const stop: TrialEvent = { kind: 'stopped' }
  const often = Array.from({ length: 20 }, () => [booted, stop]).flat()
  const state = after([accepted(1), proved, accepted(2), ...often])
  expect(runs(state)).toMatchObject(ref(2))
  const crashed = after(
    Array.from({ length: maxStarts }, () => booted),
    state,
  )
  expect(runs(crashed)).toMatchObject(ref(2))
  expect(runs(next(crashed, booted))).toEqual(ref(1))
})

test('one that is refused while another is tried disturbs nothing', () => {
  const state = after([accepted(1), { kind: 'refused', ref: ref(2), reason: 'no', problems: [] }, proved])
  expect(state).toMatchObject({ good: ref(1), failed: { ...ref(2), outcome: 'refused' } })
})

test('a good one that cannot be read is given up, with the reason', () => {
  expect(after([accepted(1), proved, { kind: 'lost', reason: 'garbage' }])).toMatchObject({
    failed: { ...ref(1), reason: 'garbage' },
  })
})

/** What a machine may go through, with what has to hold after each step. */
function play(chance: SeededChance): TrialState {
  let state: TrialState = {}
  const hasProved = new Set<string>()
  let gaveUp: ConfigRef | undefined
  const log: TrialEvent[] = []
  for (let step = 0; step < 30; step++) {
    const event = someEvent(chance)
    log.push(event)
    const before = state
    state = next(state, event)
    if (event.kind === 'proved' && before.trial !== undefined) hasProved.add(before.trial.digest)
    if (event.kind === 'accepted') gaveUp = undefined
    else if (event.kind !== 'proved' && state.trial === undefined) gaveUp = before.trial ?? gaveUp
    const note = `CAMPUS_TEST_SEED=${chance.seed} ${JSON.stringify(log)}`
    if (state.good !== undefined) expect(hasProved.has(state.good.digest), note).toBe(true)
    // Nothing but being given again brings it back.
    if (gaveUp !== undefined) expect(state.trial, note).toBeUndefined()
    expect(state.trial?.starts ?? 0, note).toBeLessThanOrEqual(maxStarts)
  }
  return state
}

function someEvent(chance: SeededChance): TrialEvent {
  const some = ref(Math.floor(chance.between(1, 6)))
  return chance.pick<TrialEvent>([
    { kind: 'accepted', ref: some },
    { kind: 'refused', ref: some, reason: 'x' },
    { kind: 'stopped' },
    ...[booted, booted, booted, failed, proved],
  ])
}

test('whatever happens, it runs on what proved itself, on what is tried, or on its own file, and comes to rest on a good one', () => {
  const chance = new SeededChance()
  for (let round = 0; round < 2_000; round++) {
    let state = play(chance)
    const { good } = state
    // A machine that only ever crashes.
    for (let n = 0; n <= maxStarts; n++) state = next(state, booted)
    expect(runs(state)).toEqual(good)
  }
})
