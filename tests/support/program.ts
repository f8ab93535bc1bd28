import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
const stopWithParent = new URL('../../simulators/demo/stop-with-parent.mjs', import.meta.url).href
/** Programs start several times in a test run: what was stripped and compiled once is not done again. */
const compileCache = join(tmpdir(), 'campus-compile-cache')
const outputLimit = 2_000_000

export type ProgramOptions = {
  readonly name: string
  /** The script and its arguments, relative to the repository. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another program than Node. */
  readonly command?: string
}

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** A real process with its own process group: nothing of it outlives the test. */
export class Program implements AsyncDisposable {
  readonly name: string
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  #output = ''
  #exit: Exit | undefined

  constructor(options: ProgramOptions) {
    this.name = options.name
    const isNode = options.command === undefined
    const args = isNode ? ['--import', stopWithParent, ...options.args] : [...options.args]
    this.#child = spawn(options.command ?? process.execPath, args, {
      cwd: repository,
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...options.env },
      detached: true,
      stdio: isNode ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    })
    const keep = (text: string) => {
      this.#output = (this.#output + text).slice(-outputLimit)
    }
    this.#child.stdout?.setEncoding('utf8').on('data', keep)
    this.#child.stderr?.setEncoding('utf8').on('data', keep)
    this.exited = new Promise((resolve) => {
      const finish = (exit: Exit) => {
        this.#exit = exit
        resolve(exit)
      }
      this.#child.once('error', (error) => {
        keep(String(error))
        finish({ code: null, signal: null })
      })
      // `close` comes after `exit`, when all output has arrived.
      this.#child.once('close', (code, signal) => finish({ code, signal }))
    })
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start: ${this.#output}`)
    return this.#child.pid
  }

  get isRunning(): boolean {
    return this.#exit === undefined
  }

  /** Everything it has written to stdout and stderr, the last two megabytes of it. */
  get output(): string {
    return this.#output
  }

  /** The first match in the output; rejects when the program ends or the deadline passes without one. */
  async sees(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpMatchArray> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const match = this.#output.match(pattern)
      if (match !== null) return match
      if (!this.isRunning || performance.now() > deadline) {
        throw new Error(`${this.name}: no ${pattern} in the output\n${this.#output.slice(-5000)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** As a power cut does it. */
  async kill9(): Promise<void> {
    this.#signalGroup('SIGKILL')
    await this.exited
  }

  /** Asks it to stop, and insists after `withinMs`. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM', withinMs = 10_000): Promise<Exit> {
    if (this.isRunning) this.#child.kill(signal)
    const timer = setTimeout(() => this.#signalGroup('SIGKILL'), withinMs)
    const exit = await this.exited
    clearTimeout(timer)
    return exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) await this.stop()
    this.#signalGroup('SIGKILL')
    if (this.#child.connected) this.#child.disconnect()
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {
      // No such process: that is what was wanted.
    }
  }
}

/** Runs a program to its end. */
export async function run(options: ProgramOptions, timeoutMs = 60_000): Promise<Exit & { output: string }> {
  await using program = new Program(options)
  const timer = setTimeout(() => void program.kill9(), timeoutMs)
  const exit = await program.exited
  clearTimeout(timer)
  return { ...exit, output: program.output }
}
