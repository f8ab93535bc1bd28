import { errorCodes } from '#contract/errors.ts'

export type SignInSearch = { next?: string; ended?: true; problem?: string }

/** Only a path of our own: a link must not be able to lead to another site after signing in. */
export function signInSearch({ next, ended, problem }: Record<string, unknown>): SignInSearch {
  const isOwn = typeof next === 'string' && /^\/(?![/\\])/.test(next)
  // A code of the table: what the way back from a sign-in service has to tell.
  const isCode = typeof problem === 'string' && Object.hasOwn(errorCodes, problem)
  return {
    ...(isOwn ? { next } : {}),
    ...(ended === true ? { ended } : {}),
    ...(isCode ? { problem } : {}),
  }
}
