/**
 * A damaged outbox file is set aside, what can be read of it is copied into a new one, and what may be missing is reported.
 * That can be interrupted at any moment: until it is done the file that was set aside has a name of its own.
 */
import { existsSync, globSync, renameSync, rmSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Sqlite, transaction } from '#lib/sqlite.ts'
import type { Drop } from './batch.ts'
import { type Account, Found, missingAsDrops } from './missing.ts'
import { type FileOptions, OutboxFile } from './outbox-file.ts'
import { countWaiting, migrations, streamCodes } from './outbox-schema.ts'
import { DamagedReader, type Rescued } from './read-damaged.ts'
import { prepareStatements } from './statements.ts'

export type Salvage = {
  /** Where the file is now. */
  readonly quarantine: string
  readonly batches: number
  readonly drops: readonly Drop[]
  /** `no-room`: the next start tries again. `newer`: waits there for a program that knows its version. */
  readonly outcome: 'rescued' | 'no-room' | 'newer'
}

const parts = ['', '-wal', '-shm']
/** Rows of one transaction: a large backlog is not held in memory. */
const rowsAtOnce = 500

/** True while a file waits for its rescue: a power cut or a full disk has interrupted it, or a newer program has come back. */
export function isSetAside(path: string): boolean {
  if (!existsSync(asideOf(path))) {
    const known = newerFiles(path).find(({ version }) => version <= migrations.length)
    if (known === undefined) return false
    move(known.path, asideOf(path))
  }
  // Cut off between two of its files.
  if (!existsSync(path)) setAside(path)
  return true
}

export function setAside(path: string): void {
  move(path, asideOf(path))
}

/** A program that was taken back to an earlier version keeps what the newer one left, untouched. */
export function setNewerAside(path: string, version: number, at: number): Salvage {
  const quarantine = `${path}.v${version}-${at}`
  move(path, quarantine)
  return { quarantine, batches: 0, drops: [], outcome: 'newer' }
}

/** A folder where a file should be. */
export function isBlocked(path: string): boolean {
  return parts.some((part) => statSync(path + part, { throwIfNoEntry: false })?.isDirectory() === true)
}

export function asideOf(path: string): string {
  return `${path}.damaged`
}

/** Copies what can be read of the file that was set aside into the one at `path`. Throws what SQLite throws for that one. */
export function salvage(options: FileOptions, at: number): { file: OutboxFile; salvage: Salvage } {
  const { path } = options
  const { batches, drops } = copyAll(options, at)
  const quarantine = `${path}.corrupt-${at}`
  // One of them: it may be as large as an outbox may be.
  for (const older of globSync(`${path}.corrupt-*`)) rmSync(older, { force: true, recursive: true })
  move(asideOf(path), quarantine)
  // Opened again, so that its totals count what was copied.
  return { file: new OutboxFile(options), salvage: { quarantine, batches, drops, outcome: 'rescued' } }
}

function copyAll(options: FileOptions, at: number): { batches: number; drops: readonly Drop[] } {
  using damaged = new DamagedReader(asideOf(options.path))
  const file = new OutboxFile(options)
  try {
    const accounts = damaged.accounts()
    const copy = new Copy(file.db, accounts)
    let some: Rescued[] = []
    for (const batch of damaged.batches()) {
      some.push(batch)
      if (some.length < rowsAtOnce) continue
      copy.batches(some)
      some = []
    }
    copy.batches(some)
    const drops = copy.missing(at)
    copy.finish([...damaged.drops(), ...drops], at)
    return { batches: copy.count, drops }
  } finally {
    file.close()
  }
}

/** Into the new file. What is there already stays: the rescue may have been cut off before. */
class Copy {
  readonly #db: Sqlite
  readonly #sql: ReturnType<typeof prepareStatements>
  readonly #accounts = new Map<string, Account>()
  readonly #found = new Map<string, Found>()
  count = 0

  constructor(db: Sqlite, accounts: readonly Account[]) {
    this.#db = db
    this.#sql = prepareStatements(db)
    for (const account of accounts) this.#accounts.set(`${account.stream}/${account.epoch}`, account)
  }

  batches(some: readonly Rescued[]): void {
    transaction(this.#db, () => {
      for (const { stream, epoch, seq, createdAt, firstT, lastT, samples, payload } of some) {
        const key = `${stream}/${epoch}`
        const found = this.#found.get(key) ?? new Found()
        this.#found.set(key, found)
        if (!found.add(seq, samples)) continue
        this.count++
        const content = [
          payload.length,
          payload,
          typeof payload === 'string' ? crc32(payload) : null,
        ] as const
        this.#sql.insert.run(streamCodes[stream], epoch, seq, createdAt, firstT, lastT, samples, ...content)
      }
    })
  }

  /** What may be gone of each stream that the file spoke of, and of those that only their batches speak of. */
  missing(at: number): Drop[] {
    return this.#allAccounts().flatMap((account) => {
      const found = this.#found.get(`${account.stream}/${account.epoch}`) ?? new Found()
      return missingAsDrops(account, found, at)
    })
  }

  /** The accounts as they were, and what is waiting as it is now. */
  finish(drops: readonly Drop[], at: number): void {
    const { produced, recordDrop } = this.#sql
    transaction(this.#db, () => {
      for (const { stream, epoch, lastSeq, produced: samples } of this.#allAccounts()) {
        produced.run(streamCodes[stream], epoch, at, lastSeq, samples)
      }
      for (const { stream, epoch, firstSeq, lastSeq, samples, reason, ...rest } of drops) {
        const times = [rest.at, rest.from ?? null, rest.to ?? null] as const
        recordDrop.run(streamCodes[stream], epoch, firstSeq, lastSeq, samples, reason, ...times)
      }
      this.#db.exec(countWaiting)
    })
  }

  #allAccounts(): Account[] {
    const unknown = [...this.#found].flatMap(([key, found]): Account[] => {
      const [stream, epoch] = key.split('/') as [Account['stream'], string]
      const said = { lastSeq: found.lastSeq, produced: found.samples, waiting: undefined }
      return this.#accounts.has(key) ? [] : [{ stream, epoch: Number(epoch), ...said }]
    })
    return [...this.#accounts.values(), ...unknown]
  }
}

function newerFiles(path: string): { path: string; version: number }[] {
  return globSync(`${path}.v*`).flatMap((found) => {
    const [, version] = /\.v(\d+)-\d+$/.exec(found) ?? []
    return version === undefined ? [] : [{ path: found, version: Number(version) }]
  })
}

function move(from: string, to: string): void {
  for (const part of parts) if (existsSync(from + part)) renameSync(from + part, to + part)
}
