import { optional } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { May } from '#contract/alarm-life.ts'
import type { Alarm, AlarmDetail, AlarmFloods } from '#contract/api/alarms.ts'
import { AlarmActs } from './alarm-acts.ts'
import { AlarmClockwork, type ClockworkOptions } from './alarm-clockwork.ts'
import { AlarmIntake, type AlarmTold } from './alarm-intake.ts'
import { splitId, unknownAlarm } from './alarm-record.ts'
import { type AlarmInPlace, AlarmRepository, type AlarmSearch } from './alarm-repository.ts'
import { alarmView, done, stepView } from './alarm-view.ts'
import { procedureOf } from './procedures.ts'
import { type Actor, parsed, type StoredAlarm } from './stored-alarm.ts'
import { camerasNear } from './surroundings.ts'

export type AlarmServiceOptions = ClockworkOptions

/** The alarms of all gateways over their whole life, after ISA-18.2. */
export class AlarmService implements AsyncDisposable {
  readonly acts: AlarmActs
  readonly #options: AlarmServiceOptions
  readonly #alarms: AlarmRepository
  readonly #clockwork: AlarmClockwork
  readonly #intake: AlarmIntake

  constructor(options: AlarmServiceOptions) {
    const { db, clock, settings } = options
    this.#options = options
    this.#alarms = new AlarmRepository(db)
    this.#clockwork = new AlarmClockwork(options)
    this.acts = new AlarmActs({ db, clock, settings, procedureOf })
    this.#intake = new AlarmIntake({
      lateMs: settings.lateMs,
      schedule: settings.schedule,
      realarms: settings.realarms,
      suppressedBy: (alarm) => this.#clockwork.suppressorOf(alarm),
    })
  }

  async start(): Promise<void> {
    await this.#clockwork.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clockwork[Symbol.asyncDispose]()
  }

  /** Stores what gateways tell, in the transaction that notes it as received. Call `wake` after the commit. */
  async store(trx: Database, told: readonly AlarmTold[], now: number): Promise<void> {
    await this.#intake.store(trx, told, now)
  }

  /** Tells what was committed. Neither throws nor waits. */
  wake(): void {
    this.#clockwork.wake()
  }

  floods(): AlarmFloods['items'] {
    return this.#clockwork.floods()
  }

  async search(search: AlarmSearch): Promise<AlarmInPlace[]> {
    return await this.#alarms.search(search)
  }

  /** Throws AppError NOT_FOUND. */
  async byId(id: string): Promise<AlarmInPlace> {
    const row = await this.#alarms.byKey(...splitId(id))
    if (row === undefined) throw unknownAlarm(id)
    return row
  }

  async view(id: string, may: May): Promise<Alarm> {
    return alarmView(await this.byId(id), may)
  }

  async detail(row: AlarmInPlace, may: May): Promise<AlarmDetail> {
    const { db, settings } = this.#options
    const [steps, ticks, photos] = await Promise.all([
      this.#alarms.history(row.gateway, row.occurrence),
      ticksOf(db, row),
      photosOf(db, row),
    ])
    return {
      ...alarmView(row, may),
      history: steps.map(stepView),
      procedure: procedureOf(row).map(({ id, title }) => ({
        ...{ id, title },
        ...optional('done', ticks.get(id)),
      })),
      cameras: await camerasNear(db, row, settings.cameraLinks),
      photos,
    }
  }

  async photo(row: AlarmInPlace, digest: string) {
    return await this.#options.db
      .selectFrom('alarm_photos')
      .select(['type', 'content'])
      .where('gateway', '=', row.gateway)
      .where('occurrence', '=', row.occurrence)
      .where('digest', '=', digest)
      .executeTakeFirst()
  }
}

type Id = Pick<StoredAlarm, 'gateway' | 'occurrence'>

async function ticksOf(db: Database, { gateway, occurrence }: Id) {
  const rows = await db
    .selectFrom('alarm_ticks')
    .selectAll()
    .where('gateway', '=', gateway)
    .where('occurrence', '=', occurrence)
    .execute()
  return new Map(rows.map(({ step, at, by_json }) => [step, doneBy(by_json, at)]))
}

async function photosOf(db: Database, { gateway, occurrence }: Id) {
  const rows = await db
    .selectFrom('alarm_photos')
    .select(['digest', 'type', 'at', 'by_json'])
    .where('gateway', '=', gateway)
    .where('occurrence', '=', occurrence)
    .orderBy('at')
    .execute()
  return rows.map(({ digest, type, at, by_json }) => ({ digest, type, ...doneBy(by_json, at) }))
}

function doneBy(json: string, at: number) {
  const by = parsed<Actor>(json)
  if (by === undefined) throw new Error('a person is missing')
  return done({ by, at })
}
