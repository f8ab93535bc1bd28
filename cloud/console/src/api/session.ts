import { queryOptions } from '@tanstack/react-query'
import type { Credentials, CurrentSession, SessionCreated } from '#contract/api/session.ts'
import { request } from './client.ts'

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => request<CurrentSession>('/session', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export function signIn(credentials: Credentials): Promise<SessionCreated> {
  return request('/session', { method: 'POST', body: credentials })
}

export function signOut(): Promise<void> {
  return request('/session', { method: 'DELETE' })
}
