import { type CommandState, finalCommandStates } from '#contract/command.ts'

/** Who said it: the gateway knows, the cloud concludes from silence. */
export type Speaker = 'gateway' | 'cloud'

/** Where a command is. */
export type Standing = {
  readonly state: CommandState
  readonly waitingFor: 'gateway' | 'device' | undefined
  readonly decidedBy: Speaker | undefined
}

export function isFinal(state: CommandState): boolean {
  return finalCommandStates.some((one) => one === state)
}

/**
 * Whether a command that stands at `now` goes to `next`. Messages come late, twice and in the wrong order, so that it
 * never goes back; a conclusion of the cloud gives way to what the gateway knows. Pure.
 */
export function goesOn(now: Standing, next: Standing): boolean {
  if (isFinal(now.state)) {
    return isFinal(next.state) && now.decidedBy === 'cloud' && next.decidedBy === 'gateway'
  }
  return isFinal(next.state) || rank(next) > rank(now)
}

function rank({ state, waitingFor }: Standing): number {
  switch (state) {
    case 'queued':
      return waitingFor === 'device' ? 2 : 0
    case 'sent':
      return 1
    case 'accepted':
      return 3
    case 'done':
    case 'failed':
    case 'expired':
    case 'rejected':
      return 4
  }
}

export type OpenCommand = Standing & { readonly expiresAt: number }
export type Conclusion = {
  readonly state: 'expired' | 'failed'
  readonly code: 'COMMAND_EXPIRED' | 'LINK_DOWN'
  readonly message: string
}

/** How long after its expiry a gateway that has the command may take to say what became of it. */
export const answerWithinMs = 15_000
/** The same for one that had begun to write: ramps and slow read-backs end by then. */
export const endWithinMs = 120_000

/** What the cloud concludes at `now`, when the gateway has said nothing. Pure. */
export function conclude({ state, waitingFor, expiresAt }: OpenCommand, now: number): Conclusion | undefined {
  const overdueMs = now - expiresAt
  if (overdueMs < 0 || isFinal(state)) return undefined
  if (state === 'queued' && waitingFor !== 'device') {
    return expired('the gateway was not connected before the command expired; it was not sent')
  }
  if (state === 'accepted') {
    if (overdueMs < endWithinMs) return undefined
    const message = 'the gateway began and has not said how it ended; look at the device'
    return { state: 'failed', code: 'LINK_DOWN', message }
  }
  if (overdueMs < answerWithinMs) return undefined
  if (state === 'queued') return expired('the device was not reachable before the command expired')
  return expired('the gateway did not answer before the command expired; when it does, this is corrected')
}

function expired(message: string): Conclusion {
  return { state: 'expired', code: 'COMMAND_EXPIRED', message }
}
