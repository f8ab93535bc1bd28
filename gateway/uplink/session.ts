/** Serves one connection until it is over: says who we are, sends what waits, listens, and notices a dead link. */
import type { Ack, Refuse } from '#contract/delivery.ts'
import type { StateMessage } from '#contract/gateway-state.ts'
import { decodeDelivery, encodeJson } from '#contract/messages.ts'
import type { OutboxOutput } from '#gateway/outbox/outbox.ts'
import type { Clock } from '#lib/clock.ts'
import { Drain, dropOfRefused, type Outgoing } from './drain.ts'
import type { DrainRate } from './drain-rate.ts'
import type { Lane } from './lanes.ts'
import { type About, backlogOf, birthOf, eventsMessageOf, statusOf } from './messages-up.ts'
import type { Link } from './mqtt-link.ts'
import { SilentLink } from './silent-link.ts'
import type { UplinkSettings } from './uplink-config.ts'

const eventsPage = 500

export type SessionOptions = {
  readonly settings: UplinkSettings
  readonly outbox: OutboxOutput
  readonly about: () => About
  readonly rates: Readonly<Record<Lane, DrainRate>>
  readonly clock: Clock
  /** A message could not be understood or was refused. */
  onTrouble(kind: 'garbage' | 'refused' | 'refused-for-good', fields: Record<string, unknown>): void
}

export class Session {
  readonly #options: SessionOptions
  readonly #link: Link
  readonly #drain: Drain
  readonly #over = new AbortController()
  #lastAckAt: number
  #isReadingEvents = false
  #isReadingBacklog = false

  constructor(options: SessionOptions, link: Link) {
    this.#options = options
    this.#link = link
    const now = options.clock.monotonic()
    this.#lastAckAt = now
    this.#drain = new Drain(options.outbox.lastStored(), now)
  }

  get drain(): Drain {
    return this.#drain
  }

  /** Resolves with the reason when the connection is over. Never rejects. */
  async run(): Promise<Error> {
    const { outbox } = this.#options
    using _listening = outbox.subscribe({
      event: (event) => {
        this.#drain.offerEvent(event)
        this.#pump()
      },
      batch: (batch) => {
        this.#drain.offerBatch(batch)
        this.#pump()
      },
    })
    this.#sayBirth()
    // The outbox answers in this order: events, the newest values as the first live batch, history.
    // All of it fails only when the outbox is closed or gone.
    this.#readEvents().catch(() => {})
    outbox.flush().catch(() => {})
    this.#pump()
    const loops = [this.#sayStatus(), this.#watch()]
    const reason = await this.#link.ended
    this.#over.abort()
    await Promise.all(loops)
    return reason
  }

  sayCatalogue(): void {
    this.#say(this.#options.about().catalogue)
  }

  sayCalendar(): void {
    const { calendar } = this.#options.about()
    if (calendar !== undefined) this.#say(calendar)
  }

  delivery(bytes: Uint8Array): void {
    const decoded = decodeDelivery(bytes)
    if (!decoded.ok) {
      this.#options.onTrouble('garbage', { reason: decoded.reason })
      return
    }
    this.#lastAckAt = this.#options.clock.monotonic()
    if (decoded.value.kind === 'ack') this.#acknowledged(decoded.value)
    else this.#refused(decoded.value)
    this.#pump()
  }

  #acknowledged(ack: Ack): void {
    const { outbox, rates } = this.#options
    const now = this.#lastAckAt
    const delivered = this.#drain.acknowledged(ack, now)
    for (const lane of Object.keys(delivered) as Lane[]) rates[lane].add(delivered[lane], now)
    outbox.confirm(ack.ranges)
  }

  #refused(refuse: Refuse): void {
    const { outbox, clock, onTrouble } = this.#options
    const lost = this.#drain.refused(refuse, this.#lastAckAt)
    const { credit, v, ...fields } = refuse
    onTrouble(refuse.retryAfterMs === undefined ? 'refused-for-good' : 'refused', fields)
    if (lost.length > 0) outbox.drop(lost.map((item) => dropOfRefused(item, clock.now())))
  }

  #pump(): void {
    if (this.#over.signal.aborted) return
    for (;;) {
      const item = this.#drain.next(this.#options.clock.monotonic())
      if (item === undefined) break
      this.#send(item)
    }
    // Reading fails only when the outbox is gone, and then the owner of the outbox knows.
    this.#readEvents().catch(() => {})
    this.#readBacklog().catch(() => {})
  }

  #send(item: Outgoing): void {
    const bytes = item.lane === 'events' ? encodeJson(eventsMessageOf(item.events)) : item.payload
    this.#link.publish(item.lane, bytes)
  }

  async #readEvents(): Promise<void> {
    const after = this.#drain.wantsEvents()
    if (after === undefined || this.#isReadingEvents) return
    this.#isReadingEvents = true
    try {
      this.#drain.offerStoredEvents(await this.#options.outbox.events(after, eventsPage))
    } finally {
      this.#isReadingEvents = false
    }
    this.#pump()
  }

  async #readBacklog(): Promise<void> {
    const window = this.#drain.wantsBackfill()
    if (window === undefined || this.#isReadingBacklog) return
    this.#isReadingBacklog = true
    try {
      this.#drain.offerBackfill(await this.#options.outbox.backfill(window))
    } finally {
      this.#isReadingBacklog = false
    }
    this.#pump()
  }

  #sayBirth(): void {
    const { about, outbox, clock } = this.#options
    this.#say(birthOf(about(), outbox.stats(), clock.now()))
    this.sayCatalogue()
    this.sayCalendar()
    const { config } = about()
    if (config !== undefined) this.#say(config())
  }

  /** Handed to the socket; who needs to know that it arrived waits for an answer. */
  say(message: StateMessage): void {
    this.#say(message)
  }

  #say(message: StateMessage): void {
    this.#link.publish('state', encodeJson(message))
  }

  async #sayStatus(): Promise<void> {
    const { settings, about, outbox, clock, rates } = this.#options
    while (!this.#over.signal.aborted) {
      const now = clock.monotonic()
      const perS = {
        events: rates.events.perS(now),
        live: rates.live.perS(now),
        backfill: rates.backfill.perS(now),
      }
      const stats = outbox.stats()
      const backlog = backlogOf(stats, this.#drain.liveWaiting(), perS)
      const rssBytes = process.memoryUsage.rss()
      this.#say(statusOf({ about: about(), stats, backlog, at: clock.now(), rssBytes }))
      await clock.sleep(settings.statusEveryMs, this.#over.signal)
    }
  }

  /** Pings twice per keep-alive. Silence for one and a half of them, or no acknowledgement for two, is a dead link. */
  async #watch(): Promise<void> {
    const { clock, settings } = this.#options
    const { keepAliveMs } = settings
    let aliveAt = clock.monotonic()
    for (let tick = 0; !this.#over.signal.aborted; tick++) {
      const before = clock.monotonic()
      await clock.sleep(keepAliveMs / 4, this.#over.signal)
      if (this.#over.signal.aborted) return
      const now = clock.monotonic()
      // This process was suspended or held up: what arrived meanwhile has not been read yet.
      if (now - before > keepAliveMs) aliveAt = now
      aliveAt = Math.max(aliveAt, this.#link.lastHeardAt())
      if (now - aliveAt > keepAliveMs * 1.5) {
        this.#link.destroy(new SilentLink(`nothing heard for ${Math.round(now - aliveAt)} ms`))
        return
      }
      const waitingSince = Math.max(this.#drain.oldestSentAt() ?? now, this.#lastAckAt)
      if (now - waitingSince > keepAliveMs * 2) {
        this.#link.destroy(new Error(`no acknowledgement for ${Math.round(now - waitingSince)} ms`))
        return
      }
      if (tick % 2 === 0) this.#link.ping()
      this.#pump()
    }
  }
}
