import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from './servers.ts'
import { tempFolder } from './temp-folder.ts'
import { waitFor } from './wait-for.ts'

/** Two serial ports with a cable between them: pseudo terminals that socat connects. */
export type PtyPair = AsyncDisposable & { readonly ours: string; readonly theirs: string }

export async function openPtyPair(): Promise<PtyPair> {
  const folder = await tempFolder()
  const ours = join(folder.path, 'usb-0-port0')
  const theirs = join(folder.path, 'usb-1-port0')
  const end = (link: string) => `pty,raw,echo=0,link=${link}`
  const socat = spawn(findProgram('socat') ?? 'socat', [end(ours), end(theirs)], { stdio: 'ignore' })
  const exited = once(socat, 'exit')
  try {
    await waitFor(() => {
      if (!existsSync(ours) || !existsSync(theirs)) throw new Error('socat has not made its ports')
    })
  } catch (error) {
    socat.kill()
    await folder[Symbol.asyncDispose]()
    throw error
  }
  return {
    ours,
    theirs,
    async [Symbol.asyncDispose]() {
      socat.kill()
      await exited
      await folder[Symbol.asyncDispose]()
    },
  }
}
