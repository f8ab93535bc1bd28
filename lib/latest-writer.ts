import { writeAtomically } from './write-atomically.ts'

/** Keeps one file up to date without making anybody wait: while one write runs, only the newest content is kept. */
export class LatestWriter implements AsyncDisposable {
  readonly #file: string
  readonly #onError: (error: unknown) => void
  #next: string | undefined
  #running: Promise<void> | undefined

  constructor(file: string, onError: (error: unknown) => void) {
    this.#file = file
    this.#onError = onError
  }

  /** Never throws and never waits. */
  write(content: string): void {
    this.#next = content
    this.#running ??= this.#drain()
  }

  async #drain(): Promise<void> {
    while (this.#next !== undefined) {
      const content = this.#next
      this.#next = undefined
      await writeAtomically(this.#file, content).catch(this.#onError)
    }
    this.#running = undefined
  }

  /** Resolves when the last content is on the disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running
  }
}
