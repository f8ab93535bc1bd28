import { type FileHandle, open, readFile, rename } from 'node:fs/promises'
import type { CommandResult } from '#contract/command.ts'
import type { Value } from '#contract/sample.ts'

/** What is known about a command: begun, and its result once there is one. */
export type JournalEntry = {
  readonly id: string
  readonly point: string
  readonly expiresAt: number
  /** What was to be written, to recognise it at the device after a kill. */
  readonly value?: Value
  readonly result?: CommandResult
}

export type JournalOptions = {
  readonly file: string
  /** The file is set aside as `<file>.old` after this many lines; both are read at the next start. */
  readonly maxLines: number
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

/**
 * Which commands were begun and how they ended, one JSON line per step. A line is with the operating system before the
 * device is touched, so a killed gateway never repeats a command; the disk follows in the background, so a slow one
 * delays nothing, and a power cut may forget the last moments.
 */
export class CommandJournal implements AsyncDisposable {
  readonly #options: JournalOptions
  readonly #entries: Map<string, JournalEntry>
  #handle: FileHandle
  #lines: number
  /** The file ends within a line, torn by a crash or a full disk: it must not swallow the next one. */
  #isTorn: boolean
  #tail: Promise<void> = Promise.resolve()
  #syncing: Promise<void> | undefined
  #syncAgain = false

  private constructor(options: JournalOptions, entries: Map<string, JournalEntry>, file: OpenedFile) {
    this.#options = options
    this.#entries = entries
    this.#handle = file.handle
    this.#lines = file.lines
    this.#isTorn = file.isTorn
  }

  /** Reads what an earlier run left, without the torn line that a crash can leave at the end. */
  static async open(options: JournalOptions): Promise<CommandJournal> {
    const old = await readFile(`${options.file}.old`, 'utf8').catch(missingIsEmpty)
    const text = await readFile(options.file, 'utf8').catch(missingIsEmpty)
    const handle = await open(options.file, 'a')
    const entries = new Map([...entriesOf(old), ...entriesOf(text)].map((entry) => [entry.id, entry]))
    const isTorn = text !== '' && !text.endsWith('\n')
    return new CommandJournal(options, entries, { handle, lines: text.split('\n').length, isTorn })
  }

  find(id: string): JournalEntry | undefined {
    return this.#entries.get(id)
  }

  /** Begun and without a result: the process was killed in between. */
  unfinished(): JournalEntry[] {
    return [...this.#entries.values()].filter(({ result }) => result === undefined)
  }

  /** Resolves when the step survives a kill of this process. A disk that fails is reported and does not stop commands. */
  write(entry: JournalEntry): Promise<void> {
    this.#entries.set(entry.id, entry)
    this.#tail = this.#tail.then(() => this.#append(entry)).catch(this.#options.onError)
    return this.#tail
  }

  async #append(entry: JournalEntry): Promise<void> {
    if (++this.#lines > this.#options.maxLines) await this.#setAside()
    const line = `${this.#isTorn ? '\n' : ''}${JSON.stringify(entry)}\n`
    this.#isTorn = true
    await this.#handle.appendFile(line)
    this.#isTorn = false
    this.#syncAgain = this.#syncing !== undefined
    this.#syncing ??= this.#sync()
  }

  async #setAside(): Promise<void> {
    const { file, now } = this.#options
    const full = this.#handle
    await rename(file, `${file}.old`)
    this.#handle = await open(file, 'a')
    this.#lines = 1
    this.#isTorn = false
    const syncing = this.#syncing ?? Promise.resolve()
    syncing.then(() => full.close()).catch(this.#options.onError)
    // A repeat of an expired command is refused by its time, so its id is no longer needed; the others move on with us.
    for (const [id, entry] of this.#entries) {
      if (entry.result !== undefined && entry.expiresAt < now()) this.#entries.delete(id)
      else await this.#handle.appendFile(`${JSON.stringify(entry)}\n`)
    }
  }

  async #sync(): Promise<void> {
    do {
      this.#syncAgain = false
      await this.#handle.datasync().catch(this.#options.onError)
    } while (this.#syncAgain)
    this.#syncing = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail
    await this.#syncing
    await this.#handle.close()
  }
}

type OpenedFile = { readonly handle: FileHandle; readonly lines: number; readonly isTorn: boolean }

function entriesOf(text: string): JournalEntry[] {
  return text
    .split('\n')
    .map(entryOf)
    .filter((entry) => entry !== undefined)
}

function entryOf(line: string): JournalEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    const looksRight = typeof entry === 'object' && entry !== null && 'id' in entry && 'expiresAt' in entry
    return looksRight ? (entry as JournalEntry) : undefined
  } catch {
    return undefined
  }
}

function missingIsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}
