import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { backoffMs } from '#lib/backoff.ts'
import type { Clock } from '#lib/clock.ts'

export type ChildOptions = {
  readonly name: string
  /** The script and its arguments. */
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly logFile: string
  readonly clock: Clock
  /** A line for the person at the terminal. */
  readonly say: (line: string) => void
}

const restart = { firstMs: 1000, maxMs: 30_000 }
const healthyAfterMs = 60_000
const stopWithinMs = 5000
const stopWithParent = new URL('./stop-with-parent.mjs', import.meta.url).href

/**
 * A program that is started again when it ends by itself. It runs in its own process group, so that Ctrl-C reaches only
 * the demo, and stops by itself when the demo is gone.
 */
export class SupervisedChild implements AsyncDisposable {
  readonly #options: ChildOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #child: ChildProcess | undefined

  constructor(options: ChildOptions) {
    this.#options = options
    this.#running = this.#keepRunning()
  }

  static start(options: ChildOptions): SupervisedChild {
    return new SupervisedChild(options)
  }

  /** Asks it to stop and insists after `withinMs`. Resolves when it has ended. */
  async stop(withinMs: number): Promise<void> {
    this.#stop.abort()
    const child = this.#child
    child?.kill('SIGTERM')
    const timer = setTimeout(() => child?.kill('SIGKILL'), withinMs)
    await this.#running
    clearTimeout(timer)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(stopWithinMs)
  }

  async #keepRunning(): Promise<void> {
    const { name, clock, say, logFile } = this.#options
    let attempt = 0
    while (!this.#stop.signal.aborted) {
      const startedAt = clock.monotonic()
      const ended = await this.#runOnce()
      if (this.#stop.signal.aborted) return
      if (clock.monotonic() - startedAt >= healthyAfterMs) attempt = 0
      const waitMs = backoffMs(attempt++, restart)
      say(`${name} ended (${ended}); again in ${(waitMs / 1000).toFixed(1)} s. Why: ${logFile}`)
      await clock.sleep(waitMs, this.#stop.signal)
    }
  }

  #runOnce(): Promise<string> {
    const { args, cwd, env, logFile } = this.#options
    const log = openSync(logFile, 'a', 0o600)
    const child = spawn(process.execPath, ['--import', stopWithParent, ...args], {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    this.#child = child
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(String(error)))
      child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`))
    })
  }
}
