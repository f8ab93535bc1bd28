import { describe, expect, test } from 'vitest'
import { type AlarmInput, type AlarmState, next, normal } from './alarm.ts'

const delays = { onDelayMs: 10, offDelayMs: 5 }
const beyond = (now: number): AlarmInput => ({ type: 'beyond', now, seen: { at: now, value: 1 } })
const within = (now: number): AlarmInput => ({ type: 'within', now, seen: { at: now, value: 9 } })
const tick = (now: number): AlarmInput => ({ type: 'tick', now })
const unknown = (now: number): AlarmInput => ({ type: 'unknown', now })
const between = (now: number): AlarmInput => ({ type: 'between', now })

/** Every change with the time of the input that caused it. */
function run(inputs: AlarmInput[], start: AlarmState = normal, using = delays): string[] {
  let state = start
  return inputs.flatMap((input) => {
    const step = next(state, input, using, ({ at }) => `o${at}`)
    state = step.next
    return step.change === undefined ? [] : [`${step.change.state} at ${input.now} by ${step.change.seen.at}`]
  })
}

describe('an alarm', () => {
  test('is raised when the limit stays crossed for the delay, without waiting for another sample', () => {
    expect(run([beyond(0), tick(9), tick(10)])).toEqual(['raised at 10 by 0'])
  })
  test('counts its delay from the first crossing and shows the newest value', () => {
    expect(run([beyond(0), beyond(6), beyond(12)])).toEqual(['raised at 12 by 12'])
  })
  test('without a delay is raised and cleared at once', () => {
    const none = { onDelayMs: 0, offDelayMs: 0 }
    expect(run([beyond(0), within(1)], normal, none)).toEqual(['raised at 0 by 0', 'cleared at 1 by 1'])
  })
  test.each([within, between, unknown])('is not raised when the delay is broken off (%o)', (broken) => {
    expect(run([beyond(0), broken(5), tick(10), beyond(11), tick(20)])).toEqual([])
  })
  test('is cleared when the value stays back for the delay', () => {
    const active: AlarmState = { phase: 'active', occurrence: 'o1' }
    expect(run([within(0), tick(4), tick(5)], active)).toEqual(['cleared at 5 by 0'])
  })
  test.each([beyond, between, unknown])('is not cleared when the delay is broken off (%o)', (broken) => {
    const active: AlarmState = { phase: 'active', occurrence: 'o1' }
    expect(run([within(0), broken(3), tick(5), tick(50)], active)).toEqual([])
  })
  test('is neither raised twice nor cleared by a value that cannot be trusted', () => {
    expect(run([beyond(0), tick(10), beyond(20), unknown(30), tick(100)])).toEqual(['raised at 10 by 0'])
  })
  test('clears under the occurrence it was raised with', () => {
    const step = next(
      { phase: 'active', occurrence: 'o1' },
      within(9),
      { onDelayMs: 0, offDelayMs: 0 },
      () => 'x',
    )
    expect(step.change).toMatchObject({ state: 'cleared', occurrence: 'o1' })
  })
})
