/**
 * What is sent next over one connection: events before live before backfill, as far as the cloud gives credit. Decides
 * only; `session.ts` carries out. Starts anew with every connection: what was not acknowledged is read from the outbox
 * again. Times are monotonic and passed in.
 */
import type { Ack, Credit, Refuse, SeqRange } from '#contract/delivery.ts'
import {
  type BackfillMessage,
  beginning,
  type Drop,
  type EncodedBatch,
  isAfter,
  type NumberedEvent,
  type Position,
} from '#gateway/outbox/batch.ts'
import type { BackfillWindow, EventsPage } from '#gateway/outbox/outbox.ts'
import { InFlight } from './in-flight.ts'
import { type Lane, lanes } from './lanes.ts'

export type Outgoing = { readonly range: SeqRange; readonly samples: number } & (
  | { readonly lane: 'events'; readonly events: readonly NumberedEvent[] }
  | { readonly lane: 'live' | 'backfill'; readonly payload: Uint8Array; readonly firstT?: number }
)

export const startCredit: Credit = { events: 8, live: 8, backfill: 4 }
/** More live batches than this waiting for credit: the link is slower than the source, and they join the backlog. */
export const maxQueuedLive = 64
/** More new events than this waiting: they are read from the outbox again when their turn comes. */
const maxQueuedEvents = 1_000
const eventsPerMessage = 100
/** Messages of the backlog read ahead. */
const readAhead = 2
/** A lane without credit and with nothing on its way tries one message after this long: an ack may have been lost. */
const probeAfterMs = 5_000
/** An acknowledgement slower than this means a narrow link: then one backfill message at a time, so that others fit in. */
const slowAckMs = 1_000

export class Drain {
  readonly #inFlight = new InFlight()
  readonly #pausedUntil: Record<Lane, number> = { events: 0, live: 0, backfill: 0 }
  readonly #lastSentAt: Record<Lane, number>
  #credit: Credit = startCredit
  #events: NumberedEvent[] = []
  /** False while events of the outbox are still to be read; new ones wait behind them. */
  #hasAllEvents = false
  #fresh: NumberedEvent[] = []
  #eventsAfter: Position = beginning
  #live: EncodedBatch[] = []
  #lastOffered: Position
  #backfill: BackfillMessage[] = []
  #backfillAfter: Position = beginning
  #backfillUntil: Position
  #backlogRead = false
  #isNarrow = false
  /** Refused for now; sent again as they are. */
  #again: Outgoing[] = []

  /** Batches up to `lastStored` are the backlog; what is announced later is live. */
  constructor(lastStored: Position, now: number) {
    this.#backfillUntil = lastStored
    this.#lastOffered = lastStored
    this.#lastSentAt = { events: now, live: now, backfill: now }
  }

  get credit(): Credit {
    return this.#credit
  }

  /** Live batches that wait or are on their way: the rest of the telemetry in the outbox is backlog. */
  liveWaiting(): {
    readonly batches: number
    readonly samples: number
    readonly oldestAt: number | undefined
  } {
    const flying = this.#inFlight.of('live').map(({ item }) => item)
    const again = this.#again.filter(({ lane }) => lane === 'live')
    const all = [...flying, ...again, ...this.#live.map(outgoingLive)]
    const times = all
      .map((item) => ('firstT' in item ? item.firstT : undefined))
      .filter((t) => t !== undefined)
    return {
      batches: all.length,
      samples: all.reduce((sum, { samples }) => sum + samples, 0),
      oldestAt: times.length === 0 ? undefined : Math.min(...times),
    }
  }

  /** When the message that waits longest for its acknowledgement was sent. */
  oldestSentAt(): number | undefined {
    return this.#inFlight.oldestSentAt()
  }

  offerEvent(event: NumberedEvent): void {
    if (!this.#hasAllEvents) {
      // In the outbox, too; kept for the moment between its answer and `offerStoredEvents`.
      this.#fresh.push(event)
      if (this.#fresh.length > maxQueuedEvents) this.#fresh.shift()
      return
    }
    this.#events.push(event)
    if (this.#events.length <= maxQueuedEvents) return
    // Too many to hold: read them again, from the first that waits.
    const [first = event] = this.#events
    this.#eventsAfter = { epoch: first.epoch, seq: first.seq - 1 }
    this.#events = []
    this.#hasAllEvents = false
  }

  /** Where to read events of the outbox from; `undefined` when there is no need. */
  wantsEvents(): Position | undefined {
    return this.#hasAllEvents || this.#events.length > 0 ? undefined : this.#eventsAfter
  }

  offerStoredEvents({ events, last, isAll }: EventsPage): void {
    this.#events.push(...events)
    this.#eventsAfter = last
    this.#hasAllEvents = isAll
    if (!isAll) return
    this.#events.push(...this.#fresh.filter((event) => isAfter(event, last)))
    this.#fresh = []
  }

  offerBatch(batch: EncodedBatch): void {
    if (!isAfter(batch, this.#lastOffered)) {
      // Offered before and given up to the backlog, but only now on disk: look there again.
      this.#backlogRead = false
      return
    }
    this.#lastOffered = { epoch: batch.epoch, seq: batch.seq }
    this.#live.push(batch)
    if (this.#live.length <= maxQueuedLive) return
    this.#live = []
    this.#backfillUntil = this.#lastOffered
    this.#backlogRead = false
  }

  /** Which part of the backlog to read next; `undefined` when there is no need. */
  wantsBackfill(): BackfillWindow | undefined {
    if (this.#backlogRead || this.#backfill.length >= readAhead) return undefined
    const again = this.#again.filter(({ lane }) => lane === 'live').map(({ range }) => range)
    const flying = this.#inFlight.of('live').map(({ item }) => item.range)
    return { after: this.#backfillAfter, until: this.#backfillUntil, skip: [...flying, ...again] }
  }

  offerBackfill(message: BackfillMessage | undefined): void {
    if (message === undefined) {
      this.#backlogRead = true
      return
    }
    this.#backfillAfter = { epoch: message.epoch, seq: message.lastSeq }
    this.#backfill.push(message)
  }

  /** The next message, now counted as sent; `undefined` when there is none or no lane may send. */
  next(now: number): Outgoing | undefined {
    for (const lane of lanes) {
      if (!this.#maySend(lane, now)) continue
      const item = this.#takeAgain(lane) ?? this.#take(lane)
      if (item === undefined) continue
      this.#inFlight.add(item, now)
      this.#lastSentAt[lane] = now
      return item
    }
    return undefined
  }

  /** Samples that the acknowledgement delivered, per lane. */
  acknowledged({ ranges, credit }: Ack, now: number): Record<Lane, number> {
    this.#credit = credit
    const delivered = { events: 0, live: 0, backfill: 0 }
    for (const { item, sentAt } of this.#inFlight.takeCovered(ranges)) {
      delivered[item.lane] += item.samples
      if (item.lane === 'backfill') this.#isNarrow = now - sentAt > slowAckMs
    }
    return delivered
  }

  /** With a time the message is kept and sent again after it; without, what is lost for good is returned. */
  refused({ range, retryAfterMs, credit }: Refuse, now: number): Outgoing[] {
    this.#credit = credit
    if (range === undefined) return []
    const items = this.#inFlight.takeCovered([range]).map(({ item }) => item)
    if (retryAfterMs === undefined) return items
    for (const item of items) {
      this.#again.push(item)
      this.#pausedUntil[item.lane] = Math.max(this.#pausedUntil[item.lane], now + retryAfterMs)
    }
    this.#again.sort((a, b) => a.range.epoch - b.range.epoch || a.range.firstSeq - b.range.firstSeq)
    return []
  }

  #maySend(lane: Lane, now: number): boolean {
    if (now < this.#pausedUntil[lane]) return false
    const flying = this.#inFlight.of(lane).length
    if (flying === 0 && now - this.#lastSentAt[lane] >= probeAfterMs) return true
    const credit = this.#credit[lane]
    return flying < (lane === 'backfill' && this.#isNarrow ? Math.min(1, credit) : credit)
  }

  #takeAgain(lane: Lane): Outgoing | undefined {
    const index = this.#again.findIndex((item) => item.lane === lane)
    return index < 0 ? undefined : this.#again.splice(index, 1)[0]
  }

  #take(lane: Lane): Outgoing | undefined {
    switch (lane) {
      case 'events':
        return this.#takeEvents()
      case 'live': {
        const batch = this.#live.shift()
        return batch === undefined ? undefined : outgoingLive(batch)
      }
      case 'backfill': {
        const message = this.#backfill.shift()
        return message === undefined ? undefined : outgoingBackfill(message)
      }
    }
  }

  #takeEvents(): Outgoing | undefined {
    const [first] = this.#events
    if (first === undefined) return undefined
    let count = 1
    while (count < eventsPerMessage) {
      const next = this.#events[count]
      if (next === undefined || next.epoch !== first.epoch || next.seq !== first.seq + count) break
      count++
    }
    const events = this.#events.splice(0, count)
    const lastSeq = first.seq + count - 1
    const range = { stream: 'events', epoch: first.epoch, firstSeq: first.seq, lastSeq } as const
    return { lane: 'events', range, samples: count, events }
  }
}

function outgoingLive({ epoch, seq, samples, payload, firstT }: EncodedBatch): Outgoing {
  const range = { stream: 'telemetry', epoch, firstSeq: seq, lastSeq: seq } as const
  return { lane: 'live', range, samples, payload, firstT }
}

function outgoingBackfill({ epoch, firstSeq, lastSeq, samples, payload }: BackfillMessage): Outgoing {
  return { lane: 'backfill', range: { stream: 'telemetry', epoch, firstSeq, lastSeq }, samples, payload }
}

/** How the loss of a message that will never be accepted is reported. */
export function dropOfRefused({ range, samples }: Outgoing, at: number): Drop {
  return { ...range, samples, reason: 'refused', at }
}
