/** Which gateways get a change next, and when a roll-out stops. Pure. */
import type { RolloutGatewayState } from '#contract/api/configuration.ts'

export type Progress = {
  readonly gateway: string
  /** From 1. */
  readonly stage: number
  readonly state: RolloutGatewayState
  /** When it came into this state. */
  readonly at?: number | undefined
  /** A person went on although it failed. */
  readonly accepted: boolean
}

export type Pace = { readonly withinMs: number; readonly soakMs: number }

export type Step =
  | { readonly kind: 'send'; readonly gateways: readonly string[] }
  | { readonly kind: 'lost'; readonly gateways: readonly string[] }
  | { readonly kind: 'stop'; readonly failed: readonly Progress[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'wait' }

const failures: readonly RolloutGatewayState[] = ['refused', 'rolled-back', 'lost']

/** The stage of each of `count` gateways: `1`, `10%`, …; what the last stage leaves over is a stage of its own. */
export function stagesOf(count: number, stages: readonly string[]): number[] {
  const ends = stages.map((stage) =>
    stage.endsWith('%') ? Math.ceil((count * Number(stage.slice(0, -1))) / 100) : Number(stage),
  )
  const steps = [...new Set([...ends.map((end) => Math.min(end, count)), count])].sort((a, b) => a - b)
  return Array.from({ length: count }, (_, index) => steps.findIndex((end) => index < end) + 1)
}

export function hasFailed({ state }: Pick<Progress, 'state'>): boolean {
  return failures.includes(state)
}

/** Those that said nothing in time; looked for whether or not the roll-out goes on. */
export function overdue(all: readonly Progress[], { withinMs }: Pace, now: number): string[] {
  return all
    .filter(({ state, at = now }) => state === 'sent' && now - at > withinMs)
    .map(({ gateway }) => gateway)
}

/** Of one that runs. */
export function nextStep(all: readonly Progress[], pace: Pace, now: number): Step {
  const lost = overdue(all, pace, now)
  if (lost.length > 0) return { kind: 'lost', gateways: lost }
  const failed = all.filter((one) => hasFailed(one) && !one.accepted)
  if (failed.length > 0) return { kind: 'stop', failed }
  if (all.some(({ state }) => state === 'sent')) return { kind: 'wait' }
  const waiting = all.filter(({ state }) => state === 'waiting')
  if (waiting.length === 0) return { kind: 'done' }
  const stage = Math.min(...waiting.map((one) => one.stage))
  // A stage that was interrupted goes on at once; a new one waits for what the last one may still show.
  const isBegun = all.some((one) => one.stage === stage && one.state !== 'waiting')
  const since = Math.max(...all.map(({ state, at }) => (state === 'waiting' ? 0 : (at ?? 0))), 0)
  if (!isBegun && stage > 1 && now - since < pace.soakMs) return { kind: 'wait' }
  return {
    kind: 'send',
    gateways: waiting.filter((one) => one.stage === stage).map(({ gateway }) => gateway),
  }
}
