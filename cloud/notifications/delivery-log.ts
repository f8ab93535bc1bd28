import { sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { NotificationJobRow } from '#cloud/state/tables.ts'
import type { Delivery as DeliveryView, LastDelivery } from '#contract/api/notifications.ts'
import type { DeliveryState } from '#contract/notice.ts'
import { noticeOf } from './job-queue.ts'
import { usualSettings } from './settings.ts'
import { wordsOf } from './words.ts'

export type LogSearch = {
  /** What this person was told. */
  readonly user: string
  /** And what was told of these places; `undefined`: of everything. Empty: nothing else. */
  readonly nodes: readonly string[] | undefined
  readonly state?: DeliveryState | undefined
  readonly after?: readonly [createdAt: number, id: string] | undefined
  readonly limit: number
}

export type LogRow = { readonly key: readonly [createdAt: number, id: string]; readonly view: DeliveryView }

const jobColumns = [
  'notification_jobs.id',
  'notification_jobs.channel',
  'notification_jobs.receiver',
  'notification_jobs.state',
  'notification_jobs.reason',
  'notification_jobs.detail',
  'notification_jobs.attempts',
  'notification_jobs.next_at',
  'notification_jobs.created_at',
  'notification_jobs.finished_at',
  'notification_jobs.told_with',
] as const

/** What became of notices, for people. */
export class DeliveryLog {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Newest first. */
  async search({ user, nodes, state, after, limit }: LogSearch): Promise<LogRow[]> {
    let query = this.#rows()
    if (nodes !== undefined)
      query = query.where((eb) =>
        eb.or([eb('notification_jobs.user_id', '=', user), placeIn(sql.ref('notices.node'), nodes)]),
      )
    if (state !== undefined) query = query.where('notification_jobs.state', '=', state)
    if (after !== undefined) {
      const [at, id] = after
      query = query.where((eb) =>
        eb.or([
          eb('notification_jobs.created_at', '<', at),
          eb.and([eb('notification_jobs.created_at', '=', at), eb('notification_jobs.id', '>', id)]),
        ]),
      )
    }
    const rows = await query
      .orderBy('notification_jobs.created_at', 'desc')
      .orderBy('notification_jobs.id')
      .limit(limit)
      .execute()
    return rows.map((row) => ({ key: [row.created_at, row.id], view: viewOf(row) }))
  }

  async ofNotice(key: string): Promise<DeliveryView[]> {
    const rows = await this.#rows().where('notices.key', '=', key).orderBy('notification_jobs.id').execute()
    return rows.map(viewOf)
  }

  /** How the last attempt at each of these receivers ended. */
  async lastOf(receivers: readonly string[]): Promise<Map<string, LastDelivery>> {
    if (receivers.length === 0) return new Map()
    const rows = await this.#db
      .selectFrom('notification_jobs')
      .select(['receiver', 'state', 'reason', 'detail', 'created_at', 'finished_at'])
      .where('receiver', 'in', receivers)
      .where('attempts', '>', 0)
      .where(({ eb, selectFrom }) =>
        eb(
          'created_at',
          '=',
          selectFrom('notification_jobs as other')
            .select(({ fn }) => fn.max('other.created_at').as('newest'))
            .whereRef('other.receiver', '=', 'notification_jobs.receiver')
            .where('other.attempts', '>', 0),
        ),
      )
      .execute()
    return new Map(rows.map((row) => [row.receiver, lastView(row)]))
  }

  #rows() {
    return this.#db
      .selectFrom('notification_jobs')
      .innerJoin('notices', 'notices.key', 'notification_jobs.notice')
      .leftJoin('users', 'users.id', 'notification_jobs.user_id')
      .leftJoin('notification_channels', 'notification_channels.id', 'notification_jobs.receiver')
      .select(jobColumns)
      .select(['users.display_name', 'users.username', 'notification_channels.title as channel_title'])
      .select(['notices.key', 'notices.kind', 'notices.priority', 'notices.code', 'notices.params_json'])
      .select(['notices.node', 'notices.link', 'notices.at'])
  }
}

type Found = Pick<
  NotificationJobRow,
  | 'id'
  | 'channel'
  | 'state'
  | 'reason'
  | 'detail'
  | 'attempts'
  | 'next_at'
  | 'created_at'
  | 'finished_at'
  | 'told_with'
> &
  Parameters<typeof noticeOf>[0] & {
    readonly display_name: string | null
    readonly username: string | null
    readonly channel_title: string | null
  }

/** Pure. */
function viewOf(row: Found): DeliveryView {
  const notice = noticeOf(row)
  const { timeZone } = usualSettings
  const isQueued = row.state === 'queued'
  return {
    id: row.id,
    at: instant(row.created_at),
    kind: notice.kind,
    priority: notice.priority,
    title: {
      zh: wordsOf(notice, { language: 'zh-CN', timeZone }).title.slice(0, 200),
      en: wordsOf(notice, { language: 'en', timeZone }).title.slice(0, 200),
    },
    ...optional('node', notice.node),
    ...optional('link', notice.link),
    channel: row.channel,
    receiver: row.channel_title ?? (row.display_name || row.username) ?? '',
    state: row.state as DeliveryState,
    ...optional('reason', row.reason as DeliveryView['reason']),
    ...optional('detail', row.detail),
    attempts: row.attempts,
    ...optionalInstant('nextAt', isQueued ? row.next_at : null),
    ...optionalInstant('finishedAt', row.finished_at),
    inDigest: row.told_with !== null && row.told_with !== row.id,
  }
}

type Ended = Pick<NotificationJobRow, 'state' | 'reason' | 'detail' | 'created_at' | 'finished_at'>

function lastView({ state, reason, detail, created_at, finished_at }: Ended): LastDelivery {
  return {
    at: instant(finished_at ?? created_at),
    state: state as DeliveryState,
    ...optional('reason', reason as LastDelivery['reason']),
    ...optional('detail', detail),
  }
}
