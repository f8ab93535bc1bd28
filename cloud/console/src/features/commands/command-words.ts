import type { IssuedCommand } from '#contract/api/commands.ts'

/** What a person is told about a command. `tone`: still on its way, as wanted, or to be looked at. */
export type CommandWords = {
  readonly tone: 'waiting' | 'good' | 'bad'
  readonly text:
    | 'queuedGateway'
    | 'queuedDevice'
    | 'sent'
    | 'accepted'
    | 'confirmed'
    | 'notVerified'
    | 'notReadBack'
    | 'written'
    | 'failed'
    | 'failedShown'
    | 'expiredGateway'
    | 'expiredDevice'
    | 'expiredSilent'
    | 'rejected'
}

/** Pure. */
export function commandWords({ state, waitingFor, verified, readBack, steps }: IssuedCommand): CommandWords {
  switch (state) {
    case 'queued':
      return { tone: 'waiting', text: waitingFor === 'device' ? 'queuedDevice' : 'queuedGateway' }
    case 'sent':
    case 'accepted':
      return { tone: 'waiting', text: state }
    case 'done':
      if (verified === true) return { tone: 'good', text: 'confirmed' }
      if (verified === undefined) return { tone: 'good', text: 'written' }
      return { tone: 'bad', text: readBack === undefined ? 'notReadBack' : 'notVerified' }
    case 'failed':
      return { tone: 'bad', text: readBack === undefined ? 'failed' : 'failedShown' }
    case 'expired':
      return { tone: 'bad', text: whyExpired(steps) }
    case 'rejected':
      return { tone: 'bad', text: 'rejected' }
  }
}

/** By where it was before its time was over. */
function whyExpired(steps: IssuedCommand['steps']): 'expiredGateway' | 'expiredDevice' | 'expiredSilent' {
  const before = steps.at(-2)
  const wasSent = steps.some(({ state }) => state === 'sent')
  if (!wasSent) return 'expiredGateway'
  return before?.state === 'queued' ? 'expiredDevice' : 'expiredSilent'
}

export function isOpen({ state }: IssuedCommand): boolean {
  return state === 'queued' || state === 'sent' || state === 'accepted'
}
