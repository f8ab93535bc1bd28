/**
 * Which content of the cloud the gateway runs on, and how it gets back to the last good one. Decides and remembers nothing
 * else: no clock, no disk, no network.
 */
import type { ConfigProblem, ConfigRef } from '#contract/configuration.ts'

/** What is on the disk. `good` absent: gateway.yaml alone, which nobody can take away. */
export type TrialState = {
  readonly good?: ConfigRef
  /** Being tried. `starts`: how often a process began with it and has not ended cleanly. */
  readonly trial?: ConfigRef & { readonly starts: number }
  /** The newest that was given and did not do. */
  readonly failed?: Failed
}

export type Failed = ConfigRef & {
  readonly outcome: 'refused' | 'rolled-back'
  readonly reason: string
  readonly problems: readonly ConfigProblem[]
}

export type Why = { readonly reason: string; readonly problems?: readonly ConfigProblem[] }

export type TrialEvent =
  /** A content that was checked is about to be applied. */
  | { readonly kind: 'accepted'; readonly ref: ConfigRef }
  /** What was given was not taken: nothing was changed. */
  | ({ readonly kind: 'refused'; readonly ref: ConfigRef } & Why)
  /** Another number for the content that runs and is good. */
  | { readonly kind: 'renumbered'; readonly ref: ConfigRef }
  /** A process begins. */
  | { readonly kind: 'booted' }
  /** It ends because it was asked to. */
  | { readonly kind: 'stopped' }
  /** What is tried did not start, or the cloud was away for too long. */
  | ({ readonly kind: 'failed' } & Why)
  /** It runs and has reached the cloud. */
  | { readonly kind: 'proved' }
  /** The last good one cannot be read any more. */
  | ({ readonly kind: 'lost' } & Why)

/** A process that ends by itself this often with what is tried has enough of it. */
export const maxStarts = 3

export function next(state: TrialState, event: TrialEvent): TrialState {
  const { good, trial, failed } = state
  switch (event.kind) {
    case 'accepted':
      return { ...known({ good }), trial: { ...refOf(event.ref), starts: 0 } }
    case 'refused':
      return { ...known({ good, trial }), failed: failedOf(event.ref, 'refused', event) }
    case 'renumbered':
      return trial === undefined ? { good: refOf(event.ref) } : state
    case 'booted':
      if (trial === undefined) return state
      if (trial.starts < maxStarts) return { ...state, trial: { ...trial, starts: trial.starts + 1 } }
      return back(state, { reason: `the gateway ended ${trial.starts} times while it was tried` })
    case 'stopped':
      if (trial === undefined) return state
      return { ...state, trial: { ...trial, starts: Math.max(0, trial.starts - 1) } }
    case 'failed':
      return back(state, event)
    case 'proved':
      return trial === undefined
        ? state
        : { good: refOf(trial), ...known({ failed: failedAfter(failed, trial) }) }
    case 'lost':
      return good === undefined
        ? state
        : { ...known({ trial }), failed: failedOf(good, 'rolled-back', event) }
  }
}

/** What a process with this state runs on. */
export function runs({ good, trial }: TrialState): ConfigRef | undefined {
  return trial ?? good
}

export function sameRef(a: ConfigRef | undefined, b: ConfigRef | undefined): boolean {
  return a?.version === b?.version && a?.digest === b?.digest
}

function back(state: TrialState, why: Why): TrialState {
  const { good, trial } = state
  return trial === undefined ? state : { ...known({ good }), failed: failedOf(trial, 'rolled-back', why) }
}

/** One that was refused while another was tried is still the newest that was given. */
function failedAfter(failed: Failed | undefined, trial: ConfigRef): Failed | undefined {
  return sameRef(failed, trial) ? undefined : failed
}

function failedOf(ref: ConfigRef, outcome: Failed['outcome'], { reason, problems = [] }: Why): Failed {
  return { ...refOf(ref), outcome, reason: reason.slice(0, 500), problems }
}

function refOf({ version, digest }: ConfigRef): ConfigRef {
  return { version, digest }
}

function known<T extends object>(parts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
