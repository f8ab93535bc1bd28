import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  DataPoint,
  DataPointList,
  DataPointPatch,
  DerivedFigureList,
} from '#contract/api/data-catalogue.ts'
import { apiUrl, request } from '../../api/client.ts'
import type { Language } from '../../i18n/local-text.ts'
import type { DataSearch } from './data-search.ts'

export const dataKey = 'data-catalogue'

export const dataQuery = ({ after, ...filter }: DataSearch) =>
  queryOptions({
    queryKey: [dataKey, 'list', filter, after],
    queryFn: ({ signal }) =>
      request<DataPointList>('/data-catalogue', { query: { ...filter, cursor: after, limit: 50 }, signal }),
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  })

export const figuresQuery = queryOptions({
  queryKey: [dataKey, 'figures'],
  queryFn: ({ signal }) => request<DerivedFigureList>('/data-catalogue/figures', { signal }),
  staleTime: 5 * 60_000,
})

export function patchPoint(point: string, body: DataPointPatch): Promise<DataPoint> {
  return request(`/data-catalogue/${encodeURIComponent(point)}`, { method: 'PATCH', body })
}

export function dataFile({ after: _, ...filter }: DataSearch, language: Language): string {
  return apiUrl('/data-catalogue/export', { ...filter, language: language === 'en' ? 'en' : 'zh' })
}
