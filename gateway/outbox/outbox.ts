/**
 * The outbox of the gateway: numbers what was measured, makes it durable, keeps it until the cloud confirms it. The disk
 * is touched only by its worker thread. Knows nothing of the network.
 */
import type { SeqRange } from '#contract/delivery.ts'
import type { GatewayEvent } from '#contract/events.ts'
import type { Produced } from '#contract/gateway-state.ts'
import type { Sample } from '#contract/sample.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { startWorker } from '#lib/worker-rpc.ts'
import type {
  BackfillMessage,
  Drop,
  EncodedBatch,
  NumberedEvent,
  Position,
  Range,
  StreamTotals,
} from './batch.ts'
import { DurableOutbox } from './durable-outbox.ts'
import type { OutboxSettings } from './outbox-config.ts'
import type { OutboxMethods } from './outbox-worker.ts'

/** The part of the outbox that producers see. */
export interface OutboxInput {
  /** Takes samples for the next group commit. Never throws and never waits; a full memory budget drops and counts. */
  append(samples: readonly Sample[]): void
  /**
   * Resolves when the event is on disk (or delivered). It may already have been sent by then. Rejects with
   * STORE_UNAVAILABLE when the disk takes nothing and memory is full; the loss is counted and reported either way.
   */
  appendEvent(event: GatewayEvent): Promise<void>
}

export type OutboxListener = {
  /** An event has its number. Called at once, before it is on disk. */
  event(event: NumberedEvent): void
  /** A batch is on disk, or the disk refused it: then it comes again with every attempt until it is stored. */
  batch(batch: EncodedBatch): void
}

/** The part of the outbox that the uplink sees. */
export interface OutboxOutput {
  subscribe(listener: OutboxListener): Disposable
  /** Commits now what waits for its age. Resolves when all that was appended is on disk (or dropped over budget). */
  flush(): Promise<void>
  /** The newest telemetry batch on disk. */
  lastStored(): Position
  /** Events after `after` that are not confirmed, in order, on disk or still in memory. */
  events(after: Position, limit: number): Promise<EventsPage>
  /** The oldest unconfirmed batches after `after` up to `until`, without `skip`, merged into one message. */
  backfill(request: BackfillWindow): Promise<BackfillMessage | undefined>
  /** The cloud has committed these: they are deleted. */
  confirm(ranges: readonly SeqRange[]): void
  /** These will never be accepted: they are deleted and the loss is reported as an event. */
  drop(drops: readonly Drop[]): void
  stats(): OutboxStats
}

export type EventsPage = {
  readonly events: readonly NumberedEvent[]
  /** Where the next page begins. */
  readonly last: Position
  /** There was nothing more at this moment. */
  readonly isAll: boolean
}

export type BackfillWindow = {
  readonly after: Position
  readonly until: Position
  readonly skip: readonly Range[]
}

export type OutboxStats = {
  readonly epoch: number
  /** On disk and not confirmed. */
  readonly telemetry: StreamTotals
  readonly events: StreamTotals
  /** Per stream and epoch, what has been made durable so far. */
  readonly produced: readonly Produced[]
  /** Not on disk yet. */
  readonly memory: { readonly samples: number; readonly batches: number; readonly events: number }
  readonly diskBudget: number
  readonly diskUsed: number
  /** Hours until something is dropped if nothing is delivered from now on, at the present rate. */
  readonly autonomyH: number | undefined
  /** Since the start of the process. */
  readonly dropped: { readonly samples: number; readonly events: number }
  /** Samples that were no samples: their time cannot be. */
  readonly refused: number
  readonly commits: number
  readonly lastCommitMs: number
  readonly slowestCommitMs: number
  /** Why the disk does not take anything at the moment. */
  readonly failure: string | undefined
}

export interface Outbox extends OutboxInput, OutboxOutput, AsyncDisposable {
  /** Resolves with the reason when the outbox cannot go on; the process should end and be started again. */
  readonly failed: Promise<Error>
  /** Goes on with other limits: what is numbered, stored and under way stays as it is. */
  use(settings: OutboxSettings): Promise<void>
}

export type OutboxOptions = {
  readonly path: string
  readonly settings: OutboxSettings
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Opens or creates the file. A damaged one is set aside as `<path>.corrupt-<time>`, what can be read of it is kept and
 * the known gap is reported. One from a newer program is set aside as it is. Without room on the disk everything stays in
 * memory until there is some. Disposing makes everything durable that was appended.
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { path, settings, clock } = options
  const worker = startWorker<OutboxMethods>(new URL('./outbox-worker.ts', import.meta.url), {
    name: 'outbox',
  })
  try {
    const now = clock.now()
    const opened = await worker.call('open', {
      path,
      diskBudgetBytes: settings.diskBudgetBytes,
      dropFirst: settings.dropFirst,
      at: now,
      // Greater than any earlier start's even when two starts fall into one second.
      epochCandidate: Math.floor(now / 1000) * 65_536 + Math.floor(Math.random() * 65_536),
    })
    return new DurableOutbox(options, worker, opened)
  } catch (error) {
    await worker[Symbol.asyncDispose]()
    throw error
  }
}
