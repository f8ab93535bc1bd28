import type { CommandResult } from '#contract/command.ts'
import type { Trouble } from '#contract/device-errors.ts'

/** What an end of a command says against its device. A command that was never begun says nothing. Pure. */
export function troubleOf(result: CommandResult): (Trouble & { readonly device: string }) | undefined {
  const { point, state, verified, readBack, message = '', code = '' } = result
  const [device = ''] = point.split('/', 1)
  if (state === 'failed') return { device, kind: 'write_failed', place: point, text: message || code }
  if (state !== 'done' || verified !== false) return undefined
  const text = readBack === undefined ? 'it shows no value' : `it shows ${JSON.stringify(readBack)}`
  return { device, kind: 'not_verified', place: point, text }
}
