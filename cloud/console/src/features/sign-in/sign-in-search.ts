export type SignInSearch = { next?: string; ended?: true }

/** Only a path of our own: a link must not be able to lead to another site after signing in. */
export function signInSearch({ next, ended }: Record<string, unknown>): SignInSearch {
  const isOwn = typeof next === 'string' && /^\/(?![/\\])/.test(next)
  return { ...(isOwn ? { next } : {}), ...(ended === true ? { ended } : {}) }
}
