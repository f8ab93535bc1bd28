import { queryOptions } from '@tanstack/react-query'
import type {
  BusList,
  DeviceRef,
  DeviceUpdate,
  Probe,
  ProfileList,
  ProposalList,
  Scan,
  ScanStart,
} from '#contract/api/commissioning.ts'
import type { DeviceDraft } from '#contract/request.ts'
import { request } from '../../api/client.ts'

const at = (gateway: string, path: string): string => `/gateways/${encodeURIComponent(gateway)}${path}`
/** A device or a gateway has to do something first. */
const deadlineMs = 60_000

export const profilesQuery = (gateway: string) =>
  queryOptions({
    queryKey: ['profiles', gateway],
    queryFn: ({ signal }) => request<ProfileList>(at(gateway, '/profiles'), { signal, deadlineMs }),
    staleTime: 5 * 60_000,
  })

export const busesQuery = (gateway: string) =>
  queryOptions({
    queryKey: ['buses', gateway],
    queryFn: ({ signal }) => request<BusList>(at(gateway, '/buses'), { signal }),
    refetchInterval: 10_000,
  })

export const proposalsQuery = (gateway: string) =>
  queryOptions({
    queryKey: ['proposals', gateway],
    queryFn: ({ signal }) => request<ProposalList>(at(gateway, '/proposals'), { signal }),
    staleTime: 0,
  })

export const scanQuery = (gateway: string, scan: string) =>
  queryOptions({
    queryKey: ['scan', gateway, scan],
    queryFn: ({ signal }) => request<Scan>(at(gateway, `/scans/${scan}`), { signal }),
    refetchInterval: ({ state }) => (state.data?.state === 'running' || state.error !== null ? 500 : false),
  })

export function startScan(gateway: string, body: ScanStart): Promise<Scan> {
  return request(at(gateway, '/scan'), { method: 'POST', body })
}

export function cancelScan(gateway: string, scan: string): Promise<Scan> {
  return request(at(gateway, `/scans/${scan}`), { method: 'DELETE' })
}

export function probeDevice(gateway: string, device: DeviceDraft): Promise<Probe> {
  return request(at(gateway, '/probe'), { method: 'POST', body: { device }, deadlineMs })
}

export function addDevice(gateway: string, device: DeviceDraft): Promise<DeviceRef> {
  return request(at(gateway, '/devices'), { method: 'POST', body: { device }, deadlineMs })
}

export function updateDevice(gateway: string, device: string, changes: DeviceUpdate): Promise<DeviceRef> {
  return request(at(gateway, `/devices/${device}`), { method: 'PATCH', body: changes, deadlineMs })
}

export function removeDevice(gateway: string, device: string): Promise<DeviceRef> {
  return request(at(gateway, `/devices/${device}`), { method: 'DELETE', deadlineMs })
}
