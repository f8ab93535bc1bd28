import { instant } from '#cloud/http/instants.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import { isActive, isLatched, isUnacknowledged, tabOf } from '#contract/alarm-life.ts'
import type { AckMany, CloseRequest, OutOfServiceRequest, ShelveRequest } from '#contract/api/alarms.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { AlarmSettings } from './alarm-config.ts'
import { AlarmRecord, type Happened } from './alarm-record.ts'
import { personOf } from './alarm-view.ts'
import { isProcedureStep, type ProcedureOf } from './procedures.ts'
import { aloneMinutes, shelfMinutes } from './shelf-time.ts'
import {
  type Acked,
  type Actor,
  type Closed,
  lifeOf,
  type Pending,
  parsed,
  type Service,
  type Shelf,
} from './stored-alarm.ts'

export type ActOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly settings: AlarmSettings
  readonly procedureOf: ProcedureOf
}

/** Who does it, and the audit row of it. */
export type By = { readonly actor: Actor; readonly audit: ChangeAudit }

/** Why something cannot be done with an alarm as it is; `details.reason` of ALARM_REFUSED. */
export type Refusal =
  | 'life-safety'
  | 'hidden'
  | 'over'
  | 'nothing-to-acknowledge'
  | 'not-shelved'
  | 'not-out-of-service'
  | 'already-hidden'
  | 'waiting'
  | 'nothing-waits'
  | 'same-person'
  | 'not-latched'
  | 'latched'
  | 'closed'

const minuteMs = 60_000

/** What people do with alarms. Each change is one transaction with its history and its audit row. */
export class AlarmActs {
  readonly #options: ActOptions

  constructor(options: ActOptions) {
    this.#options = options
  }

  /** Once for everybody: the first one has seen it; the same person again changes nothing. Throws AppError CONFLICT with who was first. */
  async ack(id: string, note: string | undefined, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => this.#ack(alarm, { by: by.actor, note }, now))
  }

  /** Every id for itself; `check` throws for what this person may not touch. */
  async ackMany(
    ids: readonly string[],
    note: string | undefined,
    { by, check }: { readonly by: By; readonly check: (alarm: AlarmRecord) => void },
  ): Promise<AckMany['results']> {
    const now = this.#options.clock.now()
    return await this.#options.db.transaction().execute(async (trx) => {
      const results: AckMany['results'] = []
      for (const id of ids) {
        const result = await this.#ackOne(trx, id, (alarm) => {
          check(alarm)
          return this.#ack(alarm, { by: by.actor, note }, now)
        })
        results.push(result)
      }
      const refused = results.flatMap(({ id, code }) => (code === undefined ? [] : [`${id} ${code}`]))
      by.audit.note({ target: `${ids.length}`, after: { ids, note, refused } })
      await by.audit.write(trx)
      return results
    })
  }

  async #ackOne(trx: Database, id: string, work: (alarm: AlarmRecord) => boolean) {
    try {
      const alarm = await AlarmRecord.load(trx, id)
      if (work(alarm)) await this.#save(trx, alarm)
      return { id }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { code, message, details } = error
      return { id, code, message, ...(details === undefined ? {} : { details }) }
    }
  }

  /** False when this person has done it already. */
  #ack(alarm: AlarmRecord, { by, note }: Happened & { readonly by: Actor }, now: number): boolean {
    const { row, overlay } = alarm
    const acked = parsed<Acked>(row.acked_json)
    if (acked !== undefined && !isUnacknowledged(lifeOf(row))) {
      if (acked.by.id === by.id) return false
      throw new AppError('CONFLICT', `${acked.by.displayName} acknowledged it at ${instant(acked.at)}`, {
        details: { by: personOf(acked.by), at: instant(acked.at) },
      })
    }
    if (overlay !== undefined) throw refused('hidden', `it is ${overlay}`)
    if (typeof alarm.apply('ack') === 'string')
      throw refused('nothing-to-acknowledge', 'there is nothing to acknowledge: it is over')
    row.acked_json = JSON.stringify({ by, at: now } satisfies Acked)
    alarm.happened('acknowledged', now, { by, note })
    return true
  }

  /** Puts it aside for a time, or asks a second person to when that is long. Never what lives depend on. */
  async shelve(id: string, request: ShelveRequest, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      const { row, key, overlay } = alarm
      if (row.life_safety === 1)
        throw refused('life-safety', 'fire, gas, CO and one-key alarms are never shelved')
      if (overlay !== undefined) throw refused('already-hidden', `it is ${overlay}`)
      if (key.pending_json !== null) throw refused('waiting', 'something waits for a second person already')
      if (!alarm.isCurrent || tabOf(standingOf(alarm)) === 'history') throw refused('over', 'it is over')
      const minutes = shelfMinutes(request, now, this.#options.settings.shifts)
      const { reason } = request
      by.audit.note({ after: { minutes, reason } })
      if (minutes > aloneMinutes) {
        const asked = { what: 'shelve', minutes, reason, by: by.actor, at: now } as const
        return ask(alarm, asked, now)
      }
      shelve(alarm, { by: by.actor, at: now, until: now + minutes * minuteMs, reason }, now)
      return true
    })
  }

  async unshelve(id: string, note: string | undefined, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      if (!alarm.isCurrent || alarm.key.shelved_until === null)
        throw refused('not-shelved', 'it is not shelved')
      unshelve(alarm, now, { by: by.actor, note })
      return true
    })
  }

  /** Asks a second person. Until then nothing changes. */
  async takeOutOfService(id: string, { reason, permit }: OutOfServiceRequest, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      if (alarm.key.service_json !== null) throw refused('already-hidden', 'it is out of service')
      if (alarm.key.pending_json !== null)
        throw refused('waiting', 'something waits for a second person already')
      by.audit.note({ after: { reason, permit } })
      alarm.key.occurrence ??= alarm.row.occurrence
      return ask(alarm, { what: 'out-of-service', permit, reason, by: by.actor, at: now }, now)
    })
  }

  async returnToService(id: string, note: string | undefined, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      if (!alarm.isCurrent || alarm.key.service_json === null)
        throw refused('not-out-of-service', 'it is not out of service')
      alarm.key.service_json = null
      alarm.reveal('in-service', now, { by: by.actor, note })
      return true
    })
  }

  /** Says yes or no to what another person asked for. */
  async decide(
    id: string,
    { approve, note }: { readonly approve: boolean; readonly note?: string | undefined },
    by: By,
  ): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      const { key } = alarm
      const pending = parsed<Pending>(key.pending_json)
      if (pending === undefined) throw refused('nothing-waits', 'nothing waits for a second person')
      if (approve && pending.by.id === by.actor.id)
        throw refused('same-person', 'it needs somebody other than the person who asked')
      by.audit.note({ before: pending, after: { approve, note } })
      key.pending_json = null
      alarm.happened(approve ? 'approved' : 'declined', now, { by: by.actor, note })
      if (approve) carryOut(alarm, { pending, approvedBy: by.actor }, now)
      return true
    })
  }

  async comment(id: string, note: string, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      alarm.happened('commented', now, { by: by.actor, note })
      return true
    })
  }

  /** `undefined`: nobody any more. */
  async assign(id: string, to: Actor | undefined, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      by.audit.note({ before: parsed<Actor>(alarm.row.assigned_json), after: personOf(to) })
      if (tabOf(standingOf(alarm)) === 'history') throw refused('over', 'it is over')
      alarm.row.assigned_json = to === undefined ? null : JSON.stringify(to)
      alarm.happened('assigned', now, { by: by.actor, detail: to?.displayName })
      return true
    })
  }

  /** Ticks a step of the procedure, or takes the tick back. Again is no change. */
  async tick(
    id: string,
    { step, done }: { readonly step: string; readonly done: boolean },
    by: By,
  ): Promise<void> {
    await this.#act(id, by, async (alarm, now, trx) => {
      if (!isProcedureStep(this.#options.procedureOf(alarm.row), step))
        throw new AppError('NOT_FOUND', `its procedure has no step ${step}`)
      const { gateway, occurrence } = alarm.row
      const tick = { gateway, occurrence, step }
      const changed = done
        ? await trx
            .insertInto('alarm_ticks')
            .values({ ...tick, at: now, by_json: JSON.stringify(by.actor) })
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst()
            .then(({ numInsertedOrUpdatedRows = 0n }) => numInsertedOrUpdatedRows > 0n)
        : await trx
            .deleteFrom('alarm_ticks')
            .where('gateway', '=', gateway)
            .where('occurrence', '=', occurrence)
            .where('step', '=', step)
            .executeTakeFirst()
            .then(({ numDeletedRows }) => numDeletedRows > 0n)
      if (changed) alarm.happened(done ? 'ticked' : 'unticked', now, { by: by.actor, detail: step })
      return changed
    })
  }

  async photograph(
    id: string,
    {
      type,
      digest,
      content,
    }: { readonly type: string; readonly digest: string; readonly content: Uint8Array },
    by: By,
  ): Promise<void> {
    await this.#act(id, by, async (alarm, now, trx) => {
      by.audit.note({ after: { type, digest, bytes: content.length } })
      const { gateway, occurrence } = alarm.row
      const { numInsertedOrUpdatedRows = 0n } = await trx
        .insertInto('alarm_photos')
        .values({ gateway, occurrence, type, digest, content, at: now, by_json: JSON.stringify(by.actor) })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows > 0n) alarm.happened('photographed', now, { by: by.actor, detail: digest })
      return numInsertedOrUpdatedRows > 0n
    })
  }

  async reset(id: string, note: string | undefined, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      if (typeof alarm.apply('reset') === 'string')
        throw refused('not-latched', 'only what is latched and acknowledged is reset')
      alarm.happened('reset', now, { by: by.actor, note })
      return true
    })
  }

  /** What it turned out to be. What nobody has acknowledged is acknowledged by it; what is still on stays on the screen. */
  async close(id: string, { outcome, note }: CloseRequest, by: By): Promise<void> {
    await this.#act(id, by, (alarm, now) => {
      const { row } = alarm
      by.audit.note({ after: { outcome, note } })
      if (row.closed_json !== null) throw refused('closed', 'it is closed')
      if (isLatched(lifeOf(row))) throw refused('latched', 'it is latched: acknowledge and reset it first')
      if (isUnacknowledged(lifeOf(row))) this.#ack(alarm, { by: by.actor }, now)
      else if (alarm.overlay !== undefined) throw refused('hidden', `it is ${alarm.overlay}`)
      else if (row.acked_json === null && !isActive(lifeOf(row))) throw refused('over', 'it is over')
      row.closed_json = JSON.stringify({ by: by.actor, at: now, outcome, note } satisfies Closed)
      alarm.happened('closed', now, { by: by.actor, note, detail: outcome })
      return true
    })
  }

  async #act(
    id: string,
    { audit }: By,
    work: (alarm: AlarmRecord, now: number, trx: Database) => boolean | Promise<boolean>,
  ): Promise<void> {
    await this.#options.db.transaction().execute(async (trx) => {
      const alarm = await AlarmRecord.load(trx, id)
      audit.note({ target: id, before: { life: alarm.row.life } })
      if (await work(alarm, this.#options.clock.now(), trx)) await this.#save(trx, alarm)
      await audit.write(trx)
    })
  }

  async #save(trx: Database, alarm: AlarmRecord): Promise<void> {
    const { schedule, realarms } = this.#options.settings
    await alarm.save(trx, schedule, realarms)
  }
}

function standingOf(alarm: AlarmRecord) {
  const { row, overlay } = alarm
  const [isAcknowledged, isClosed] = [row.acked_json !== null, row.closed_json !== null]
  return { life: lifeOf(row), overlay, isAcknowledged, isClosed }
}

function ask(alarm: AlarmRecord, pending: Pending, now: number): true {
  alarm.key.pending_json = JSON.stringify(pending)
  alarm.happened('asked', now, { by: pending.by, note: pending.reason, detail: pending.what })
  return true
}

function carryOut(
  alarm: AlarmRecord,
  { pending, approvedBy }: { readonly pending: Pending; readonly approvedBy: Actor },
  now: number,
): void {
  const { by, reason } = pending
  if (pending.what === 'shelve') {
    const until = now + pending.minutes * minuteMs
    shelve(alarm, { by, at: now, until, reason, approvedBy }, now)
  } else {
    const service: Service = { by, at: now, reason, permit: pending.permit, approvedBy }
    alarm.key.service_json = JSON.stringify(service)
    alarm.happened('out-of-service', now, { by, note: reason, detail: pending.permit })
  }
}

function shelve(alarm: AlarmRecord, shelf: Shelf, now: number): void {
  alarm.key.shelved_until = shelf.until
  alarm.key.shelf_json = JSON.stringify(shelf)
  alarm.happened('shelved', now, { by: shelf.by, note: shelf.reason, detail: instant(shelf.until) })
}

/** Also what the clock does when the time is over. */
export function unshelve(alarm: AlarmRecord, now: number, more: Happened = {}): void {
  alarm.key.shelved_until = null
  alarm.key.shelf_json = null
  alarm.reveal('unshelved', now, more)
}

function refused(reason: Refusal, message: string): AppError {
  return new AppError('ALARM_REFUSED', message, { details: { reason } })
}
