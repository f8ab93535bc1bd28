import { queryOptions } from '@tanstack/react-query'
import type {
  Credentials,
  CurrentSession,
  FactorAnswer,
  SessionCreated,
  SignInMethods,
} from '#contract/api/session.ts'
import { request } from './client.ts'

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => request<CurrentSession>('/session', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export function signIn(credentials: Credentials): Promise<SessionCreated> {
  return request('/session', { method: 'POST', body: credentials })
}

/** The second step, where the first was answered with SECOND_FACTOR_NEEDED. */
export function answerFactor(answer: FactorAnswer): Promise<SessionCreated> {
  return request('/session/second-factor', { method: 'POST', body: answer })
}

export const methodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: ({ signal }) => request<SignInMethods>('/session/methods', { signal }),
  staleTime: 60_000,
})

export function signOut(): Promise<void> {
  return request('/session', { method: 'DELETE' })
}
