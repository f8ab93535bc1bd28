import { QueryCache, QueryClient } from '@tanstack/react-query'
import { errorCodes } from '#contract/errors.ts'
import { ApiError, isSignedOut } from './client.ts'
import { sessionQuery } from './session.ts'

function canRetry(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  if (error.code === 'NETWORK' || error.code === 'TIMEOUT') return true
  if (error.code === 'UNEXPECTED') return error.status >= 500
  return errorCodes[error.code]?.retry ?? false
}

/** `onSignedOut` is called whenever an answer says that the session is over. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, { queryKey }) => {
        // Asking who one is may well be answered with: nobody yet.
        if (isSignedOut(error) && queryKey[0] !== sessionQuery.queryKey[0]) onSignedOut()
      },
    }),
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 2 && canRetry(error),
        retryDelay: (attempt) => Math.min(4000, 500 * 2 ** attempt),
        // Live values come over the socket; coming back to the window is no reason to read everything again.
        refetchOnWindowFocus: false,
        staleTime: 10_000,
      },
    },
  })
}
