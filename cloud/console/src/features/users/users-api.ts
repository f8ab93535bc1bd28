import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  Account,
  AccountChange,
  AccountList,
  AccountWithPassword,
  NewAccount,
  SessionsEnded,
} from '#contract/api/users.ts'
import { request } from '../../api/client.ts'

export const usersKey = 'users'
const one = (id: string) => `/users/${encodeURIComponent(id)}`

export const usersQuery = (filter: {
  readonly q?: string | undefined
  readonly after?: string | undefined
}) =>
  queryOptions({
    queryKey: [usersKey, 'list', filter],
    queryFn: ({ signal }) =>
      request<AccountList>('/users', { query: { q: filter.q, cursor: filter.after, limit: 50 }, signal }),
    placeholderData: keepPreviousData,
  })

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: [usersKey, 'one', id],
    queryFn: ({ signal }) => request<Account>(one(id), { signal }),
    // A form is filled from it: it must not change under one's hands, nor be an old one.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

export function createUser(body: NewAccount): Promise<AccountWithPassword> {
  return request('/users', { method: 'POST', body })
}

export function changeUser(id: string, body: AccountChange): Promise<Account> {
  return request(one(id), { method: 'PATCH', body })
}

export function deleteUser(id: string): Promise<void> {
  return request(one(id), { method: 'DELETE' })
}

export function resetPassword(id: string): Promise<AccountWithPassword> {
  return request(`${one(id)}/password-reset`, { method: 'POST' })
}

export function removeSecondFactor(id: string): Promise<Account> {
  return request(`${one(id)}/second-factor`, { method: 'DELETE' })
}

export function endSessions(id: string): Promise<SessionsEnded> {
  return request(`${one(id)}/sessions`, { method: 'DELETE' })
}
