import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { CommandRequest } from '#contract/api/commands.ts'
import { ApiError } from '../../api/client.ts'
import { giveCommand, newKey } from './commands-query.ts'

export type Wanted = Pick<CommandRequest, 'value'> & { readonly confirm?: boolean }

/** How long a command from this page may wait for a gateway or a device that is away. */
export const lifeS = 60

/** Gives commands to one point. A lost answer is asked for again under the same key, which switches nothing twice. */
export function useGive(point: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: CommandRequest) => giveCommand(queries, body),
    retry: (failures, error) => failures < 3 && wasLost(error),
    retryDelay: 1_000,
    meta: { point },
  })
}

export function requestOf(point: string, { value, confirm = false }: Wanted): CommandRequest {
  return { point, value, key: newKey(), expiresInS: lifeS, ...(confirm ? { confirm } : {}) }
}

function wasLost(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'NETWORK' || error.code === 'TIMEOUT')
}
