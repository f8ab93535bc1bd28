import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  Danger,
  DangerDetail,
  DangerList,
  DangerPhoto,
  DangerSummary,
  NewDanger,
  PersonList,
} from '#contract/api/dangers.ts'
import { apiUrl, request } from '../../api/client.ts'
import type { DangersSearch } from './dangers-search.ts'

export const dangersKey = 'dangers'
const refetchInterval = 30_000

export const dangersQuery = ({ after, show, ...filter }: DangersSearch) =>
  queryOptions({
    queryKey: [dangersKey, 'list', show, filter, after],
    queryFn: ({ signal }) =>
      request<DangerList>('/dangers', {
        query: { ...filter, state: show, cursor: after, limit: 50 },
        signal,
      }),
    refetchInterval,
    placeholderData: keepPreviousData,
  })

export const summaryQuery = queryOptions({
  queryKey: [dangersKey, 'summary'],
  queryFn: ({ signal }) => request<DangerSummary>('/dangers/summary', { signal }),
  refetchInterval,
})

export const dangerQuery = (id: string) =>
  queryOptions({
    queryKey: [dangersKey, 'one', id],
    queryFn: ({ signal }) => request<DangerDetail>(`/dangers/${encodeURIComponent(id)}`, { signal }),
    refetchInterval,
  })

export const peopleQuery = (node: string) =>
  queryOptions({
    queryKey: [dangersKey, 'people', node],
    queryFn: ({ signal }) =>
      request<PersonList>(`/tree/nodes/${encodeURIComponent(node)}/people`, { signal }),
  })

export function reportDanger(body: NewDanger): Promise<Danger> {
  return request('/dangers', { method: 'POST', body })
}

export type DangerStepName = 'grade' | 'assign' | 'fix' | 'recheck' | 'close' | 'reopen' | 'comment'

export function doStep(id: string, step: DangerStepName, body: object): Promise<Danger> {
  return request(`/dangers/${encodeURIComponent(id)}/${step}`, { method: 'POST', body })
}

export function addPhoto(id: string, photo: Blob): Promise<DangerPhoto> {
  return request(`/dangers/${encodeURIComponent(id)}/photos`, {
    method: 'POST',
    file: { type: photo.type, content: photo },
    deadlineMs: 120_000,
  })
}

export function photoUrl(id: string, photo: string): string {
  return apiUrl(`/dangers/${encodeURIComponent(id)}/photos/${encodeURIComponent(photo)}`)
}

export function exportUrl({ show, node }: DangersSearch, language: string): string {
  return apiUrl('/dangers/export', { state: show ?? 'open', node, language: language === 'en' ? 'en' : 'zh' })
}
