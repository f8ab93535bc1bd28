import { AppError } from '#contract/errors.ts'
import type { GatewayEvent } from '#contract/events.ts'
import { covers, type Drop, isAfter, type NumberedEvent, type Position, type Range } from './batch.ts'
import type { NewEvent } from './outbox-worker.ts'
import { addDrop } from './retention.ts'

type Waiting = NewEvent & {
  readonly event: GatewayEvent
  /** Set when this event reports a drop that is recorded in the file. */
  readonly reports: Drop | undefined
  readonly settle: { resolve: () => void; reject: (reason: Error) => void }
}

/** Events that have a number but are not on disk yet, oldest first, at most `maxEvents`. Neither clock nor I/O. */
export class PendingEvents {
  readonly #epoch: number
  readonly #maxEvents: number
  #waiting: Waiting[] = []
  /** Handed to the commit that is running. */
  #committing: readonly Waiting[] = []
  #lastSeq = 0
  #drops: Drop[] = []

  constructor(epoch: number, maxEvents: number) {
    this.#epoch = epoch
    this.#maxEvents = maxEvents
  }

  get count(): number {
    return this.#waiting.length + this.#committing.length
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** Numbers the event. `durable` resolves when it is on disk or delivered, and rejects when memory had no room for it. */
  add(event: GatewayEvent, at: number, reports?: Drop): { numbered: NumberedEvent; durable: Promise<void> } {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const seq = ++this.#lastSeq
    this.#waiting.push({ seq, at, json: JSON.stringify(event), event, reports, settle: { resolve, reject } })
    if (this.#waiting.length > this.#maxEvents) this.#dropOldest(at)
    return { numbered: { epoch: this.#epoch, seq, event }, durable: promise }
  }

  take(max: number): readonly Waiting[] {
    this.#committing = this.#waiting.splice(0, max)
    return this.#committing
  }

  committed(): void {
    for (const { settle } of this.#committing) settle.resolve()
    this.#committing = []
  }

  putBack(): void {
    this.#waiting.unshift(...this.#committing)
    this.#committing = []
  }

  /** The cloud has these, whether or not the disk has taken them. They are still stored, so that the account is whole. */
  delivered(ranges: readonly Range[]): void {
    for (const { seq, settle } of [...this.#committing, ...this.#waiting]) {
      if (ranges.some((range) => covers(range, { epoch: this.#epoch, seq }))) settle.resolve()
    }
  }

  /** Not (known to be) on disk yet, after `position`. */
  unstored(position: Position): NumberedEvent[] {
    const epoch = this.#epoch
    return [...this.#committing, ...this.#waiting]
      .filter(({ seq }) => isAfter({ epoch, seq }, position))
      .map(({ seq, event }) => ({ epoch, seq, event }))
  }

  takeDrops(): Drop[] {
    const drops = this.#drops
    this.#drops = []
    return drops
  }

  rejectAll(reason: Error): void {
    for (const { settle } of [...this.#committing, ...this.#waiting]) settle.reject(reason)
  }

  #dropOldest(at: number): void {
    const oldest = this.#waiting.shift()
    if (oldest === undefined) return
    oldest.settle.reject(
      new AppError(
        'STORE_UNAVAILABLE',
        `${this.#maxEvents} events wait for the disk: the oldest was dropped`,
      ),
    )
    const { seq } = oldest
    const range = {
      stream: 'events',
      epoch: this.#epoch,
      firstSeq: seq,
      lastSeq: seq,
      samples: 1,
      at,
    } as const
    addDrop(this.#drops, { ...range, reason: 'memory-budget', from: oldest.at, to: oldest.at })
  }
}
