import { queryOptions } from '@tanstack/react-query'
import type {
  OpenSessions,
  OwnSecurity,
  PasswordChange,
  RecoveryCodes,
  TotpRemoval,
  TotpSecret,
} from '#contract/api/me.ts'
import type { SessionsEnded } from '#contract/api/users.ts'
import { request } from '../../api/client.ts'

export const ownKey = 'me'

export const securityQuery = queryOptions({
  queryKey: [ownKey, 'security'],
  queryFn: ({ signal }) => request<OwnSecurity>('/me/security', { signal }),
})

export const ownSessionsQuery = queryOptions({
  queryKey: [ownKey, 'sessions'],
  queryFn: ({ signal }) => request<OpenSessions>('/me/sessions', { signal }),
  refetchInterval: 60_000,
})

export function changePassword(body: PasswordChange): Promise<void> {
  return request('/me/password', { method: 'PUT', body })
}

export function startTotp(password: string): Promise<TotpSecret> {
  return request('/me/totp', { method: 'POST', body: { password } })
}

export function confirmTotp(code: string): Promise<RecoveryCodes> {
  return request('/me/totp/confirm', { method: 'POST', body: { code } })
}

export function removeTotp(body: TotpRemoval): Promise<void> {
  return request('/me/totp', { method: 'DELETE', body })
}

export function endSession(id: string): Promise<void> {
  return request(`/me/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function endOtherSessions(): Promise<SessionsEnded> {
  return request('/me/sessions', { method: 'DELETE' })
}
