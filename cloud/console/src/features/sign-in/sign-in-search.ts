export type SignInSearch = { next?: string }

/** Only a path of our own: a link must not be able to lead to another site after signing in. */
export function signInSearch({ next }: Record<string, unknown>): SignInSearch {
  const isOwn = typeof next === 'string' && /^\/(?![/\\])/.test(next)
  return isOwn ? { next } : {}
}
