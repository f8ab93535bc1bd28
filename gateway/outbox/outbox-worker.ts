/** The worker thread of the outbox: encoding, merging and everything that touches the disk. */
import { encodeTelemetry } from '#contract/codec.ts'
import type { SeqRange } from '#contract/delivery.ts'
import type { Produced } from '#contract/gateway-state.ts'
import type { SampleColumns } from '#contract/sample.ts'
import { isCorrupt, isDiskFull, NewerFile } from '#lib/sqlite.ts'
import { serveWorker, Transferring } from '#lib/worker-rpc.ts'
import { eventIn, mergeRun, nextRun, unreadableDrop } from './backfill.ts'
import type {
  BackfillMessage,
  Drop,
  EncodedBatch,
  FileStats,
  NumberedEvent,
  Position,
  Range,
} from './batch.ts'
import { DamagedFile, type FileOptions, type NewRow, OutboxFile } from './outbox-file.ts'
import { asideOf, isBlocked, isSetAside, type Salvage, salvage, setAside, setNewerAside } from './salvage.ts'

export type OpenRequest = FileOptions & { readonly epochCandidate: number; readonly at: number }
export type OpenAnswer = {
  readonly epoch: number
  readonly produced: readonly Produced[]
  readonly drops: readonly Drop[]
  readonly stats: FileStats
  readonly salvage: Salvage | undefined
}

export type NewBatch =
  | { readonly seq: number; readonly createdAt: number; readonly columns: SampleColumns }
  | EncodedBatch
export type NewEvent = { readonly seq: number; readonly at: number; readonly json: string }

export type CommitRequest = {
  readonly epoch: number
  readonly at: number
  readonly telemetry: readonly NewBatch[]
  readonly events: readonly NewEvent[]
  readonly produced: readonly Produced[]
  readonly confirmed: readonly SeqRange[]
  readonly dropped: readonly Drop[]
  readonly reported: readonly Drop[]
}

export type Failure = { readonly kind: 'disk-full' | 'corrupt' | 'other'; readonly message: string }

/** `batches` comes back in both cases: to be sent, or to be kept until the disk takes it. */
export type CommitAnswer = {
  readonly failure: Failure | undefined
  readonly batches: readonly EncodedBatch[]
  /** Could not be encoded: counted and dropped. */
  readonly unencodable: readonly Drop[]
  readonly drops: readonly Drop[]
  readonly stats: FileStats | undefined
  readonly salvage: Salvage | undefined
}

export type BackfillRequest = {
  readonly after: Position
  readonly until: Position
  readonly skip: readonly Range[]
  readonly maxSamples: number
  readonly at: number
}
export type BackfillAnswer = Found & { readonly message: BackfillMessage | undefined }
export type EventsAnswer = Found & { readonly events: readonly NumberedEvent[] }
/** What reading brought to light. */
type Found = { readonly drops: readonly Drop[]; readonly salvage: Salvage | undefined }

export type EventsRequest = { readonly after: Position; readonly limit: number; readonly at: number }

const endOfTime: Position = { epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER }

const nothing = { batches: 0, samples: 0, bytes: 0, oldestAt: undefined }
const nothingFound: Found = { drops: [], salvage: undefined }
const emptyFile: FileStats = { telemetry: nothing, events: nothing, diskUsed: 0 }

let options: FileOptions
/** Undefined while the disk has no room for it: every commit tries again. */
let file: OutboxFile | undefined
let rescued: Salvage | undefined

/** Runs `work`; when the file turns out to be damaged, salvages it and runs `work` once more on the new one. */
function withRepair<T>(at: number, work: (file: OutboxFile) => T): T {
  try {
    file ??= openFile(at)
    return work(file)
  } catch (error) {
    if (!isCorrupt(error) && !(error instanceof DamagedFile)) throw error
    closeQuietly()
    setAside(options.path)
    file = rescue(at)
    return work(file)
  }
}

/** Goes on with a rescue that was interrupted, by a power cut or a full disk. */
function openFile(at: number): OutboxFile {
  if (isBlocked(options.path)) throw new DamagedFile('there is a folder')
  if (isSetAside(options.path)) return rescue(at)
  try {
    return new OutboxFile(options)
  } catch (error) {
    if (!(error instanceof NewerFile)) throw error
    rescued = setNewerAside(options.path, error.version, at)
    return new OutboxFile(options)
  }
}

/** With a full disk the rescue waits for the next start: alarms of today are worth more than yesterday's telemetry. */
function rescue(at: number): OutboxFile {
  try {
    const made = salvage(options, at)
    rescued = made.salvage
    return made.file
  } catch (error) {
    if (!isDiskFull(error)) throw error
    const empty = new OutboxFile(options)
    rescued = { quarantine: asideOf(options.path), batches: 0, drops: [], outcome: 'no-room' }
    return empty
  }
}

function takeRescued(): Salvage | undefined {
  const taken = rescued
  rescued = undefined
  return taken
}

function takeFound(file: OutboxFile): Found {
  return { drops: file.unreportedDrops(), salvage: takeRescued() }
}

/** A full disk keeps them for now: they are found again, and not sent. */
function dropUnreadable(file: OutboxFile, drops: readonly Drop[], at: number): void {
  if (drops.length === 0) return
  try {
    file.dropUnreadable(drops, at)
  } catch (error) {
    if (!isDiskFull(error)) throw error
  }
}

function closeQuietly(): void {
  try {
    file?.close()
  } catch {
    // The handle of a damaged file; there is nothing left to save through it.
  }
  file = undefined
}

const methods = {
  /** Other limits, from the next commit on. */
  use(limits: Pick<FileOptions, 'diskBudgetBytes' | 'dropFirst'>): void {
    options = { ...options, ...limits }
    file?.use(limits)
  },
  open(request: OpenRequest): OpenAnswer {
    options = request
    try {
      return withRepair(request.at, (file) => ({
        epoch: file.nextEpoch(request.epochCandidate),
        produced: file.produced(),
        drops: file.unreportedDrops(),
        stats: file.stats(),
        salvage: takeRescued(),
      }))
    } catch (error) {
      if (!isDiskFull(error)) throw error
      // No room even for an empty file. What is measured stays in memory until there is, alarms go out.
      const epoch = request.epochCandidate
      return { epoch, produced: [], drops: [], stats: emptyFile, salvage: takeRescued() }
    }
  },

  commit(request: CommitRequest): Transferring<CommitAnswer> {
    const { batches, unencodable } = encodeAll(request)
    const change = {
      ...request,
      telemetry: batches,
      events: request.events.map(eventRow),
      dropped: [...request.dropped, ...unencodable],
    }
    let failure: Failure | undefined
    let stats: FileStats | undefined
    let drops: Drop[] = []
    try {
      const stored = withRepair(request.at, (file) => {
        file.apply(change, request.at)
        return file
      })
      // What is stored is stored, whatever happens to the housekeeping.
      stats = stored.stats()
      drops = stored.unreportedDrops()
      stored.tidy()
    } catch (error) {
      if (stats === undefined) failure = failureOf(error)
    }
    return new Transferring(
      { failure, batches, unencodable, drops, stats, salvage: takeRescued() },
      batches.map(({ payload }) => payload.buffer),
    )
  },

  backfill(request: BackfillRequest): BackfillAnswer {
    if (file === undefined) return { message: undefined, ...nothingFound }
    return withRepair(request.at, (file) => {
      const skip = [...request.skip]
      for (;;) {
        const run = nextRun(file.telemetry(request), skip, request.maxSamples)
        const { message, unreadable } = mergeRun(run, request.at)
        dropUnreadable(file, unreadable, request.at)
        // Without a message only an unreadable first batch is a reason to look again.
        if (message !== undefined || unreadable.length === 0) return { message, ...takeFound(file) }
        skip.push(...unreadable)
      }
    })
  },

  events({ after, limit, at }: EventsRequest): EventsAnswer {
    if (file === undefined) return { events: [], ...nothingFound }
    return withRepair(at, (file) => {
      const events: NumberedEvent[] = []
      const unreadable: Drop[] = []
      for (const row of file.events({ after, until: endOfTime })) {
        const event = eventIn(row)
        if (event === undefined) unreadable.push(unreadableDrop('events', { ...row, samples: 1 }, at))
        else events.push({ epoch: row.epoch, seq: row.seq, event })
        if (events.length >= limit) break
      }
      dropUnreadable(file, unreadable, at)
      return { events, ...takeFound(file) }
    })
  },
}
export type OutboxMethods = typeof methods

serveWorker(methods, closeQuietly)

function encodeAll({ epoch, telemetry, at }: CommitRequest): {
  batches: EncodedBatch[]
  unencodable: Drop[]
} {
  const batches: EncodedBatch[] = []
  const unencodable: Drop[] = []
  for (const batch of telemetry) {
    if ('payload' in batch) {
      batches.push(batch)
      continue
    }
    const { seq, createdAt, columns } = batch
    const samples = columns.t.length
    try {
      // A copy of its own: a pooled buffer could not be transferred.
      const payload = new Uint8Array(
        encodeTelemetry({ epoch, firstSeq: seq, lastSeq: seq, samples: columns }),
      )
      batches.push({ epoch, seq, createdAt, samples, payload, ...timesOf(columns.t) })
    } catch {
      unencodable.push({
        stream: 'telemetry',
        epoch,
        firstSeq: seq,
        lastSeq: seq,
        samples,
        reason: 'unencodable',
        at,
      })
    }
  }
  return { batches, unencodable }
}

function timesOf(t: Float64Array): { firstT: number; lastT: number } {
  let firstT = t[0] ?? 0
  let lastT = firstT
  for (const one of t) {
    if (one < firstT) firstT = one
    if (one > lastT) lastT = one
  }
  return { firstT, lastT }
}

function eventRow({ seq, at, json }: NewEvent): NewRow {
  return { seq, createdAt: at, firstT: at, lastT: at, samples: 1, payload: json }
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: isDiskFull(error) ? 'disk-full' : isCorrupt(error) ? 'corrupt' : 'other', message }
}
