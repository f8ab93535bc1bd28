import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  ChannelDraft,
  ChannelList,
  DeliveryList,
  MyNotifications,
  MySettings,
  NewSubscription,
  NotificationChannel,
  PushSubscription,
  TestResult,
} from '#contract/api/notifications.ts'
import { request } from '../../api/client.ts'
import type { LogSearch } from './log-search.ts'

export const notificationKeys = { mine: ['notifications', 'mine'], channels: ['notifications', 'channels'] }

/** A test answers when every way was tried once. */
const testMs = 30_000

export const mineQuery = queryOptions({
  queryKey: notificationKeys.mine,
  queryFn: ({ signal }) => request<MyNotifications>('/me/notifications', { signal }),
})

export const channelsQuery = queryOptions({
  queryKey: notificationKeys.channels,
  queryFn: ({ signal }) => request<ChannelList>('/notification-channels', { query: { limit: 500 }, signal }),
  refetchInterval: 60_000,
})

export const logQuery = ({ after, ...filter }: LogSearch) =>
  queryOptions({
    queryKey: ['notifications', 'log', filter, after],
    queryFn: ({ signal }) =>
      request<DeliveryList>('/notifications/log', { query: { ...filter, cursor: after, limit: 50 }, signal }),
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  })

export function putMine(body: MySettings): Promise<MyNotifications> {
  return request('/me/notifications', { method: 'PUT', body })
}

export function addBrowser(body: NewSubscription): Promise<PushSubscription> {
  return request('/me/notifications/push-subscriptions', { method: 'POST', body })
}

export function removeBrowser(id: string): Promise<void> {
  return request(`/me/notifications/push-subscriptions/${id}`, { method: 'DELETE' })
}

export function testMine(): Promise<TestResult> {
  return request('/me/notifications/test', { method: 'POST', deadlineMs: testMs })
}

export function putChannel(id: string | undefined, body: ChannelDraft): Promise<NotificationChannel> {
  return id === undefined
    ? request('/notification-channels', { method: 'POST', body })
    : request(`/notification-channels/${id}`, { method: 'PUT', body })
}

export function removeChannel(id: string): Promise<void> {
  return request(`/notification-channels/${id}`, { method: 'DELETE' })
}

export function testChannel(id: string): Promise<TestResult> {
  return request(`/notification-channels/${id}/test`, { method: 'POST', deadlineMs: testMs })
}
