import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { AuditChain, AuditList } from '#contract/api/audit.ts'
import { request } from '../../api/client.ts'
import type { AuditSearch } from './audit-search.ts'

export const auditQuery = ({ after, ...filter }: AuditSearch) =>
  queryOptions({
    queryKey: ['audit', 'list', filter, after],
    queryFn: ({ signal }) =>
      request<AuditList>('/audit', { query: { ...filter, cursor: after, limit: 50 }, signal }),
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  })

/** Walks through every row; only when somebody asks for it. */
export const chainQuery = queryOptions({
  queryKey: ['audit', 'chain'],
  queryFn: ({ signal }) => request<AuditChain>('/audit/chain', { signal, deadlineMs: 300_000 }),
  enabled: false,
  retry: false,
  staleTime: Number.POSITIVE_INFINITY,
})
