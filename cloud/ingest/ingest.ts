import type { Registry } from 'prom-client'
import type { Database } from '#cloud/state/database.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { decodeTelemetry, telemetryRange } from '#contract/codec.ts'
import type { Credit, SeqRange } from '#contract/delivery.ts'
import { AppError, isRetryable } from '#contract/errors.ts'
import type { AlarmEvent, EventsMessage, GatewayEvent } from '#contract/events.ts'
import { decodeEvents, decodeReply, decodeState } from '#contract/messages.ts'
import type { Reply } from '#contract/request.ts'
import type { SampleColumns } from '#contract/sample.ts'
import type { UpChannel } from '#contract/topics.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import { type PlainEvent, storeEvent } from './event-store.ts'
import { GroupCommit } from './group-commit.ts'
import { InFlight, type InFlightLimits } from './in-flight.ts'
import { createIngestMetrics, type IngestMetrics } from './ingest-metrics.ts'
import { Ledger, type Receipt } from './ledger.ts'
import type { IncomingMessage, MessageHandler, TwinAddresses } from './message-source.ts'
import { Replies } from './replies.ts'
import { includes } from './sequence.ts'
import { StateIntake, type StateListener } from './state-intake.ts'

/**
 * What happened, told after it is committed. `onSamples` and `onEvent` must not wait; what they throw is logged and harms
 * nothing. A message that arrived twice may be told twice. `onState` and `onConnection` may store: they are awaited, and
 * when `onState` rejects the gateway's connection is closed and the message comes again.
 */
export type IngestHooks = StateListener & {
  /** `late`: from the backlog of an outage. Then values may be older than what is known. */
  readonly onSamples?: (gateway: string, samples: SampleColumns, info: { readonly late: boolean }) => void
  /** Only events that were not stored before. */
  readonly onEvent?: (gateway: string, event: GatewayEvent) => void
  /** The answer to a request; kept by nobody. */
  readonly onReply?: (gateway: string, reply: Reply) => void
  /** A second machine uses the identity of this gateway and was refused. */
  readonly onTwin?: (gateway: string, addresses: TwinAddresses) => void
}

/** Stores alarms in the transaction that notes them as received. */
export type StoreAlarms = (
  trx: Database,
  told: readonly { readonly gateway: string; readonly event: AlarmEvent }[],
  now: number,
) => Promise<void>

export type IngestDeps = {
  readonly storeAlarms: StoreAlarms
  readonly telemetry: TelemetryStore
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
  readonly hooks: IngestHooks
  readonly limits: InFlightLimits
  readonly credit: Credit
  /** Sends on `down/ack`; must not throw. */
  readonly sendAck: (gateway: string, payload: Uint8Array) => Promise<unknown>
}

type Batch = { readonly gateway: string; readonly samples: SampleColumns }
type Booking = { readonly receipt: Receipt; readonly events: readonly GatewayEvent[] }

/** A group is at most this large, so that an event does not wait long behind it: about 60 ms of writing. */
const maxGroupSamples = 20_000
const maxGroupBookings = 500
/** What a decoded sample costs in memory, about. */
const bytesPerSample = 24
const busyRetryMs = 1_000
const failedRetryMs = 2_000

/** The only door for gateway data: decode, deduplicate, commit, then acknowledge. */
export class Ingest implements MessageHandler, AsyncDisposable {
  readonly #deps: IngestDeps
  readonly #ledger: Ledger
  readonly #inFlight: InFlight
  readonly #replies: Replies
  readonly #metrics: IngestMetrics
  readonly #appends: GroupCommit<Batch>
  readonly #bookings: GroupCommit<Booking>
  readonly #states: StateIntake
  readonly #warnings = new RateLimit(60_000)

  constructor(deps: IngestDeps) {
    this.#deps = deps
    this.#ledger = new Ledger(deps.db)
    this.#states = new StateIntake(deps.db, deps.hooks)
    this.#inFlight = new InFlight(deps.limits)
    this.#metrics = createIngestMetrics(deps.registry, () => this.#inFlight.bytes)
    this.#replies = new Replies({ send: deps.sendAck, credit: () => this.#inFlight.credit(deps.credit) })
    const mayBeOneItem = (error: unknown): boolean => !isRetryable(error)
    this.#appends = new GroupCommit((batches) => this.#append(batches), {
      maxWeight: maxGroupSamples,
      weightOf: ({ samples }) => samples.t.length,
      mayBeOneItem,
    })
    this.#bookings = new GroupCommit((bookings) => this.#book(bookings), {
      maxWeight: maxGroupBookings,
      weightOf: ({ events }) => 1 + events.length,
      mayBeOneItem,
    })
  }

  async message({ gateway, channel, payload }: IncomingMessage): Promise<void> {
    this.#metrics.bytes.inc({ channel }, payload.length)
    switch (channel) {
      case 'live':
      case 'backfill':
        return this.#telemetry(gateway, channel, payload)
      case 'events':
        return this.#events(gateway, payload)
      case 'state':
        return this.#state(gateway, payload)
      case 'reply':
        return this.#reply(gateway, payload)
    }
  }

  connected(gateway: string): void {
    this.#connection(gateway, true)
  }

  disconnected(gateway: string): void {
    this.#connection(gateway, false)
  }

  twin(gateway: string, addresses: TwinAddresses): void {
    this.#tell(() => this.#deps.hooks.onTwin?.(gateway, addresses))
  }

  /** Finishes what is in hand. The source is closed before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#appends.idle()
    await this.#bookings.idle()
    await this.#states[Symbol.asyncDispose]()
  }

  async #telemetry(gateway: string, channel: 'live' | 'backfill', payload: Uint8Array): Promise<void> {
    const decoded = decodeTelemetry(payload)
    if (!decoded.ok) return this.#invalid(gateway, channel, decoded.reason, telemetryRange(payload))
    const { epoch, firstSeq, lastSeq, samples } = decoded.value
    const range: SeqRange = { stream: 'telemetry', epoch, firstSeq, lastSeq }
    const stored = await this.#store(gateway, channel, range, {
      bytes: payload.length + samples.t.length * bytesPerSample,
      commit: async () => {
        await this.#appends.add({ gateway, samples })
        await this.#bookings.add({
          receipt: { ...range, gateway, samples: samples.t.length, lane: channel },
          events: [],
        })
      },
    })
    if (!stored) return
    this.#metrics.samples.inc({ channel }, samples.t.length)
    this.#tell(() => this.#deps.hooks.onSamples?.(gateway, samples, { late: channel === 'backfill' }))
  }

  async #events(gateway: string, payload: Uint8Array): Promise<void> {
    const decoded = decodeEvents(payload)
    if (!decoded.ok) return this.#invalid(gateway, 'events', decoded.reason, undefined)
    const { epoch, firstSeq, events } = decoded.value
    const range: SeqRange = { stream: 'events', epoch, firstSeq, lastSeq: firstSeq + events.length - 1 }
    let fresh: readonly GatewayEvent[] = []
    const stored = await this.#store(gateway, 'events', range, {
      bytes: payload.length * 4,
      commit: async () => {
        fresh = await this.#notReceived(gateway, decoded.value)
        await this.#bookings.add({
          receipt: { ...range, gateway, samples: events.length, lane: 'events' },
          events: fresh,
        })
      },
    })
    if (!stored) return
    for (const event of fresh) {
      this.#metrics.events.inc({ kind: event.kind })
      this.#tell(() => this.#deps.hooks.onEvent?.(gateway, event))
    }
  }

  async #notReceived(gateway: string, { epoch, firstSeq, events }: EventsMessage): Promise<GatewayEvent[]> {
    const received = await this.#ledger.received({ gateway, stream: 'events', epoch })
    return events.filter((_, index) => !includes(received, firstSeq + index))
  }

  /** Takes one numbered message through: refused when too much is in hand, acknowledged when committed. */
  async #store(
    gateway: string,
    channel: UpChannel,
    range: SeqRange,
    work: { readonly bytes: number; readonly commit: () => Promise<void> },
  ): Promise<boolean> {
    if (!this.#inFlight.take(gateway, work.bytes)) {
      this.#metrics.messages.inc({ channel, outcome: 'refused' })
      const message = 'too much is waiting to be stored'
      this.#replies.refuse(gateway, { range, code: 'RATE_LIMITED', message, retryAfterMs: busyRetryMs })
      return false
    }
    try {
      const known = await this.#ledger.has(gateway, range)
      if (!known) await work.commit()
      this.#metrics.messages.inc({ channel, outcome: known ? 'duplicate' : 'stored' })
      this.#replies.ack(gateway, range)
      return !known
    } catch (error) {
      this.#failed(gateway, channel, range, error)
      return false
    } finally {
      this.#inFlight.give(gateway, work.bytes)
    }
  }

  async #append(batches: readonly Batch[]): Promise<void> {
    const done = this.#metrics.commitSeconds.startTimer({ store: 'telemetry' })
    await this.#deps.telemetry.append(batches)
    done()
  }

  async #book(bookings: readonly Booking[]): Promise<void> {
    const done = this.#metrics.commitSeconds.startTimer({ store: 'state' })
    const now = this.#deps.clock.now()
    await this.#ledger.commit(
      bookings.map(({ receipt }) => receipt),
      now,
      async (transaction) => {
        const { alarms, others } = sorted(bookings)
        await this.#deps.storeAlarms(transaction, alarms, now)
        for (const { gateway, event } of others) await storeEvent(transaction, gateway, event)
      },
    )
    done()
  }

  async #state(gateway: string, payload: Uint8Array): Promise<void> {
    const decoded = decodeState(payload)
    if (!decoded.ok) return this.#invalid(gateway, 'state', decoded.reason, undefined)
    try {
      await this.#states.message(gateway, decoded.value)
      this.#metrics.messages.inc({ channel: 'state', outcome: 'stored' })
    } catch (error) {
      this.#metrics.messages.inc({ channel: 'state', outcome: 'failed' })
      this.#warn(gateway, 'state', { err: error }, 'state message not stored')
      throw error
    }
  }

  #reply(gateway: string, payload: Uint8Array): void {
    const decoded = decodeReply(payload)
    if (!decoded.ok) {
      this.#invalid(gateway, 'reply', decoded.reason, undefined)
      return
    }
    this.#metrics.messages.inc({ channel: 'reply', outcome: 'stored' })
    this.#tell(() => this.#deps.hooks.onReply?.(gateway, decoded.value))
  }

  #connection(gateway: string, connected: boolean): void {
    this.#states.connection(gateway, connected).catch((err: unknown) => {
      this.#deps.log.error({ err, gateway, connected }, 'connection state not stored')
    })
  }

  #invalid(gateway: string, channel: UpChannel, reason: string, range: SeqRange | undefined): void {
    this.#metrics.messages.inc({ channel, outcome: 'invalid' })
    this.#warn(gateway, channel, { reason }, 'message refused for ever')
    if (channel !== 'state' && channel !== 'reply') {
      this.#replies.refuse(gateway, { range, code: 'MESSAGE_INVALID', message: reason })
    }
  }

  #failed(gateway: string, channel: UpChannel, range: SeqRange, error: unknown): void {
    this.#metrics.messages.inc({ channel, outcome: 'failed' })
    this.#warn(gateway, channel, { err: error }, 'message not stored, the gateway keeps it')
    const code = error instanceof AppError ? error.code : 'INTERNAL'
    const message = 'could not be stored now'
    this.#replies.refuse(gateway, { range, code, message, retryAfterMs: failedRetryMs })
  }

  #warn(gateway: string, channel: UpChannel, fields: object, message: string): void {
    const skipped = this.#warnings.pass(`${gateway} ${message}`, this.#deps.clock.monotonic())
    if (skipped !== undefined) this.#deps.log.warn({ gateway, channel, skipped, ...fields }, message)
  }

  #tell(listener: () => void): void {
    try {
      listener()
    } catch (err) {
      this.#metrics.hookErrors.inc()
      this.#deps.log.error({ err }, 'listener failed')
    }
  }
}

type Told<E> = { readonly gateway: string; readonly event: E }

/** Alarms by themselves: they are stored all at once. */
function sorted(bookings: readonly Booking[]): { alarms: Told<AlarmEvent>[]; others: Told<PlainEvent>[] } {
  const alarms: Told<AlarmEvent>[] = []
  const others: Told<PlainEvent>[] = []
  for (const { receipt, events } of bookings) {
    const { gateway } = receipt
    for (const event of events) {
      if (event.kind === 'alarm') alarms.push({ gateway, event })
      else others.push({ gateway, event })
    }
  }
  return { alarms, others }
}
