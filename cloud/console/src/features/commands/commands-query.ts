import { type QueryClient, queryOptions } from '@tanstack/react-query'
import type { CommandList, CommandRequest, IssuedCommand } from '#contract/api/commands.ts'
import { request } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { mergeCommand } from '../../live/merge-event.ts'

/** The newest commands to a device, the last one first. The live socket keeps them up to date. */
export const commandsQuery = (device: string) =>
  queryOptions({
    queryKey: [keys.commands, device],
    queryFn: ({ signal }) => request<CommandList>('/commands', { query: { device, limit: 30 }, signal }),
    refetchInterval: 60_000,
  })

/** Asking again with the same key is the same command, so that a lost answer may be asked for again. */
export async function giveCommand(queries: QueryClient, body: CommandRequest): Promise<IssuedCommand> {
  const given = await request<IssuedCommand>('/commands', { method: 'POST', body })
  mergeCommand(queries, given)
  return given
}

/** `crypto.randomUUID` is missing on a page without https. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
