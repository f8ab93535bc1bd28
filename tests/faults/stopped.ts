import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from '../support/program.ts'

/** SIGSTOP: the process is there, its sockets are open, and it does nothing. */
export async function stopped(program: Program, ms: number): Promise<Record<string, never>> {
  process.kill(program.pid, 'SIGSTOP')
  try {
    await sleep(ms)
  } finally {
    process.kill(program.pid, 'SIGCONT')
  }
  return {}
}
