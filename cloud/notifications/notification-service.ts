import type { Database } from '#cloud/state/database.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { JobQueue } from './job-queue.ts'
import type { Notice } from './notice.ts'
import type { NotificationMetrics } from './notification-metrics.ts'
import type { NotificationsConfig } from './notifications-config.ts'
import { planJobs } from './plan-jobs.ts'
import { receiversOf } from './receivers.ts'

export type NotificationOptions = {
  readonly db: Database
  readonly config: Pick<NotificationsConfig, 'roles' | 'maxQueued'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: NotificationMetrics
  /** There is something to deliver. */
  readonly onQueued: () => void
}

/** Notices that are on their way into the store: a disk that stands still must not fill the memory. */
const maxStoring = 5_000

/** Takes notices in. Who is told, by what and when is decided and stored here; `Delivery` brings it to them. */
export class NotificationService {
  readonly #options: NotificationOptions
  #storing = 0

  constructor(options: NotificationOptions) {
    this.#options = options
  }

  /** For callers with something better to do: resolves when it is stored or was logged as lost; never rejects. */
  async notify(notice: Notice): Promise<void> {
    const { db, log } = this.#options
    const about = { key: notice.key, priority: notice.priority }
    if (this.#storing >= maxStoring && notice.priority !== 1) {
      log.error(about, 'too many notices at once, one was not taken in')
      return
    }
    this.#storing++
    try {
      await db.transaction().execute((trx) => this.accept(trx, notice))
    } catch (err) {
      log.error({ err, ...about }, 'notice not stored')
    } finally {
      this.#storing--
    }
  }

  /**
   * The same in the transaction of what the notice is about, so that there is never one without the other. What is known by its
   * key is not taken twice.
   */
  async accept(trx: Database, notice: Notice): Promise<void> {
    const { config, clock, metrics, onQueued, log } = this.#options
    const queue = new JobQueue(trx)
    const now = clock.now()
    if (!(await queue.addNotice(notice, now))) return
    const jobs = planJobs(notice, {
      ...(await receiversOf(trx, notice)),
      rules: config.roles,
      room: config.maxQueued - (await queue.queued()),
      now,
    })
    await queue.addJobs(notice, jobs, now)
    for (const { channel, state } of jobs) if (state === 'suppressed') metrics.count(channel, 'suppressed')
    log.debug({ key: notice.key, jobs: jobs.length }, 'notice taken in')
    onQueued()
  }
}
