import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { Failure, Loading, StillShown } from './page-states.tsx'

export type QueryLike<T> = {
  readonly data: T | undefined
  readonly error: unknown
  readonly refetch: () => unknown
}

export type QueryViewProps<T> = {
  readonly query: QueryLike<T>
  readonly children: (data: T) => ReactNode
  readonly missing?: ReactNode
  readonly skeletonRows?: number
}

/** Loading, error with a way out, missing, or data: the states that every page draws. Emptiness is the page's own. */
export function QueryView<T>({ query, children, missing, skeletonRows }: QueryViewProps<T>) {
  const { data, error, refetch } = query
  const retry = (): void => void refetch() // a failure comes back through `error`
  if (missing !== undefined && error instanceof ApiError && error.status === 404) return missing
  if (data === undefined && error !== null) return <Failure error={error} retry={retry} />
  if (data === undefined) return <Loading {...(skeletonRows === undefined ? {} : { rows: skeletonRows })} />
  return (
    <>
      {error !== null && <StillShown error={error} retry={retry} />}
      {children(data)}
    </>
  )
}
