import { useQuery } from '@tanstack/react-query'
import type { Permission } from '#contract/permissions.ts'
import { sessionQuery } from './session.ts'

/** Whether the reader may do this somewhere. The server decides what where; this only spares a useless button. */
export function useMay(permission: Permission): boolean {
  return useQuery(sessionQuery).data?.user.permissions.includes(permission) ?? false
}
