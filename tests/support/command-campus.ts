import type { CommandRequest, IssuedCommand } from '#contract/api/commands.ts'
import { finalCommandStates } from '#contract/command.ts'
import type { Campus, TestDevice } from './test-campus.ts'
import { waitFor } from './wait-for.ts'

/** A board of eight relays. `follow` says how long after a write relay 1 shows it. */
export function relays(id: string, unit: number, follow = '50ms'): TestDevice {
  return { id, profile: 'waveshare.relay8', unit, signals: { 'relay.1': { gen: 'follow', delay: follow } } }
}

let keys = 0

/** Gives a command as a person's script would; the key is new unless one is given. */
export function give(
  campus: Campus,
  point: string,
  fields: Partial<CommandRequest> = {},
): Promise<IssuedCommand> {
  return campus.cloud.api.call<IssuedCommand>('/api/v1/commands', {
    method: 'POST',
    body: JSON.stringify({
      point: campus.pointId(point),
      value: true,
      key: `test-${process.pid}-${++keys}`,
      expiresInS: 60,
      ...fields,
    }),
  })
}

export function look(campus: Campus, { id }: Pick<IssuedCommand, 'id'>): Promise<IssuedCommand> {
  return campus.cloud.api.call<IssuedCommand>(`/api/v1/commands/${id}`)
}

/** Waits until the command is in the state, or in any final one without it. */
export async function comesTo(
  campus: Campus,
  command: Pick<IssuedCommand, 'id'>,
  state?: IssuedCommand['state'],
): Promise<IssuedCommand> {
  return waitFor(
    async () => {
      const found = await look(campus, command)
      const states: readonly string[] = state === undefined ? finalCommandStates : [state]
      if (!states.includes(found.state)) throw new Error(`not there yet: ${JSON.stringify(found)}`)
      return found
    },
    { timeoutMs: 60_000 },
  )
}

export const stepsOf = ({ steps }: IssuedCommand): string[] => steps.map(({ state }) => state)

/** How often a client has written to the simulated device since it was switched on. */
export async function writesOf(campus: Campus, device: string): Promise<number> {
  return Number((await campus.site.describe(device)).link.writes)
}

/** Waits until the cloud knows the points and the state of the link. */
export async function isLinked(campus: Campus, device: string, state: 'up' | 'down'): Promise<void> {
  await waitFor(
    async () => {
      const found = (await campus.cloud.api.devices()).find(({ id }) => id === campus.pointId(device))
      if (found?.link.state !== state || found.points.length === 0)
        throw new Error(`${device}: ${JSON.stringify(found?.link)}`)
    },
    { timeoutMs: 60_000 },
  )
}
