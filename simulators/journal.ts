import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Value } from '#contract/sample.ts'

/** One value a device sent, with the time it gave it. `point` is `<device>/<point>`. */
export type JournalEntry = { readonly point: string; readonly t: number; readonly value: Value }
/** The broker has taken over a value. */
export type Takeover = { readonly point: string; readonly t: number; readonly takenAt: number }

/** What was really produced, one JSON line each: a judge compares it with what arrived. */
export interface Journal extends AsyncDisposable {
  add(line: JournalEntry | Takeover): void
}

export const noJournal: Journal = {
  add: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

export class FileJournal implements Journal {
  readonly #file: WriteStream

  constructor(path: string) {
    this.#file = createWriteStream(path, { flags: 'a' })
  }

  add(line: JournalEntry | Takeover): void {
    this.#file.write(`${JSON.stringify(line)}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.end()
    await finished(this.#file)
  }
}
