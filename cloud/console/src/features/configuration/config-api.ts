import { queryOptions } from '@tanstack/react-query'
import type {
  ConfigChecked,
  ConfigDraft,
  ConfigRollback,
  GatewayConfiguration,
  Rollout,
  RolloutDraft,
  RolloutList,
  StoredConfig,
} from '#contract/api/configuration.ts'
import type { ConfigContent, ConfigProblem } from '#contract/configuration.ts'
import { ApiError, request } from '../../api/client.ts'

const path = (gateway: string): string => `/gateways/${encodeURIComponent(gateway)}/config`

export const configKey = (gateway: string) => ['configuration', gateway] as const

/** While something is on its way, what became of it is asked for often. */
export const configQuery = (gateway: string) =>
  queryOptions({
    queryKey: configKey(gateway),
    queryFn: ({ signal }) => request<GatewayConfiguration>(path(gateway), { signal }),
    refetchInterval: ({ state }) => (isOnItsWay(state.data?.state) ? 1_500 : 15_000),
  })

export function isOnItsWay(state: GatewayConfiguration['state'] | undefined): boolean {
  return state === 'pending' || state === 'applying'
}

export function checkConfig(gateway: string, content: ConfigContent): Promise<ConfigChecked> {
  return request(`${path(gateway)}/check`, { method: 'POST', body: { content } })
}

export function putConfig(gateway: string, draft: ConfigDraft): Promise<GatewayConfiguration> {
  return request(path(gateway), { method: 'PUT', body: draft })
}

export function rollBackConfig(gateway: string, body: ConfigRollback): Promise<GatewayConfiguration> {
  return request(`${path(gateway)}/rollback`, { method: 'POST', body })
}

export const storedConfigQuery = (gateway: string, version: number) =>
  queryOptions({
    queryKey: [...configKey(gateway), version],
    queryFn: ({ signal }) => request<StoredConfig>(`${path(gateway)}/versions/${version}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const rolloutsQuery = queryOptions({
  queryKey: ['rollouts', 'list'],
  queryFn: ({ signal }) => request<RolloutList>('/rollouts', { query: { limit: 100 }, signal }),
  refetchInterval: 10_000,
})

export const rolloutQuery = (id: string) =>
  queryOptions({
    queryKey: ['rollouts', 'one', id],
    queryFn: ({ signal }) => request<Rollout>(`/rollouts/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.finishedAt === undefined ? 2_000 : false),
  })

export function startRollout(draft: RolloutDraft): Promise<Rollout> {
  return request('/rollouts', { method: 'POST', body: draft, deadlineMs: 60_000 })
}

export type RolloutAction = 'pause' | 'resume' | 'abort'

export function moveRollout(id: string, action: RolloutAction): Promise<Rollout> {
  return request(`/rollouts/${encodeURIComponent(id)}/${action}`, { method: 'POST' })
}

/** Of a content that was refused; empty for every other error. */
export function problemsOf(error: unknown): readonly ConfigProblem[] {
  const isInvalid = error instanceof ApiError && error.code === 'CONFIG_INVALID'
  return isInvalid && Array.isArray(error.details) ? (error.details as ConfigProblem[]) : []
}
