import { queryOptions } from '@tanstack/react-query'
import type { Enrolment, EnrolmentToken, GatewayDraft } from '#contract/api/enrolment.ts'
import { request } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'

const path = (id: string): string => `/gateways/${encodeURIComponent(id)}`

/** `connected` is a reason to ask again: by its first sign-in a certificate is in use. */
export const enrolmentQuery = (id: string, connected: boolean) =>
  queryOptions({
    queryKey: [keys.gateways, 'enrolment', id, connected],
    queryFn: ({ signal }) => request<Enrolment>(`${path(id)}/enrolment`, { signal }),
    // Somebody stands at the cabinet and waits for it.
    refetchInterval: ({ state: { data } }) => (data?.state === 'waiting' ? 3_000 : 60_000),
  })

export function addGateway(body: GatewayDraft): Promise<EnrolmentToken> {
  return request('/gateways', { method: 'POST', body })
}

export function makeToken(id: string): Promise<EnrolmentToken> {
  return request(`${path(id)}/enrolment-token`, { method: 'POST' })
}

export function revokeGateway(id: string): Promise<Enrolment> {
  return request(`${path(id)}/revoke`, { method: 'POST' })
}
