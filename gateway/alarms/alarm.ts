import type { Value } from '#contract/sample.ts'

/**
 * The life of one rule's alarm. `normal → raising → active → clearing → normal`; the two in the middle last as long as
 * the rule's delays. Times of delays are monotonic ms; `at` is the source time of a sample.
 */
export type AlarmState =
  | { readonly phase: 'normal' }
  | { readonly phase: 'raising'; readonly dueAt: number; readonly seen: Seen }
  | { readonly phase: 'active'; readonly occurrence: string }
  | { readonly phase: 'clearing'; readonly occurrence: string; readonly dueAt: number; readonly seen: Seen }

/** The sample that decides. */
export type Seen = { readonly at: number; readonly value: Value }

export type AlarmInput =
  | {
      readonly type: 'beyond'
      readonly now: number
      readonly seen: Seen
      /** It has been so for this long already. */
      readonly sinceMs?: number
    }
  | { readonly type: 'within'; readonly now: number; readonly seen: Seen }
  | { readonly type: 'between' | 'unknown' | 'tick'; readonly now: number }

export type Delays = { readonly onDelayMs: number; readonly offDelayMs: number }

export type Change =
  | { readonly state: 'raised'; readonly seen: Seen }
  | { readonly state: 'cleared'; readonly occurrence: string; readonly seen: Seen }

export type Step = { readonly next: AlarmState; readonly change?: Change }

export const normal: AlarmState = { phase: 'normal' }

/**
 * One step. Pure. `occurrenceOf` names a new alarm from the sample that raised it. A value that cannot be trusted
 * breaks off a delay: it is not known that the limit stayed crossed, nor that it did not.
 */
export function next(
  state: AlarmState,
  input: AlarmInput,
  delays: Delays,
  occurrenceOf: (seen: Seen) => string,
): Step {
  switch (state.phase) {
    case 'normal':
      if (input.type !== 'beyond') return { next: state }
      return raise(
        {
          phase: 'raising',
          dueAt: input.now + delays.onDelayMs - (input.sinceMs ?? 0),
          seen: input.seen,
        },
        input.now,
        occurrenceOf,
      )
    case 'raising':
      // The newest crossing sample is the one shown; the delay still counts from the first.
      if (input.type === 'beyond') return raise({ ...state, seen: input.seen }, input.now, occurrenceOf)
      return input.type === 'tick' ? raise(state, input.now, occurrenceOf) : { next: normal }
    case 'active':
      if (input.type !== 'within') return { next: state }
      return clear(
        { ...state, phase: 'clearing', dueAt: input.now + delays.offDelayMs, seen: input.seen },
        input.now,
      )
    case 'clearing':
      if (input.type === 'within') return clear({ ...state, seen: input.seen }, input.now)
      if (input.type === 'tick') return clear(state, input.now)
      return { next: { phase: 'active', occurrence: state.occurrence } }
  }
}

type Raising = Extract<AlarmState, { phase: 'raising' }>
type Clearing = Extract<AlarmState, { phase: 'clearing' }>

function raise(state: Raising, now: number, occurrenceOf: (seen: Seen) => string): Step {
  if (now < state.dueAt) return { next: state }
  const { seen } = state
  return { next: { phase: 'active', occurrence: occurrenceOf(seen) }, change: { state: 'raised', seen } }
}

function clear(state: Clearing, now: number): Step {
  if (now < state.dueAt) return { next: state }
  return { next: normal, change: { state: 'cleared', occurrence: state.occurrence, seen: state.seen } }
}
