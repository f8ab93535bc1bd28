import { queryOptions } from '@tanstack/react-query'
import type {
  AckMany,
  Alarm,
  AlarmDetail,
  AlarmFloods,
  AlarmPeople,
  AlarmQuality,
  CloseRequest,
  OutOfServiceRequest,
  ShelveRequest,
} from '#contract/api/alarms.ts'
import { apiUrl, request } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'

const pathOf = (id: string): string => `/alarms/${encodeURIComponent(id)}`

export const alarmQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.alarms, 'one', id],
    queryFn: ({ signal }) => request<AlarmDetail>(pathOf(id), { signal }),
  })

export const peopleQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.alarms, 'people', id],
    queryFn: ({ signal }) => request<AlarmPeople>(`${pathOf(id)}/people`, { signal }),
  })

export const floodsQuery = queryOptions({
  queryKey: [keys.alarms, 'floods'],
  queryFn: ({ signal }) => request<AlarmFloods>('/alarms/floods', { signal }),
  refetchInterval: 5_000,
})

export const qualityQuery = (days: number) =>
  queryOptions({
    queryKey: [keys.alarms, 'quality', days],
    queryFn: ({ signal }) => {
      const to = Date.now()
      return request<AlarmQuality>('/alarms/quality', { query: { from: to - days * 86_400_000, to }, signal })
    },
  })

/** One thing that a person does, as the API takes it. */
export type Act =
  | { readonly act: 'ack' | 'unshelve' | 'reset' | 'return-to-service'; readonly body: { note?: string } }
  | { readonly act: 'shelve'; readonly body: ShelveRequest }
  | { readonly act: 'out-of-service'; readonly body: OutOfServiceRequest }
  | { readonly act: 'approve'; readonly body: { approve: boolean; note?: string } }
  | { readonly act: 'comment'; readonly body: { note: string } }
  | { readonly act: 'assign'; readonly body: { to: string | null } }
  | { readonly act: 'close'; readonly body: CloseRequest }

export function doAct(id: string, { act, body }: Act): Promise<Alarm> {
  return request(`${pathOf(id)}/${act}`, { method: 'POST', body })
}

export function ackMany(ids: readonly string[]): Promise<AckMany> {
  return request('/alarms/ack', { method: 'POST', body: { ids } })
}

export function tickStep(id: string, step: string, done: boolean): Promise<Alarm> {
  return request(`${pathOf(id)}/procedure/${step}`, { method: 'POST', body: { done } })
}

export function addPhoto(id: string, file: File): Promise<Alarm> {
  return request(`${pathOf(id)}/photos`, {
    method: 'POST',
    file: { type: file.type, content: file },
    deadlineMs: 60_000,
  })
}

export function photoUrl(id: string, digest: string): string {
  return apiUrl(`${pathOf(id)}/photos/${digest}`)
}
