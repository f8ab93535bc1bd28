import { type SqlBool, sql } from 'kysely'
import type { PlaceIndex } from '#cloud/access/access.ts'
import type { Database } from '#cloud/state/database.ts'
import { isActive, isUnacknowledged } from '#contract/alarm-life.ts'
import type { Alarm, AlarmFloods, EscalationTarget } from '#contract/api/alarms.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { unshelve } from './alarm-acts.ts'
import type { AlarmSettings, SuppressionConfig } from './alarm-config.ts'
import { AlarmRecord } from './alarm-record.ts'
import { type AlarmInPlace, AlarmRepository } from './alarm-repository.ts'
import { alarmView } from './alarm-view.ts'
import { FloodWatch } from './flood-watch.ts'
import type { Suppressible } from './intake-plan.ts'
import { idOf, lifeOf, type StoredKey, untold } from './stored-alarm.ts'
import { holds, isAbout, pointsOf, type World } from './suppression.ts'
import { camerasNear } from './surroundings.ts'

/** Told after the commit, at least once each: a cloud that is killed in between tells again. None may wait or throw. */
export type AlarmHooks = {
  readonly onChange?: (alarm: Alarm) => void
  /** With the cameras that may see what happened. */
  readonly onRaised?: (alarm: Alarm, cameras: readonly string[]) => void
  /** People have to be called. */
  readonly onAnnunciated?: (alarm: Alarm) => void
  readonly onEscalated?: (alarm: Alarm, step: { readonly n: number; readonly to: EscalationTarget }) => void
}

export type ClockworkOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly settings: AlarmSettings
  readonly places: PlaceIndex
  readonly hooks: AlarmHooks
  /** The newest values of points, for suppression by what a point says. */
  readonly latest: (points: readonly string[]) => Promise<ReadonlyMap<string, unknown>>
}

const tickMs = 1_000
const atOnce = 200

/** What happens to alarms by itself: telling, escalating, calling again, shelves that end, what is suppressed by design. */
export class AlarmClockwork implements AsyncDisposable {
  readonly #options: ClockworkOptions
  readonly #floods = new FloodWatch()
  readonly #stop = new AbortController()
  #active: readonly SuppressionConfig[] = []
  #loop: Promise<void> = Promise.resolve()
  #telling: Promise<void> | undefined
  #tellAgain = false

  constructor(options: ClockworkOptions) {
    this.#options = options
  }

  /** Goes on where an earlier process stopped. Disposing stops it. */
  async start(): Promise<void> {
    const { db, clock } = this.#options
    await this.#floods.load(db, clock.now())
    await this.#suppress()
    this.#loop = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await this.#telling
  }

  /** The rule that hides an alarm now. Synchronous, because an event that comes in asks. */
  suppressorOf(alarm: Suppressible): string | undefined {
    return this.#active.find((rule) => isAbout(rule, alarm, this.#options.places))?.id
  }

  floods(): AlarmFloods['items'] {
    return this.#floods.at(this.#options.clock.now())
  }

  /** Something was committed that somebody wants to hear of. Neither throws nor waits. */
  wake(): void {
    if (this.#telling !== undefined) {
      this.#tellAgain = true
      return
    }
    this.#telling = this.#tellAll().finally(() => {
      this.#telling = undefined
    })
  }

  async #tellAll(): Promise<void> {
    try {
      do {
        this.#tellAgain = false
        while ((await this.#tell()) === atOnce);
      } while (this.#tellAgain)
    } catch (err) {
      this.#options.log.error({ err }, 'alarms not told; tried again')
    }
  }

  /** Told inside the transaction that notes it: should that fail, it is told once more. */
  async #tell(): Promise<number> {
    const { db, clock } = this.#options
    return await db.transaction().execute(async (trx) => {
      const rows = await new AlarmRepository(trx).untold(atOnce)
      for (const row of rows) await this.#tellOne(trx, row)
      for (const [gateway, some] of Map.groupBy(rows, (row) => row.gateway)) {
        const occurrences = some.map(({ occurrence }) => occurrence)
        await trx
          .updateTable('alarm_events')
          .set({ untold: 0 })
          .where('gateway', '=', gateway)
          .where('occurrence', 'in', occurrences)
          .execute()
      }
      this.#floods.note(rows, clock.now())
      return rows.length
    })
  }

  async #tellOne(trx: Database, row: AlarmInPlace): Promise<void> {
    const { hooks, settings } = this.#options
    const alarm = alarmView(row)
    this.#safely(() => hooks.onChange?.(alarm))
    if ((row.untold & untold.raised) !== 0 && hooks.onRaised !== undefined) {
      const cameras = await camerasNear(trx, row, settings.cameraLinks)
      this.#safely(() => hooks.onRaised?.(alarm, cameras))
    }
    if ((row.untold & untold.annunciated) !== 0) this.#safely(() => hooks.onAnnunciated?.(alarm))
    const step = settings.schedule[row.priority]?.[row.escalated - 1]
    if ((row.untold & untold.escalated) !== 0 && step !== undefined)
      this.#safely(() => hooks.onEscalated?.(alarm, { n: row.escalated, to: step.to }))
  }

  /** One listener that fails must not keep the others from hearing. */
  #safely(tell: () => void): void {
    try {
      tell()
    } catch (err) {
      this.#options.log.error({ err }, 'listener of alarms failed')
    }
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#onDue()
        await this.#endShelves()
        if (this.#options.settings.suppress.length > 0) await this.#suppress()
      } catch (err) {
        log.error({ err }, 'alarms could not be looked after')
      }
      this.wake()
      await clock.sleep(tickMs, signal)
    }
  }

  async #onDue(): Promise<void> {
    const { db, clock, settings, log } = this.#options
    const now = clock.now()
    const due = await db
      .selectFrom('alarm_events')
      .select(['gateway', 'occurrence'])
      .where('due_at', 'is not', null)
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .limit(atOnce)
      .execute()
    for (const one of due) {
      await db.transaction().execute(async (trx) => {
        const alarm = await AlarmRecord.load(trx, idOf(one))
        // Somebody may have acknowledged it a moment ago.
        if (alarm.row.due_at === null || alarm.row.due_at > now) return
        const to = settings.schedule[alarm.row.priority]?.[alarm.row.escalated]?.to
        if (isUnacknowledged(lifeOf(alarm.row)) && to !== undefined) {
          alarm.row.escalated += 1
          alarm.row.untold |= untold.escalated
          alarm.happened('escalated', now, { detail: to })
          log.warn({ alarm: idOf(one), step: alarm.row.escalated, to }, 'alarm escalated')
        } else if (isActive(lifeOf(alarm.row)) && typeof alarm.apply('realarm') === 'object') {
          alarm.call(now)
          alarm.happened('realarmed', now)
        }
        await alarm.save(trx, settings.schedule, settings.realarms)
      })
    }
  }

  async #endShelves(): Promise<void> {
    const { db, clock } = this.#options
    const now = clock.now()
    const over = await db
      .selectFrom('alarm_keys')
      .selectAll()
      .where('shelved_until', 'is not', null)
      .where('shelved_until', '<=', now)
      .limit(atOnce)
      .execute()
    for (const key of over)
      await this.#change(key, (alarm) => {
        if (alarm.key.shelved_until !== null && alarm.key.shelved_until <= now) unshelve(alarm, now)
      })
  }

  /** Looks which rules hold, and hides and shows by it. */
  async #suppress(): Promise<void> {
    const { db, clock, settings } = this.#options
    const world = await this.#world()
    this.#active = settings.suppress.filter((rule) => holds(rule, world))
    const now = clock.now()
    const keys = await db
      .selectFrom('alarm_keys as k')
      .innerJoin('alarm_events as e', (join) =>
        join.onRef('e.gateway', '=', 'k.gateway').onRef('e.occurrence', '=', 'k.occurrence'),
      )
      .selectAll('k')
      .where('e.life_safety', '=', 0)
      .where((eb) => eb.or([eb('k.suppressed_by', 'is not', null), eb('e.life', '<>', 'normal')]))
      .execute()
    for (const key of keys) {
      const wanted = this.suppressorOf(key) ?? null
      if (wanted === key.suppressed_by) continue
      await this.#change(key, (alarm) => {
        Object.assign(alarm.key, { suppressed_by: wanted, suppressed_at: wanted === null ? null : now })
        if (wanted === null) alarm.reveal('unsuppressed', now)
        else alarm.happened('suppressed', now, { detail: wanted })
      })
    }
  }

  async #world(): Promise<World> {
    const { db, clock, settings, latest } = this.#options
    const points = pointsOf(settings.suppress)
    const on = await db
      .selectFrom('alarm_events')
      .select(['gateway', 'rule'])
      .where(sql<SqlBool>`life <> 'normal'`) // written out, for the index of these few
      .where('life', 'in', ['unacknowledged', 'acknowledged'])
      .execute()
    return {
      now: clock.now(),
      alarmsOn: new Set(on.map(({ gateway, rule }) => `${gateway}/${rule}`)),
      values: points.length === 0 ? new Map() : await latest(points),
    }
  }

  async #change(key: StoredKey, work: (alarm: AlarmRecord) => void): Promise<void> {
    const { db, settings } = this.#options
    if (key.occurrence === null) return
    const id = `${key.gateway}/${key.occurrence}`
    await db.transaction().execute(async (trx) => {
      const alarm = await AlarmRecord.load(trx, id)
      work(alarm)
      await alarm.save(trx, settings.schedule, settings.realarms)
    })
  }
}
