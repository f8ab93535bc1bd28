/**
 * Keeps the gateway connected to the cloud and moves what the outbox holds. Owns the link and nothing else: data lives
 * in the outbox, commands are handed on.
 */
import type { CalendarMessage } from '#contract/calendar.ts'
import type { Command } from '#contract/command.ts'
import type { ConfigMessage, ConfigReport } from '#contract/configuration.ts'
import type { Backlog } from '#contract/gateway-state.ts'
import { decodeCalendar, decodeCommand, decodeConfig, decodeRequest, encodeJson } from '#contract/messages.ts'
import type { Reply, Request } from '#contract/request.ts'
import type { OutboxOutput } from '#gateway/outbox/outbox.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import { DrainRate } from './drain-rate.ts'
import { explainLinkError, notEnrolled } from './link-error.ts'
import { type About, backlogOf, deathOf } from './messages-up.ts'
import { type Link, openLink } from './mqtt-link.ts'
import { reconnectWaitMs } from './reconnect-wait.ts'
import { Session } from './session.ts'
import type { IdentitySource, UplinkSettings } from './uplink-config.ts'

export type UplinkOptions = {
  readonly settings: UplinkSettings
  /** The certificate of a gateway that was enrolled; asked at every attempt to connect. */
  readonly identity?: IdentitySource | undefined
  /** Id of this gateway. */
  readonly gateway: string
  readonly outbox: OutboxOutput
  /** Asked at every birth and status. */
  readonly about: () => About
  /** Called for every command that could be read, duplicates included. What it throws is logged. */
  readonly onCommand: (command: Command) => void | Promise<void>
  /** Called for every request that could be read, duplicates included; answers go to `reply`. What it throws is logged. */
  readonly onRequest?: (request: Request) => void | Promise<void>
  /** Called for every message about the configuration. What it throws is logged. */
  readonly onConfig?: (message: ConfigMessage) => void | Promise<void>
  /** Called for every school calendar that could be read, the one that is there included. What it throws is logged. */
  readonly onCalendar?: (message: CalendarMessage) => void | Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

export type UplinkState = {
  readonly connected: boolean
  /** Epoch ms since when it is connected, or not. */
  readonly since: number
  /** Why the last connection ended or did not come about, in words. */
  readonly lastError: string | undefined
  /** Failed attempts since the last connection. */
  readonly attempts: number
  readonly connections: number
  readonly backlog: readonly Backlog[]
  readonly counts: UplinkCounts
}

export type UplinkCounts = {
  readonly refused: number
  readonly refusedForGood: number
  readonly garbage: number
  readonly commands: number
  readonly requests: number
}

export interface Uplink extends AsyncDisposable {
  state(): UplinkState
  /** The catalogue has changed: tells the cloud now, or at the next birth when there is no connection. */
  catalogueChanged(): void
  /** Another school calendar is on the disk: the same. */
  calendarChanged(): void
  /** There is something new to sign in with: connects anew, at once. What waits in the outbox waits a moment longer. */
  signInAnew(): void
  /** What became of a configuration: told now, or at the next birth when there is no connection. */
  configChanged(report: ConfigReport): void
  /** Sends the answer to a request, or drops it when there is no connection: then nobody waits for it any more. */
  reply(reply: Reply): void
}

/** A connection that lasted this long was a good one: the next attempt starts with the short wait again. */
const healthyAfterMs = 10_000

/** Starts connecting and returns at once: a gateway works without its cloud. Disposing says goodbye and disconnects. */
export function startUplink(options: UplinkOptions): Promise<Uplink> {
  const uplink = new RunningUplink(options)
  uplink.start()
  return Promise.resolve(uplink)
}

class RunningUplink implements Uplink {
  readonly #options: UplinkOptions
  readonly #stopping = new AbortController()
  #waiting = new AbortController()
  readonly #logLimit = new RateLimit(60_000)
  readonly #rates: Readonly<Record<'events' | 'live' | 'backfill', DrainRate>>
  #running: Promise<void> = Promise.resolve()
  #link: Link | undefined
  #session: Session | undefined
  #since: number
  #lastError: string | undefined
  #attempts = 0
  #connections = 0
  #counts = { refused: 0, refusedForGood: 0, garbage: 0, commands: 0, requests: 0 }

  constructor(options: UplinkOptions) {
    this.#options = options
    const now = options.clock.monotonic()
    this.#since = options.clock.now()
    this.#rates = { events: new DrainRate(now), live: new DrainRate(now), backfill: new DrainRate(now) }
  }

  start(): void {
    this.#running = this.#keepConnected()
  }

  state(): UplinkState {
    const { outbox, clock } = this.#options
    const now = clock.monotonic()
    const rates = this.#rates
    const perS = {
      events: rates.events.perS(now),
      live: rates.live.perS(now),
      backfill: rates.backfill.perS(now),
    }
    const live = this.#session?.drain.liveWaiting() ?? { batches: 0, samples: 0, oldestAt: undefined }
    return {
      connected: this.#session !== undefined,
      since: this.#since,
      lastError: this.#lastError,
      attempts: this.#attempts,
      connections: this.#connections,
      backlog: backlogOf(outbox.stats(), live, perS),
      counts: { ...this.#counts },
    }
  }

  catalogueChanged(): void {
    this.#session?.sayCatalogue()
  }

  calendarChanged(): void {
    this.#session?.sayCalendar()
  }

  signInAnew(): void {
    this.#attempts = 0
    this.#waiting.abort()
    this.#link?.destroy(new Error('signing in anew'))
  }

  configChanged(report: ConfigReport): void {
    this.#session?.say(report)
  }

  reply(reply: Reply): void {
    if (this.#session !== undefined) this.#link?.publish('reply', encodeJson(reply))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { about, outbox } = this.#options
    this.#stopping.abort()
    this.#waiting.abort()
    await this.#link?.close(deathOf(about(), outbox.stats(), true))
    await this.#running
  }

  async #keepConnected(): Promise<void> {
    const { clock, settings, log } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const startedAt = clock.monotonic()
      const reason = await this.#connectAndServe(signal)
      if (signal.aborted) return
      const lasted = clock.monotonic() - startedAt
      this.#attempts = lasted >= healthyAfterMs ? 0 : this.#attempts + 1
      this.#lastError = explainLinkError(reason, settings.url, this.#options.identity?.words())
      const waitMs = reconnectWaitMs(reason, this.#attempts, settings)
      // Changes are logged, not cycles: the same reason again only once a minute.
      const skipped = this.#logLimit.pass(this.#lastError, clock.monotonic())
      if (skipped !== undefined)
        log.warn({ reason: this.#lastError, waitMs, skipped }, 'no link to the cloud')
      await clock.sleep(waitMs, this.#waiting.signal)
      if (this.#waiting.signal.aborted) this.#waiting = new AbortController()
    }
  }

  async #connectAndServe(signal: AbortSignal): Promise<Error> {
    const { gateway, outbox, about, clock, log } = this.#options
    let session: Session | undefined
    try {
      const settings = this.#signInSettings()
      // Until connected, a stop destroys the link at once; afterwards it takes leave first.
      const connecting = new AbortController()
      const onStop = () => connecting.abort()
      signal.addEventListener('abort', onStop)
      const link = await openLink(
        {
          settings,
          gateway,
          clock,
          will: deathOf(about(), outbox.stats(), false),
          onDelivery: (bytes) => session?.delivery(bytes),
          onCommand: (bytes) => this.#command(bytes),
          onRequest: (bytes) => this.#request(bytes),
          onConfig: (bytes) => this.#config(bytes),
          onCalendar: (bytes) => this.#calendar(bytes),
        },
        connecting.signal,
      )
      signal.removeEventListener('abort', onStop)
      this.#link = link
      session = new Session(
        {
          settings,
          outbox,
          about,
          clock,
          rates: this.#rates,
          onTrouble: (kind, fields) => this.#trouble(kind, fields),
        },
        link,
      )
      this.#connected(session)
      log.info({ url: settings.url }, 'connected to the cloud')
      return await session.run()
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      this.#disconnected()
    }
  }

  /** Throws when there is nothing to sign in with. */
  #signInSettings(): UplinkSettings {
    const { settings, identity } = this.#options
    if (identity === undefined) return settings
    const current = identity.current()
    if (current === undefined) throw Object.assign(new Error(identity.words()), { code: notEnrolled })
    return { ...settings, ...current }
  }

  #connected(session: Session): void {
    this.#session = session
    this.#since = this.#options.clock.now()
    this.#connections++
    this.#lastError = undefined
  }

  #disconnected(): void {
    this.#link = undefined
    if (this.#session === undefined) return
    this.#session = undefined
    this.#since = this.#options.clock.now()
  }

  #command(bytes: Uint8Array): void {
    const decoded = decodeCommand(bytes)
    if (!decoded.ok) {
      this.#trouble('garbage', { reason: decoded.reason })
      return
    }
    this.#counts.commands++
    const { id } = decoded.value
    const handled = (async () => this.#options.onCommand(decoded.value))()
    handled.catch((err: unknown) => this.#options.log.error({ err, command: id }, 'command handler failed'))
  }

  #request(bytes: Uint8Array): void {
    const decoded = decodeRequest(bytes)
    if (!decoded.ok) {
      this.#trouble('garbage', { reason: decoded.reason })
      return
    }
    this.#counts.requests++
    const { id } = decoded.value
    const handled = (async () => this.#options.onRequest?.(decoded.value))()
    handled.catch((err: unknown) => this.#options.log.error({ err, request: id }, 'request handler failed'))
  }

  #config(bytes: Uint8Array): void {
    const decoded = decodeConfig(bytes)
    if (!decoded.ok) {
      this.#trouble('garbage', { reason: decoded.reason })
      return
    }
    const handled = (async () => this.#options.onConfig?.(decoded.value))()
    handled.catch((err: unknown) => this.#options.log.error({ err }, 'configuration handler failed'))
  }

  #calendar(bytes: Uint8Array): void {
    const decoded = decodeCalendar(bytes)
    if (!decoded.ok) {
      this.#trouble('garbage', { reason: decoded.reason })
      return
    }
    const handled = (async () => this.#options.onCalendar?.(decoded.value))()
    handled.catch((err: unknown) => this.#options.log.error({ err }, 'calendar handler failed'))
  }

  #trouble(kind: 'garbage' | 'refused' | 'refused-for-good', fields: Record<string, unknown>): void {
    this.#counts[kind === 'refused-for-good' ? 'refusedForGood' : kind]++
    const skipped = this.#logLimit.pass(kind, this.#options.clock.monotonic())
    if (skipped !== undefined)
      this.#options.log.warn({ kind, ...fields, skipped }, 'message of or to the cloud failed')
  }
}
