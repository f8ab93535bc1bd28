import { ColumnsBuilder, maxTime } from '#contract/columns.ts'
import type { SeqRange } from '#contract/delivery.ts'
import type { GatewayEvent } from '#contract/events.ts'
import type { Produced } from '#contract/gateway-state.ts'
import type { Sample } from '#contract/sample.ts'
import { backoffMs } from '#lib/backoff.ts'
import { systemClock } from '#lib/clock.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { WorkerHandle } from '#lib/worker-rpc.ts'
import {
  type BackfillMessage,
  covers,
  type Drop,
  type EncodedBatch,
  type FileStats,
  type Position,
} from './batch.ts'
import { Deletions } from './deletions.ts'
import { Flushes } from './flushes.ts'
import type {
  BackfillWindow,
  EventsPage,
  Outbox,
  OutboxListener,
  OutboxOptions,
  OutboxStats,
} from './outbox.ts'
import type { OutboxSettings } from './outbox-config.ts'
import { OutboxMeter } from './outbox-meter.ts'
import type { CommitAnswer, CommitRequest, OpenAnswer, OutboxMethods } from './outbox-worker.ts'
import { PendingBatches, type PendingGroup } from './pending-batches.ts'
import { PendingEvents } from './pending-events.ts'
import type { Salvage } from './salvage.ts'

/** One transaction takes at most this much, so that its answer never waits for a whole memory budget. */
const groupSamples = 50_000
const groupEvents = 1_000
/** Confirmed rows are deleted together: they ride along with the next commit or go by themselves after this long. */
const deleteEveryMs = 250
/** A disk that has room again is used within a second: until then a power cut costs more than what was promised. */
const retry = { firstMs: 250, maxMs: 1_000 }
const closeWithinMs = 5_000

const salvageWords: Readonly<Record<Salvage['outcome'], string>> = {
  rescued: 'outbox file was damaged: set aside, readable batches kept',
  'no-room':
    'outbox file was damaged: set aside; the disk is full, so its batches are rescued at the next start',
  newer: 'outbox file is from a newer program: set aside untouched, that program takes it back',
}

/** Main-thread side of the outbox: columns in memory, one commit in hand at a time, the rest waits for the next. */
export class DurableOutbox implements Outbox {
  readonly failed: Promise<Error>
  #options: OutboxOptions
  readonly #worker: WorkerHandle<OutboxMethods>
  readonly #epoch: number
  readonly #builder: ColumnsBuilder
  readonly #batches: PendingBatches
  readonly #events: PendingEvents
  readonly #deletions = new Deletions()
  readonly #earlier: readonly Produced[]
  readonly #listeners = new Set<OutboxListener>()
  readonly #stopping = new AbortController()
  readonly #logLimit = new RateLimit(60_000)
  readonly #flushes = new Flushes()
  readonly #meter: OutboxMeter
  /** Drops recorded in the file whose report is on its way through the events. */
  readonly #reporting = new Set<string>()
  #deletionsDue = false
  #deletionTimer = false
  #ageing = false
  #committing: Promise<void> | undefined
  #stored = { batches: { lastSeq: 0, samples: 0 }, events: 0 }
  #lastStored: Position = { epoch: 0, seq: 0 }
  #fileStats: FileStats
  #fatal: Error | undefined

  constructor(options: OutboxOptions, worker: WorkerHandle<OutboxMethods>, opened: OpenAnswer) {
    const { settings, clock } = options
    this.#options = options
    this.#worker = worker
    this.#epoch = opened.epoch
    this.#builder = new ColumnsBuilder(settings.commitSamples)
    this.#batches = new PendingBatches(opened.epoch, settings.memoryBudgetSamples)
    this.#events = new PendingEvents(opened.epoch, settings.memoryBudgetEvents)
    this.#earlier = opened.produced
    this.#fileStats = opened.stats
    // Everything of an earlier start is before the first number of this one.
    this.#lastStored = { epoch: opened.epoch, seq: 0 }
    this.#meter = new OutboxMeter(clock.monotonic())
    this.failed = worker.exited.then((error) => error ?? new Promise<never>(() => {}))
    this.#noteSalvage(opened.salvage)
    this.#report(opened.drops)
  }

  append(samples: readonly Sample[]): void {
    const builder = this.#builder
    const limit = this.#options.settings.commitSamples
    for (const sample of samples) {
      if (!(Math.abs(sample.t) <= maxTime)) {
        this.#refuse(sample)
        continue
      }
      builder.append(sample)
      if (builder.length >= limit) this.#seal()
    }
    if (builder.length > 0) this.#sealWhenOld()
  }

  appendEvent(event: GatewayEvent): Promise<void> {
    return this.#addEvent(event)
  }

  flush(): Promise<void> {
    this.#seal()
    if (this.#fatal !== undefined) return Promise.reject(this.#fatal)
    const durable = this.#flushes.add({ seq: this.#batches.lastSeq, eventSeq: this.#events.lastSeq })
    this.#settleFlushes()
    return durable
  }

  subscribe(listener: OutboxListener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  lastStored(): Position {
    return this.#lastStored
  }

  async events(after: Position, limit: number): Promise<EventsPage> {
    const at = this.#options.clock.now()
    const { events: stored, drops, salvage } = await this.#worker.call('events', { after, limit, at })
    const isAll = stored.length < limit
    // Answers of the worker come in order: what it had not stored when it read is still in memory here.
    const all = [...stored, ...(isAll ? this.#events.unstored(stored.at(-1) ?? after) : [])]
    const { epoch, seq } = all.at(-1) ?? after
    const hidden = this.#deletions.hidden('events')
    const events = all.filter((event) => !hidden.some((range) => covers(range, event)))
    this.#noteSalvage(salvage)
    this.#report(drops)
    return { events, last: { epoch, seq }, isAll }
  }

  async backfill(window: BackfillWindow): Promise<BackfillMessage | undefined> {
    const { settings, clock } = this.#options
    const { message, drops, salvage } = await this.#worker.call('backfill', {
      ...window,
      skip: [...window.skip, ...this.#deletions.hidden('telemetry')],
      maxSamples: settings.backfillSamples,
      at: clock.now(),
    })
    this.#noteSalvage(salvage)
    this.#report(drops)
    return message
  }

  confirm(ranges: readonly SeqRange[]): void {
    for (const range of ranges) this.#deletions.confirm(range)
    this.#markDelivered(ranges)
  }

  drop(drops: readonly Drop[]): void {
    for (const drop of drops) this.#deletions.drop(drop)
    this.#markDelivered(drops)
  }

  stats(): OutboxStats {
    const { settings, clock } = this.#options
    const { telemetry, events, diskUsed } = this.#fileStats
    return {
      epoch: this.#epoch,
      telemetry,
      events,
      produced: [...this.#earlier, ...this.#producedBy(this.#stored.batches, this.#stored.events)],
      memory: {
        samples: this.#batches.samples + this.#builder.length,
        batches: this.#batches.batches,
        events: this.#events.count,
      },
      diskBudget: settings.diskBudgetBytes,
      diskUsed,
      autonomyH: this.#meter.autonomyH(
        settings.diskBudgetBytes,
        telemetry.bytes + events.bytes,
        clock.monotonic(),
      ),
      ...this.#meter.figures(),
    }
  }

  async use(settings: OutboxSettings): Promise<void> {
    const { diskBudgetBytes, dropFirst, memoryBudgetSamples } = settings
    await this.#worker.call('use', { diskBudgetBytes, dropFirst })
    this.#options = { ...this.#options, settings }
    this.#batches.use(memoryBudgetSamples)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#seal()
    this.#deletionsDue = true
    this.#stopping.abort()
    this.#kick()
    // A disk that answers no more must not keep the process from ending; real time, whatever clock the outbox has.
    await Promise.race([this.#committing, systemClock.sleep(closeWithinMs)])
    this.#events.rejectAll(new Error('the outbox was closed'))
    await this.#worker[Symbol.asyncDispose]()
    this.#flushes.rejectAll(new Error('the outbox was closed'))
  }

  /** One impossible time would make the whole batch impossible to encode. */
  #refuse({ point, t }: Sample): void {
    this.#meter.refused()
    this.#warn(`time/${point}`, { point, t }, 'sample without a possible time refused')
  }

  #seal(): void {
    if (this.#builder.length === 0) return
    this.#batches.add(this.#builder.take(), this.#options.clock.now())
    this.#kick()
  }

  #sealWhenOld(): void {
    if (this.#ageing) return
    this.#ageing = true
    const { clock, settings } = this.#options
    // Never rejects: `sleep` does not, and sealing only hands over.
    void clock.sleep(settings.commitEveryMs, this.#stopping.signal).then(() => {
      this.#ageing = false
      this.#seal()
    })
  }

  #addEvent(event: GatewayEvent, reports?: Drop): Promise<void> {
    if (this.#fatal !== undefined) return Promise.reject(this.#fatal)
    const { numbered, durable } = this.#events.add(event, this.#options.clock.now(), reports)
    for (const listener of this.#listeners) listener.event(numbered)
    this.#kick()
    return durable
  }

  /** Turns drops into events, each once. */
  #report(drops: readonly Drop[]): void {
    for (const drop of drops) {
      const key = `${drop.stream}/${drop.epoch}/${drop.firstSeq}`
      if (this.#reporting.has(key)) continue
      this.#reporting.add(key)
      this.#meter.dropped(drop)
      this.#warn('drop', { ...drop }, 'batches dropped')
      // Rejected only when the outbox closes first or drops the report itself, which reports again.
      this.#addEvent({ kind: 'drop', ...drop }, drop).catch(() => {})
    }
  }

  #markDelivered(ranges: readonly SeqRange[]): void {
    this.#batches.markDelivered(ranges.filter((range) => range.stream === 'telemetry'))
    this.#events.delivered(ranges.filter((range) => range.stream === 'events'))
    if (this.#deletionTimer) return
    this.#deletionTimer = true
    // Never rejects, as above.
    void this.#options.clock.sleep(deleteEveryMs, this.#stopping.signal).then(() => {
      this.#deletionTimer = false
      this.#deletionsDue = true
      this.#kick()
    })
  }

  #kick(): void {
    if (this.#committing !== undefined || this.#fatal !== undefined || !this.#hasWork()) return
    this.#committing = this.#commitAll()
  }

  #hasWork(): boolean {
    if (this.#batches.batches > 0 || this.#events.count > 0) return true
    return this.#deletionsDue && !this.#deletions.isEmpty
  }

  async #commitAll(): Promise<void> {
    let attempt = 0
    while (this.#hasWork() && this.#fatal === undefined) {
      const stored = await this.#commitOnce()
      attempt = stored ? 0 : attempt + 1
      if (stored) continue
      if (this.#stopping.signal.aborted && attempt > 2) break
      await this.#options.clock.sleep(backoffMs(attempt, retry), this.#stopping.signal)
    }
    // In the same turn as the last look for work: whoever adds some after it starts the next round.
    this.#committing = undefined
  }

  async #commitOnce(): Promise<boolean> {
    const { clock } = this.#options
    this.#report([...this.#batches.takeDrops(), ...this.#events.takeDrops()])
    const group = this.#batches.take(groupSamples)
    const request = this.#requestFor(group)
    const startedAt = clock.monotonic()
    let answer: CommitAnswer
    try {
      answer = await this.#worker.call('commit', request, buffersOf(request))
    } catch (error) {
      this.#giveUp(error)
      return false
    }
    this.#noteSalvage(answer.salvage)
    const delivered = this.#deletions.hidden('telemetry')
    if (answer.failure === undefined) this.#committed(request, group, clock.monotonic() - startedAt)
    else this.#failed(group, answer)
    if (answer.stats !== undefined) this.#fileStats = answer.stats
    this.#announce(answer.batches.filter((batch) => !delivered.some((range) => covers(range, batch))))
    // Of a failed commit nothing was recorded, so what could not be encoded is reported from here.
    this.#report(answer.failure === undefined ? answer.drops : answer.unencodable)
    return answer.failure === undefined
  }

  #announce(batches: readonly EncodedBatch[]): void {
    for (const batch of batches) {
      this.#meter.produced(batch.payload.length, this.#options.clock.monotonic())
      for (const listener of this.#listeners) listener.batch(batch)
    }
  }

  #requestFor(group: PendingGroup): CommitRequest {
    const epoch = this.#epoch
    const events = this.#events.take(groupEvents)
    this.#deletionsDue = false
    return {
      epoch,
      at: this.#options.clock.now(),
      telemetry: group.taken.map(({ content, ...rest }) =>
        'encoded' in content ? content.encoded : { ...rest, columns: content.columns },
      ),
      events: events.map(({ seq, at, json }) => ({ seq, at, json })),
      produced: this.#producedBy(group.produced, events.at(-1)?.seq ?? this.#stored.events),
      ...this.#deletions.take(),
      reported: events.map(({ reports }) => reports).filter((drop) => drop !== undefined),
    }
  }

  #committed(request: CommitRequest, group: PendingGroup, tookMs: number): void {
    if (this.#meter.committed(tookMs)) this.#options.log.info('outbox takes data again')
    this.#stored = { batches: group.produced, events: request.events.at(-1)?.seq ?? this.#stored.events }
    const last = request.telemetry.at(-1)
    if (last !== undefined) this.#lastStored = { epoch: this.#epoch, seq: last.seq }
    for (const { stream, epoch, firstSeq } of request.reported) {
      this.#reporting.delete(`${stream}/${epoch}/${firstSeq}`)
    }
    this.#events.committed()
    this.#deletions.done()
    this.#settleFlushes()
  }

  #failed(group: PendingGroup, answer: CommitAnswer): void {
    const { message = '', kind } = answer.failure ?? {}
    this.#meter.failed(message)
    this.#warn(
      'commit',
      { kind, reason: message },
      'the disk does not take the outbox: keeping data in memory',
    )
    this.#batches.putBack(group, answer.batches, this.#options.clock.now())
    this.#events.putBack()
    this.#deletions.putBack()
    this.#deletionsDue = true
  }

  /** The worker is gone: nothing can be stored any more, so the owner is told through `failed`. */
  #giveUp(cause: unknown): void {
    this.#fatal = cause instanceof Error ? cause : new Error(String(cause))
    this.#meter.failed(this.#fatal.message)
    this.#options.log.error({ err: this.#fatal }, 'outbox worker ended')
    this.#events.rejectAll(this.#fatal)
    this.#flushes.rejectAll(this.#fatal)
  }

  #settleFlushes(): void {
    this.#flushes.stored({ seq: this.#stored.batches.lastSeq, eventSeq: this.#stored.events })
  }

  /** What the streams of this epoch have produced; a stream that has nothing is not mentioned. */
  #producedBy(batches: { lastSeq: number; samples: number }, events: number): Produced[] {
    const epoch = this.#epoch
    const own: Produced[] = [
      { stream: 'telemetry', epoch, ...batches },
      { stream: 'events', epoch, lastSeq: events, samples: events },
    ]
    return own.filter(({ lastSeq }) => lastSeq > 0)
  }

  #noteSalvage(salvage: Salvage | undefined): void {
    if (salvage === undefined) return
    const { quarantine, batches, outcome } = salvage
    this.#options.log.error({ quarantine, batches }, salvageWords[outcome])
  }

  #warn(key: string, fields: Record<string, unknown>, message: string): void {
    const skipped = this.#logLimit.pass(key, this.#options.clock.monotonic())
    if (skipped !== undefined) this.#options.log.warn({ ...fields, skipped }, message)
  }
}

/** The buffers that move to the worker instead of being copied. */
function buffersOf({ telemetry }: CommitRequest): ArrayBuffer[] {
  return telemetry.flatMap((batch) => {
    if ('payload' in batch) return [batch.payload.buffer]
    const { series, t, value, type, quality, late } = batch.columns
    const columns = [series, t, value, type, quality, ...(late === undefined ? [] : [late])]
    return columns.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer)
  })
}
