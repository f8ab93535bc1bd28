import type { Database } from '#cloud/state/database.ts'
import { backoffMs } from '#lib/backoff.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { Outcome, Refused } from './channels/sender.ts'
import { type Job, JobQueue, type Lane } from './job-queue.ts'
import { messageOf } from './message.ts'
import type { NotificationMetrics } from './notification-metrics.ts'
import { pace, rates } from './pace.ts'
import type { Reached } from './targets.ts'

export type DeliveryOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: NotificationMetrics
  readonly find: (lane: Lane) => Promise<Reached | undefined>
  readonly consoleUrl: string | undefined
  readonly attempts: number
  /** Spreads retries; for tests. */
  readonly random?: () => number
}

/** Receivers that are spoken to at the same time. One that does not answer holds up itself and one of these places. */
const maxBusy = 8
const deadlineMs = 15_000
const backoff = { firstMs: 5_000, maxMs: 15 * 60_000 }
/** The queue is looked at this often even if nobody says that there is something. */
const lookMs = 30_000
const troubleMs = 5_000

/**
 * Brings queued deliveries to their receivers, one message at a time to each. The state of a delivery is written after the
 * attempt: a stop in between repeats it with the same id. Disposing waits for what is being written, not for receivers.
 */
export class Delivery implements AsyncDisposable {
  readonly #options: DeliveryOptions
  readonly #queue: JobQueue
  readonly #stop = new AbortController()
  readonly #busy = new Map<string, Promise<void>>()
  #wake = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#queue = new JobQueue(options.db)
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** There may be something to do. */
  wake(): void {
    this.#wake.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.wake()
    await this.#loop
    await Promise.all(this.#busy.values())
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#stop.signal.aborted) {
      // Before looking: what comes while it looks is not overlooked.
      this.#wake = new AbortController()
      const waitMs = await this.#begin().catch((err: unknown) => {
        log.error({ err }, 'notifications not looked at')
        return troubleMs
      })
      if (!this.#stop.signal.aborted) await clock.sleep(waitMs, this.#wake.signal)
    }
  }

  /** Begins with as many receivers as there are places; resolves with how long there is nothing more to begin. */
  async #begin(): Promise<number> {
    const now = this.#options.clock.now()
    for (const lane of await this.#queue.dueLanes(now, maxBusy * 2)) {
      const key = `${lane.channel} ${lane.receiver}`
      if (this.#busy.size >= maxBusy) break
      if (this.#busy.has(key)) continue
      const done = this.#deliver(lane).then(() => {
        this.#busy.delete(key)
        this.wake()
      })
      this.#busy.set(key, done)
    }
    const next = await this.#queue.nextAt(now)
    return Math.min(lookMs, Math.max(1, (next ?? Number.POSITIVE_INFINITY) - now))
  }

  /** One message to one receiver, or the time from which there may be one. Never rejects. */
  async #deliver(lane: Lane): Promise<void> {
    const { clock, log, find } = this.#options
    try {
      const rate = rates[lane.channel]
      const now = clock.now()
      const waiting = await this.#queue.waiting(lane, now)
      const step = pace(waiting, await this.#queue.sentSince(lane, now - rate.windowMs), rate, now)
      if (step.kind === 'nothing') return
      if (step.kind === 'wait') return await this.#queue.hold(lane, step.until, 'rate-limited')
      const reached = await find(lane)
      if (reached === undefined) return await this.#queue.giveUp(lane, now)
      const outcome = await this.#send(step.jobs, reached)
      if (this.#stop.signal.aborted && !outcome.ok) return // it was us
      await this.#conclude(lane, step.jobs, outcome)
    } catch (err) {
      log.error({ err, channel: lane.channel }, 'notification not delivered')
      // Not at once again: the store has trouble, or we have a bug.
      await clock.sleep(troubleMs, this.#stop.signal)
    }
  }

  #send(jobs: readonly [Job, ...Job[]], reached: Reached): Promise<Outcome> {
    const [head, ...rest] = jobs
    // A digest of another size is another message.
    const id = rest.length === 0 ? head.id : `${head.id}.${rest.length}`
    const message = messageOf([head.notice, ...rest.map(({ notice }) => notice)], {
      id,
      reader: reached.reader,
      consoleUrl: this.#options.consoleUrl,
    })
    return reached.send(message, AbortSignal.any([this.#stop.signal, AbortSignal.timeout(deadlineMs)]))
  }

  async #conclude(lane: Lane, jobs: readonly [Job, ...Job[]], outcome: Outcome): Promise<void> {
    const { clock, metrics, log } = this.#options
    const now = clock.now()
    if (outcome.ok) {
      await this.#queue.sent(jobs, jobs[0].id, now)
      metrics.count(lane.channel, 'sent', jobs.length)
      return
    }
    const { reason, detail } = outcome
    const [tired, fresh] = this.#parted(jobs, outcome)
    if (tired.length > 0) {
      await this.#queue.failed(tired, outcome, now)
      metrics.count(lane.channel, 'failed', tired.length)
      log.warn({ channel: lane.channel, receiver: lane.receiver, reason, detail }, 'notification failed')
    }
    if (fresh.length > 0) {
      await this.#queue.retry(fresh, outcome, now + this.#delayMs(fresh, outcome))
      metrics.count(lane.channel, 'retried', fresh.length)
      log.info(
        { channel: lane.channel, receiver: lane.receiver, reason, detail },
        'notification to be repeated',
      )
    }
    if (outcome.retryAfterMs !== undefined)
      await this.#queue.hold(lane, now + outcome.retryAfterMs, 'rate-limited')
    if (reason === 'gone' && lane.channel === 'push') await this.#forget(lane)
  }

  /** Those that were tried often enough, and those that are tried again. */
  #parted(jobs: readonly Job[], { retry }: Refused): [Job[], Job[]] {
    const isTired = ({ attempts }: Job): boolean => !retry || attempts + 1 >= this.#options.attempts
    return [jobs.filter(isTired), jobs.filter((job) => !isTired(job))]
  }

  #delayMs(jobs: readonly Job[], { retryAfterMs = 0 }: Refused): number {
    const attempts = Math.min(...jobs.map((job) => job.attempts))
    return Math.max(retryAfterMs, backoffMs(attempts, backoff, this.#options.random))
  }

  /** The browser has taken its permission back: its service says so once and for all. */
  async #forget({ receiver }: Lane): Promise<void> {
    await this.#options.db.deleteFrom('push_subscriptions').where('id', '=', receiver).execute()
  }
}
