import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Reads a password from the terminal without showing it, or the first line of what is piped in. */
export async function askPassword(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('password: ')
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: process.stdin.isTTY })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    if (process.stdin.isTTY) process.stderr.write('\n')
  }
}
