import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  Asset,
  AssetChangeList,
  AssetLabelList,
  AssetList,
  AssetPatch,
  UnknownDevice,
  UnknownDeviceList,
} from '#contract/api/assets.ts'
import { apiUrl, request } from '../../api/client.ts'
import type { Language } from '../../i18n/local-text.ts'
import type { AssetsSearch, UnknownSearch } from './assets-search.ts'

export const assetsKey = 'assets'
const refetchInterval = 60_000
const at = (id: string, path = ''): string => `/assets/${encodeURIComponent(id)}${path}`

export const assetsQuery = ({ after, ...filter }: AssetsSearch) =>
  queryOptions({
    queryKey: [assetsKey, 'list', filter, after],
    queryFn: ({ signal }) =>
      request<AssetList>('/assets', { query: { ...filter, cursor: after, limit: 50 }, signal }),
    refetchInterval,
    placeholderData: keepPreviousData,
  })

export const assetQuery = (id: string) =>
  queryOptions({
    queryKey: [assetsKey, 'one', id],
    queryFn: ({ signal }) => request<Asset>(at(id), { signal }),
    refetchInterval,
  })

export const changesQuery = (id: string) =>
  queryOptions({
    queryKey: [assetsKey, 'changes', id],
    queryFn: ({ signal }) => request<AssetChangeList>(at(id, '/changes'), { query: { limit: 100 }, signal }),
    refetchInterval,
  })

/** As many as a person prints in one go. */
export const labelsPerPage = 120

export const labelsQuery = ({ after, ...filter }: AssetsSearch) =>
  queryOptions({
    queryKey: [assetsKey, 'labels', filter, after],
    queryFn: ({ signal }) =>
      request<AssetLabelList>('/assets/labels', {
        query: { ...filter, cursor: after, limit: labelsPerPage },
        signal,
      }),
  })

export const unknownQuery = ({ after, ignored }: UnknownSearch) =>
  queryOptions({
    queryKey: [assetsKey, 'unknown', ignored, after],
    queryFn: ({ signal }) =>
      request<UnknownDeviceList>('/assets/unknown', { query: { ignored, cursor: after, limit: 50 }, signal }),
    refetchInterval,
    placeholderData: keepPreviousData,
  })

export function patchAsset(id: string, body: AssetPatch): Promise<Asset> {
  return request(at(id), { method: 'PATCH', body })
}

export function ignoreUnknown(id: string, reason: string): Promise<UnknownDevice> {
  return request(`/assets/unknown/${encodeURIComponent(id)}/ignore`, { method: 'POST', body: { reason } })
}

export function watchUnknown(id: string): Promise<UnknownDevice> {
  return request(`/assets/unknown/${encodeURIComponent(id)}/ignore`, { method: 'DELETE' })
}

export function assetsFile({ after: _, ...filter }: AssetsSearch, language: Language): string {
  return apiUrl('/assets/export', { ...filter, language: language === 'en' ? 'en' : 'zh' })
}
