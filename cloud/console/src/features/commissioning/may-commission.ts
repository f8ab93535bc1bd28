import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../../api/session.ts'

/** Whether the reader may add and remove devices. The server decides; this only spares a useless button. */
export function useMayCommission(): boolean {
  const role = useQuery(sessionQuery).data?.user.role
  return role === 'admin' || role === 'facilities'
}
