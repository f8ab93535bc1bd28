import { sql } from 'kysely'
import type { PlaceIndex } from '#cloud/access/access.ts'
import { AlarmRepository } from '#cloud/alarms/alarm-repository.ts'
import { alarmView } from '#cloud/alarms/alarm-view.ts'
import type { AlarmFacts } from '#cloud/notifications/notice-of-alarm.ts'
import { type Escalation, noticeOfAlarm, noticeOfEscalation } from '#cloud/notifications/notice-of-alarm.ts'
import type { NotificationService } from '#cloud/notifications/notification-service.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Alarm, EscalationTarget } from '#contract/api/alarms.ts'
import type { Role } from '#contract/permissions.ts'
import type { LocalText } from '#contract/text.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'

export type AlarmNoticeOptions = {
  readonly db: Database
  readonly places: PlaceIndex
  readonly notifications: Pick<NotificationService, 'notify'>
  readonly lateAfterMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** Whom a step of the escalation means, at the place of the alarm or above it. */
const rolesOf: Readonly<Record<EscalationTarget, readonly Role[]>> = {
  lead: ['lead'],
  'school-head': ['lead', 'admin'],
  district: ['lead', 'admin', 'bureau'],
}

/** Alarms that people are called for become notices of the place where their device stands. */
export class AlarmNotices {
  readonly #options: AlarmNoticeOptions

  constructor(options: AlarmNoticeOptions) {
    this.#options = options
  }

  /** Neither throws nor waits. The same call is one notice, however often it is heard of. */
  heard(alarm: Alarm): void {
    this.#notify(alarm).catch(this.#failed(alarm))
  }

  /** The same for a step of the escalation. */
  escalated(alarm: Alarm, { n, to }: { readonly n: number; readonly to: EscalationTarget }): void {
    this.#escalate(alarm, { step: n, to: { roles: rolesOf[to] } }).catch(this.#failed(alarm))
  }

  #failed(alarm: Alarm): (err: unknown) => void {
    return (err) => this.#options.log.error({ err, alarm: alarm.id }, 'nobody was told of an alarm')
  }

  /** A stop between an alarm and its notice is made good: what came lately is told of now, what was told of is not. */
  async catchUp(): Promise<void> {
    const { db, clock, lateAfterMs } = this.#options
    const rows = await new AlarmRepository(db).search({ filter: 'open', limit: 500 })
    for (const row of rows) {
      const isRecent = clock.now() - row.received_at <= lateAfterMs
      if (isRecent && row.annunciated_at !== null) await this.#notify(alarmView(row))
    }
  }

  async #notify(alarm: Alarm): Promise<void> {
    const notice = noticeOfAlarm(alarm, await this.#facts(alarm))
    const { annunciatedAt } = alarm
    // An alarm that calls again, after a shelf for example, is told again. Who is called at all was decided with the alarm.
    const key = annunciatedAt === undefined ? notice.key : `${notice.key}:${annunciatedAt}`
    await this.#options.notifications.notify({ ...notice, key, late: annunciatedAt === undefined })
  }

  async #escalate(alarm: Alarm, step: Escalation): Promise<void> {
    await this.#options.notifications.notify(noticeOfEscalation(alarm, await this.#facts(alarm), step))
  }

  async #facts({ gateway, point }: Alarm): Promise<AlarmFacts> {
    const { db, places, lateAfterMs } = this.#options
    const [, device] = point.split('/', 2)
    const node = places.placeOf(gateway, device)
    const row = await db
      .selectFrom('gateways')
      .select('clock_offset_ms')
      .where('id', '=', gateway)
      .executeTakeFirst()
    return {
      node,
      place: node === undefined ? undefined : await this.#titleOf(node),
      clockOffsetMs: row?.clock_offset_ms ?? 0,
      lateAfterMs,
    }
  }

  /** `第一中学 / 教学楼 / 101`, from the top. */
  async #titleOf(node: string): Promise<LocalText> {
    const rows = await this.#options.db
      .selectFrom('tree_paths')
      .innerJoin('tree_nodes', 'tree_nodes.id', 'tree_paths.ancestor')
      .select(['tree_nodes.id', 'title_zh', 'title_en'])
      .select(
        sql<number>`(select count(*) from tree_paths as above where above.node = tree_nodes.id)`.as('depth'),
      )
      .where('tree_paths.node', '=', node)
      .orderBy('depth')
      .execute()
    const joined = (titles: readonly string[]) => titles.join(' / ').slice(0, 200)
    return {
      zh: joined(rows.map(({ id, title_zh, title_en }) => title_zh ?? title_en ?? id)),
      en: joined(rows.map(({ id, title_zh, title_en }) => title_en ?? title_zh ?? id)),
    }
  }
}
