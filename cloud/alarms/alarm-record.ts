import type { Database } from '#cloud/state/database.ts'
import { type LifeEvent, next, type Overlay, type StepWord, type Transition } from '#contract/alarm-life.ts'
import { AppError } from '#contract/errors.ts'
import { saveKeys, saveRows } from './alarm-intake.ts'
import { dueAt, type Realarms, type Schedule } from './escalation.ts'
import { timedOf } from './intake-plan.ts'
import {
  type Actor,
  contextOf,
  lifeOf,
  overlayOf,
  type StoredAlarm,
  type StoredKey,
  type StoredStep,
  untold,
} from './stored-alarm.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export type Happened = {
  readonly by?: Actor | undefined
  readonly note?: string | undefined
  readonly detail?: string | undefined
  readonly isCounted?: boolean
}

/** One occurrence in the hands of a transaction: changed in memory, then saved with its history. */
export class AlarmRecord {
  readonly row: Mutable<StoredAlarm>
  readonly key: Mutable<StoredKey>
  readonly #steps: StoredStep[] = []

  constructor(row: StoredAlarm, key: StoredKey) {
    this.row = { ...row }
    this.key = { ...key }
  }

  /** Throws AppError NOT_FOUND. */
  static async load(trx: Database, id: string): Promise<AlarmRecord> {
    const [gateway, occurrence] = splitId(id)
    const row = await trx
      .selectFrom('alarm_events')
      .selectAll()
      .where('gateway', '=', gateway)
      .where('occurrence', '=', occurrence)
      .executeTakeFirst()
    if (row === undefined) throw unknownAlarm(id)
    return new AlarmRecord(row, await keyOf(trx, row))
  }

  get isCurrent(): boolean {
    return this.key.occurrence === this.row.occurrence
  }

  get overlay(): Overlay | undefined {
    return this.isCurrent ? overlayOf(this.key) : undefined
  }

  apply(event: LifeEvent): Transition {
    const step = next(lifeOf(this.row), event, contextOf(this.row, this.overlay !== undefined))
    if (typeof step === 'object') this.row.life = step.to
    return step
  }

  happened(what: StepWord, now: number, { by, note, detail, isCounted = false }: Happened = {}): void {
    const { gateway, occurrence, life } = this.row
    this.row.steps += 1
    this.row.untold |= untold.change
    this.#steps.push({
      ...{ gateway, occurrence, n: this.row.steps, at: now, what, life, counted: Number(isCounted) },
      by_json: by === undefined ? null : JSON.stringify(by),
      note: note ?? null,
      detail_json: detail === undefined ? null : JSON.stringify(detail),
    })
  }

  /** People are called for it, from the beginning. */
  call(now: number): void {
    Object.assign(this.row, { annunciated_at: now, quiet: null, acked_json: null, escalated: 0 })
    this.row.untold |= untold.annunciated
  }

  /** An overlay has ended. What is still on calls people; what is over is over. */
  reveal(what: StepWord, now: number, more: Happened = {}): void {
    const step = this.overlay === undefined ? this.apply('reveal') : 'ignored'
    const isNew = typeof step === 'object' && step.calls === 'new'
    if (isNew) this.call(now)
    this.happened(what, now, { ...more, isCounted: isNew })
  }

  async save(trx: Database, schedule: Schedule, realarms: Realarms): Promise<void> {
    this.row.due_at = dueAt(timedOf(this.row, this.overlay !== undefined), schedule, realarms)
    await saveRows(trx, [this.row])
    await saveKeys(trx, [this.key])
    if (this.#steps.length > 0) await trx.insertInto('alarm_history').values(this.#steps).execute()
  }
}

export function unknownAlarm(id: string): AppError {
  return new AppError('NOT_FOUND', `there is no alarm ${id}`)
}

/** An occurrence may have anything in it but what ends a gateway's id. */
export function splitId(id: string): [gateway: string, occurrence: string] {
  const slash = id.indexOf('/')
  return [id.slice(0, Math.max(0, slash)), id.slice(slash + 1)]
}

async function keyOf(trx: Database, { gateway, rule, point, occurrence }: StoredAlarm): Promise<StoredKey> {
  const known = await trx
    .selectFrom('alarm_keys')
    .selectAll()
    .where('gateway', '=', gateway)
    .where('rule', '=', rule)
    .where('point', '=', point)
    .executeTakeFirst()
  return (
    known ?? {
      ...{ gateway, rule, point, occurrence, activations_json: '[]', shelved_until: null, shelf_json: null },
      ...{ service_json: null, suppressed_by: null, suppressed_at: null, pending_json: null },
    }
  )
}
