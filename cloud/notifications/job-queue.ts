import { randomUUID } from 'node:crypto'
import type { Database } from '#cloud/state/database.ts'
import type { NoticeRow } from '#cloud/state/tables.ts'
import type { Priority } from '#contract/events.ts'
import type { DeliveryReason, NoticeChannel, NoticeCode, NoticeParams } from '#contract/notice.ts'
import type { Refused } from './channels/sender.ts'
import type { Notice, NoticeKind } from './notice.ts'
import type { PlannedJob } from './plan-jobs.ts'

/** Everything that waits for one receiver on one channel. */
export type Lane = {
  readonly channel: NoticeChannel
  readonly receiver: string
  readonly user: string | null
}

export type Job = {
  readonly id: string
  readonly priority: number
  readonly attempts: number
  readonly notice: Notice
}

/** More than this are never told in one message. */
const maxWaiting = 500

/** Notices and their deliveries in the state store. Works on a transaction as well as on the database. */
export class JobQueue {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** False when the key is known already. */
  async addNotice(notice: Notice, now: number): Promise<boolean> {
    const { key, kind, priority, code, params, node, link, at } = notice
    const result = await this.#db
      .insertInto('notices')
      .values({
        ...{ key, kind, priority, code, params_json: JSON.stringify(params) },
        ...{ node: node ?? null, link: link ?? null, at, created_at: now },
      })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .executeTakeFirst()
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
  }

  async addJobs(notice: Notice, jobs: readonly PlannedJob[], now: number): Promise<void> {
    const rows = jobs.map(({ channel, receiver, user, state, reason, nextAt }) => ({
      ...{ id: randomUUID(), notice: notice.key, channel, receiver, user_id: user },
      ...{ priority: notice.priority, state, reason, detail: null, attempts: 0, next_at: nextAt },
      ...{ created_at: now, finished_at: state === 'suppressed' ? now : null, told_with: null },
    }))
    // Well below the number of values an engine takes at once.
    for (let i = 0; i < rows.length; i += 100)
      await this.#db
        .insertInto('notification_jobs')
        .values(rows.slice(i, i + 100))
        .execute()
  }

  async queued(): Promise<number> {
    const { count } = await this.#db
      .selectFrom('notification_jobs')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('state', '=', 'queued')
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  /** Since when the oldest delivery waits that need not wait any more. */
  async oldestDue(now: number): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('notification_jobs')
      .select(({ fn }) => fn.min('created_at').as('at'))
      .where('state', '=', 'queued')
      .where('next_at', '<=', now)
      .executeTakeFirst()
    return row?.at ?? undefined
  }

  /** The most urgent first, then who has waited longest. */
  async dueLanes(now: number, limit: number): Promise<Lane[]> {
    const rows = await this.#db
      .selectFrom('notification_jobs')
      .select(({ fn }) => [
        'channel',
        'receiver',
        'user_id',
        fn.min('priority').as('urgency'),
        fn.min('next_at').as('since'),
      ])
      .where('state', '=', 'queued')
      .where('next_at', '<=', now)
      .groupBy(['channel', 'receiver', 'user_id'])
      .orderBy('urgency')
      .orderBy('since')
      .limit(limit)
      .execute()
    return rows.map(({ channel, receiver, user_id }) => ({
      channel: channel as NoticeChannel,
      receiver,
      user: user_id,
    }))
  }

  /** When the next one is due after `now`. */
  async nextAt(now: number): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('notification_jobs')
      .select(({ fn }) => fn.min('next_at').as('at'))
      .where('state', '=', 'queued')
      .where('next_at', '>', now)
      .executeTakeFirst()
    return row?.at ?? undefined
  }

  async waiting({ channel, receiver }: Lane, now: number): Promise<Job[]> {
    const rows = await this.#db
      .selectFrom('notification_jobs')
      .innerJoin('notices', 'notices.key', 'notification_jobs.notice')
      .select(['notification_jobs.id', 'notification_jobs.attempts', 'notices.created_at'])
      .select(['key', 'kind', 'notices.priority', 'code', 'params_json', 'node', 'link', 'at'])
      .where('channel', '=', channel)
      .where('receiver', '=', receiver)
      .where('state', '=', 'queued')
      .where('next_at', '<=', now)
      .orderBy('notices.priority')
      .orderBy('notices.created_at')
      .orderBy('notification_jobs.id')
      .limit(maxWaiting)
      .execute()
    return rows.map((row) => ({
      id: row.id,
      priority: row.priority,
      attempts: row.attempts,
      notice: noticeOf(row),
    }))
  }

  /** Times of the messages that this receiver got since. */
  async sentSince({ channel, receiver }: Lane, since: number): Promise<number[]> {
    const rows = await this.#db
      .selectFrom('notification_jobs')
      .select('finished_at')
      .where('channel', '=', channel)
      .where('receiver', '=', receiver)
      .where('state', '=', 'sent')
      .where('finished_at', '>', since)
      .whereRef('told_with', '=', 'id')
      .execute()
    return rows.map(({ finished_at }) => finished_at ?? 0)
  }

  async sent(jobs: readonly Job[], toldWith: string, now: number): Promise<void> {
    await this.#end(jobs, {
      state: 'sent',
      reason: null,
      detail: null,
      finished_at: now,
      told_with: toldWith,
    })
  }

  async failed(jobs: readonly Job[], { reason, detail }: Refused, now: number): Promise<void> {
    await this.#end(jobs, { state: 'failed', reason, detail, finished_at: now })
  }

  async retry(jobs: readonly Job[], { reason, detail }: Refused, nextAt: number): Promise<void> {
    await this.#end(jobs, { reason, detail, next_at: nextAt })
  }

  /** Nothing to this receiver before `until`. */
  async hold({ channel, receiver }: Lane, until: number, reason: DeliveryReason): Promise<void> {
    await this.#db
      .updateTable('notification_jobs')
      .set({ next_at: until, reason })
      .where('channel', '=', channel)
      .where('receiver', '=', receiver)
      .where('state', '=', 'queued')
      .where('next_at', '<', until)
      .execute()
  }

  /** Whoever is not there any more is told nothing. */
  async giveUp({ channel, receiver }: Lane, now: number): Promise<void> {
    await this.#db
      .updateTable('notification_jobs')
      .set({ state: 'suppressed', reason: 'gone', finished_at: now })
      .where('channel', '=', channel)
      .where('receiver', '=', receiver)
      .where('state', '=', 'queued')
      .execute()
  }

  /** Notices that came before, with their deliveries; what still waits stays. */
  async prune(before: number): Promise<number> {
    const result = await this.#db
      .deleteFrom('notices')
      .where('created_at', '<', before)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('notification_jobs')
              .select('id')
              .whereRef('notification_jobs.notice', '=', 'notices.key')
              .where('state', '=', 'queued'),
          ),
        ),
      )
      .executeTakeFirst()
    return Number(result.numDeletedRows)
  }

  async #end(jobs: readonly Job[], change: Record<string, string | number | null>): Promise<void> {
    for (let i = 0; i < jobs.length; i += 200)
      await this.#db
        .updateTable('notification_jobs')
        .set(({ eb }) => ({ ...change, attempts: eb('attempts', '+', 1) }))
        .where(
          'id',
          'in',
          jobs.slice(i, i + 200).map(({ id }) => id),
        )
        .execute()
  }
}

type StoredNotice = Pick<
  NoticeRow,
  'key' | 'kind' | 'priority' | 'code' | 'params_json' | 'node' | 'link' | 'at'
>

/** Only what `addNotice` took is ever written. */
export function noticeOf(row: StoredNotice): Notice {
  return {
    key: row.key,
    kind: row.kind as NoticeKind,
    priority: row.priority as Priority,
    code: row.code as NoticeCode,
    params: JSON.parse(row.params_json) as NoticeParams,
    at: row.at,
    ...(row.node === null ? {} : { node: row.node }),
    ...(row.link === null ? {} : { link: row.link }),
  }
}
