import type { DevicePlace, NodeDraft, TreeImport, TreeNode } from '#contract/api/tree.ts'
import { apiUrl, request } from '../../api/client.ts'

const nodePath = (id: string): string => `/tree/nodes/${encodeURIComponent(id)}`

export function putNode(id: string, body: NodeDraft): Promise<TreeNode> {
  return request(nodePath(id), { method: 'PUT', body })
}

export function deleteNode(id: string): Promise<void> {
  return request(nodePath(id), { method: 'DELETE' })
}

/** `device` is `<gateway>/<device>`. */
export function placeDevice(device: string, place: string | null): Promise<DevicePlace> {
  return request(`/devices/${device}/place`, { method: 'PUT', body: { place } })
}

export function planUrl(id: string, digest: string): string {
  return apiUrl(`${nodePath(id)}/plan`, { v: digest })
}

export function putPlan(id: string, file: File): Promise<TreeNode> {
  return request(`${nodePath(id)}/plan`, {
    method: 'PUT',
    file: { type: file.type, content: file },
    deadlineMs: 60_000,
  })
}

export function deletePlan(id: string): Promise<void> {
  return request(`${nodePath(id)}/plan`, { method: 'DELETE' })
}

export function exportUrl(format: 'csv' | 'yaml'): string {
  return apiUrl('/tree/export', { format })
}

/** The server takes no longer one. */
export const maxFileBytes = 2 * 1024 * 1024

/** What the file would change; with the `digest` of that answer it is done. */
export function importTree(file: File, digest?: string): Promise<TreeImport> {
  const type = /\.ya?ml$/i.test(file.name) ? 'application/yaml' : 'text/csv'
  return request('/tree/import', {
    method: 'POST',
    query: digest === undefined ? { dryRun: true } : { dryRun: false, digest },
    file: { type, content: file },
    deadlineMs: 60_000,
  })
}
