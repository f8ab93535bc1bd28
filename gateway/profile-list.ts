import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AppError } from '#contract/errors.ts'
import type { ProfileInfo } from '#contract/request.ts'

const program = fileURLToPath(new URL('./list-profiles.ts', import.meta.url))
const maxBytes = 8 * 1024 * 1024
const run = promisify(execFile)

/**
 * Reads the whole folder in a process of its own: about a second of work for a hundred profiles, and its memory, that no
 * poll has to wait for and that is gone afterwards.
 */
export async function listProfiles(folder: string, signal: AbortSignal): Promise<ProfileInfo[]> {
  const options = { signal, maxBuffer: maxBytes }
  const { stdout } = await run(process.execPath, [program, folder], options).catch((cause: unknown) => {
    const message = signal.aborted ? 'reading the profiles took too long' : 'the profiles could not be read'
    throw new AppError('INTERNAL', message, { cause })
  })
  return JSON.parse(stdout) as ProfileInfo[]
}
