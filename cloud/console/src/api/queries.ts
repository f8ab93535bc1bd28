import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { AlarmList } from '#contract/api/alarms.ts'
import type { Device, DeviceList } from '#contract/api/devices.ts'
import type { Gateway, GatewayList } from '#contract/api/gateways.ts'
import type { Ledger, LedgerDay } from '#contract/api/ledger.ts'
import type { PointUpdate } from '#contract/api/live.ts'
import type { Point } from '#contract/api/points.ts'
import type { Tree } from '#contract/api/tree.ts'
import { request } from './client.ts'

/** The first segment of every key names what a live message may change. */
export const keys = {
  devices: 'devices',
  /** Asked of the gateway itself: a change of the inventory is no reason, least of all that the device was removed. */
  deviceErrors: 'device-errors',
  gateways: 'gateways',
  alarms: 'alarms',
  commands: 'commands',
  tree: 'tree',
} as const

/** A change between the snapshot and the subscription is seen after this long at the latest. */
const refetchInterval = 60_000

export type DeviceFilter = {
  readonly gateway?: string | undefined
  /** A place of the organisation. */
  readonly place?: string | undefined
  readonly q?: string | undefined
  /** Cursor of the page; the first one without. */
  readonly after?: string | undefined
}

/** One page of the list: however many devices there are, a tab shows and hears a bounded number of them. */
export const devicesQuery = ({ gateway, place, q, after }: DeviceFilter) =>
  queryOptions({
    queryKey: [keys.devices, 'list', { gateway, place, q, after }],
    queryFn: ({ signal }) =>
      request<DeviceList>('/devices', { query: { gateway, place, q, cursor: after, limit: 50 }, signal }),
    refetchInterval,
    placeholderData: keepPreviousData,
  })

export const deviceQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.devices, 'one', id],
    queryFn: ({ signal }) => request<Device>(`/devices/${encodeURIComponent(id)}`, { signal }),
    refetchInterval,
  })

export const gatewaysQuery = queryOptions({
  queryKey: [keys.gateways, 'list'],
  queryFn: ({ signal }) => request<GatewayList>('/gateways', { query: { limit: 500 }, signal }),
  refetchInterval,
})

export const gatewayQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.gateways, 'one', id],
    queryFn: ({ signal }) => request<Gateway>(`/gateways/${encodeURIComponent(id)}`, { signal }),
    refetchInterval,
  })

export const ledgerQuery = (id: string) =>
  queryOptions({
    queryKey: ['ledger', id],
    queryFn: ({ signal }) => request<Ledger>(`/gateways/${encodeURIComponent(id)}/ledger`, { signal }),
    refetchInterval: 10_000,
  })

export const ledgerDayQuery = (id: string, day: string) =>
  queryOptions({
    queryKey: ['ledger', id, day],
    queryFn: ({ signal }) =>
      request<LedgerDay>(`/gateways/${encodeURIComponent(id)}/ledger/${day}`, { signal }),
    refetchInterval: 10_000,
  })

/** `standing`: all that somebody still has to do something about; `history`: the latest of what is over. */
export const alarmsQuery = (state: 'standing' | 'history') =>
  queryOptions({
    queryKey: [keys.alarms, state],
    queryFn: ({ signal }) =>
      request<AlarmList>('/alarms', { query: { state, limit: state === 'standing' ? 500 : 200 }, signal }),
    refetchInterval,
  })

export const treeQuery = queryOptions({
  queryKey: [keys.tree],
  queryFn: ({ signal }) => request<Tree>('/tree', { signal }),
  refetchInterval,
})

/** The newest samples that came with a device, in the form in which the live socket sends them. */
export function lastSamples(points: readonly Point[]): PointUpdate[] {
  return points.flatMap(({ id, last }) =>
    last === undefined
      ? []
      : [
          {
            point: id,
            t: Date.parse(last.at),
            value: last.value,
            quality: last.quality,
            ...(last.reason === undefined ? {} : { reason: last.reason }),
          },
        ],
  )
}
