import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../../api/session.ts'

/** Whether the reader may change the tree. The server decides; this only spares a useless button. */
export function useMayEdit(): boolean {
  return useQuery(sessionQuery).data?.user.role === 'admin'
}
