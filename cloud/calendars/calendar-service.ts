import { badRequest } from '#cloud/http/bad-request.ts'
import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { CalendarDraft, GatewayCalendar, HolidayImport, PlaceCalendar } from '#contract/api/calendars.ts'
import type { FieldProblem } from '#contract/api/common.ts'
import type { User } from '#contract/api/session.ts'
import type { Calendar, CalendarMessage, CalendarPart, CalendarReport } from '#contract/calendar.ts'
import { calendarProblems } from '#contract/calendar-problems.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { CalendarRepository, type GatewaySearch, type PlacedGateway } from './calendar-repository.ts'
import { effectiveOf, versionOf } from './effective.ts'
import { stateOfGateway } from './gateway-state.ts'
import type { HolidayYear } from './holiday-file.ts'

export type CalendarServiceOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  /** False when the gateway is away: then nothing was sent. */
  readonly send: (gateway: string, message: CalendarMessage) => Promise<boolean>
}

/** Who changes it. */
export type CalendarAuthor = { readonly user: User; readonly audit: ChangeAudit }

export type ImportWish = {
  readonly year: number
  readonly version: number
  readonly dryRun: boolean
  readonly file: HolidayYear
}

type Change = {
  readonly node: string
  /** That it was made from. */
  readonly version: number
  readonly next: (own: CalendarPart | undefined) => CalendarPart | null
  /** For the audit log. */
  readonly facts?: object
}

type Wanted = { readonly version: string; readonly calendar: Calendar | null }

/** A school, or who is above schools: rooms have no calendar of their own. */
const calendarKinds = ['bureau', 'district', 'campus']
const sendAgainMs = 30_000
const nothing: Wanted = { version: versionOf(null), calendar: null }
/** Different calendars in memory; many schools share that of their district. */
const maxKnown = 500

/**
 * School calendars: parts of places, and gateways that are to have what holds at theirs. A gateway is sent its calendar when it
 * says that it has another one, and again every half minute until it says it has this one.
 */
export class CalendarService implements AsyncDisposable {
  readonly #options: CalendarServiceOptions
  readonly #calendars: CalendarRepository
  readonly #stop = new AbortController()
  readonly #known = new Map<string, Wanted>()
  #loop: Promise<void> = Promise.resolve()

  constructor(options: CalendarServiceOptions) {
    this.#options = options
    this.#calendars = new CalendarRepository(options.db)
  }

  start(): void {
    this.#loop = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  /** Throws AppError NOT_FOUND where there is no such place. */
  async view(node: string): Promise<PlaceCalendar> {
    const way = await this.#calendars.way(node)
    const row = await this.#calendars.find(node)
    if (way.length === 0) throw noPlace(node)
    const { calendar, sources, version } = effectiveOf(way)
    return {
      node,
      version: row?.version ?? 0,
      ...optional('own', partOf(row?.part_json)),
      ...optionalInstant('changedAt', row?.changed_at),
      ...optional('changedBy', row?.display_name),
      calendar,
      ...optional('calendarVersion', version),
      sources: {
        ...sources,
        ...{
          holidays: [...sources.holidays],
          makeUpDays: [...sources.makeUpDays],
          exams: [...sources.exams],
        },
      },
      places: way.map(({ id, kind, title_zh, title_en }) => ({
        ...{ id, kind },
        title: { ...optional('zh', title_zh), ...optional('en', title_en) },
      })),
    }
  }

  /** Resolves when it is stored and on its way to the gateways that are there. */
  async put(node: string, { version, part }: CalendarDraft, author: CalendarAuthor): Promise<PlaceCalendar> {
    await this.#change({ node, version, next: () => part }, author)
    return await this.view(node)
  }

  async delete(node: string, version: number, author: CalendarAuthor): Promise<void> {
    const next = (own: CalendarPart | undefined): null => {
      if (own === undefined) throw new AppError('NOT_FOUND', `${node} has no calendar of its own`)
      return null
    }
    await this.#change({ node, version, next }, author)
  }

  /** The holidays and make-up days of a year become those of the file; a dry run says so and changes nothing. */
  async import(node: string, wish: ImportWish, author: CalendarAuthor): Promise<HolidayImport> {
    const { year, version, dryRun, file } = wish
    const { holidays, makeUpDays, problems } = file
    const own = partOf((await this.#calendars.find(node))?.part_json)
    const kept = withoutYear(own, year)
    const replaced =
      (own?.holidays?.length ?? 0) +
      (own?.makeUpDays?.length ?? 0) -
      kept.holidays.length -
      kept.makeUpDays.length
    const shown = { holidays: [...holidays], makeUpDays: [...makeUpDays], replaced, problems: [...problems] }
    const facts = { dryRun, year, holidays: holidays.length, makeUpDays: makeUpDays.length, replaced }
    author.audit.note({ after: facts })
    if (dryRun) {
      const part = merged(own, year, file)
      const more = problems.length > 0 ? [] : await this.#problems(node, part, this.#calendars)
      return { applied: false, version, ...shown, problems: [...problems, ...more] }
    }
    if (problems.length > 0) throw badRequest(problems)
    const next = (before: CalendarPart | undefined) => merged(before, year, file)
    await this.#change({ node, version, next, facts }, author)
    return { applied: true, version: version + 1, ...shown }
  }

  /** What gateways at these places have, and what they are to have. */
  async gateways(search: GatewaySearch): Promise<GatewayCalendar[]> {
    const rows = await this.#calendars.gateways(search)
    const wanted = await this.#wantedAt(rows)
    return rows.map((row) => {
      const { version } = wanted(row.place)
      const state = stateOfGateway(version, nothing.version, row)
      return {
        gateway: row.id,
        title: { ...optional('zh', row.title_zh), ...optional('en', row.title_en) },
        node: row.place,
        connected: row.connected === 1,
        state,
        ...optional('version', row.version === nothing.version ? null : row.version),
        ...optional('wanted', version === nothing.version ? null : version),
        ...optional('reportedAt', row.at === null ? null : instant(row.at)),
        ...optional('reason', state === 'refused' ? row.refused_reason : null),
      }
    })
  }

  /** A gateway says what it has: another one than it is to have is answered with that. */
  async heard(gateway: string, report: CalendarReport): Promise<void> {
    await this.#calendars.keepReport(gateway, report, this.#options.clock.now())
    await this.#sendWaiting({ gateway })
  }

  /** Something stands elsewhere now. */
  async placesChanged(): Promise<void> {
    await this.#sendWaiting({})
  }

  async #change(change: Change, { user, audit }: CalendarAuthor): Promise<void> {
    const { node, version, next, facts = {} } = change
    const { db, clock, log } = this.#options
    await db.transaction().execute(async (trx) => {
      const calendars = new CalendarRepository(trx)
      const before = await calendars.find(node)
      const part = next(partOf(before?.part_json))
      audit.note({
        before: { version: before?.version ?? 0, part: partOf(before?.part_json) ?? null },
        after: { ...facts, version: version + 1, part },
      })
      if ((before?.version ?? 0) !== version) throw conflict(before, version)
      if (part !== null) refuseFor(await this.#problems(node, part, calendars))
      await calendars.put({
        ...{ node, version: version + 1, part_json: part === null ? null : JSON.stringify(part) },
        ...{ changed_at: clock.now(), username: user.username, display_name: user.displayName },
      })
      await audit.write(trx)
    })
    log.info({ node, version: version + 1, by: user.username }, 'school calendar changed')
    await this.#sendWaiting({ node })
  }

  async #problems(node: string, part: CalendarPart, calendars: CalendarRepository): Promise<FieldProblem[]> {
    const place = (await calendars.way(node)).at(-1)
    if (place === undefined) throw noPlace(node)
    const places = part.exams?.flatMap((exam) => exam.places ?? []) ?? []
    const known = await calendars.below(node, places)
    const strange = (part.exams ?? []).flatMap((exam, i) =>
      (exam.places ?? []).flatMap((one, j) =>
        known.has(one)
          ? []
          : [{ path: `exams[${i}].places[${j}]`, message: `${one} is no place of ${node}` }],
      ),
    )
    const kind = calendarKinds.includes(place.kind)
      ? []
      : [{ path: 'node', message: `a ${place.kind} has no calendar of its own: give it to its campus` }]
    return [...kind, ...calendarProblems(part), ...strange]
  }

  async #sendWaiting(search: Pick<GatewaySearch, 'gateway' | 'node'>): Promise<void> {
    const rows = await this.#calendars.gateways({ ...search, connected: true })
    const wanted = await this.#wantedAt(rows)
    for (const row of rows) {
      const { version, calendar } = wanted(row.place)
      if (stateOfGateway(version, nothing.version, row) !== 'waiting') continue
      await this.#options.send(row.id, { v: 1, kind: 'calendar', version, calendar })
    }
  }

  /** Reads each different calendar once. */
  async #wantedAt(gateways: readonly PlacedGateway[]): Promise<(place: string) => Wanted> {
    const places = [...new Set(gateways.map(({ place }) => place))]
    const parts = Map.groupBy(await this.#calendars.partsAt(places), ({ place }) => place)
    const found = new Map<string, Wanted>()
    for (const place of places) {
      const way = parts.get(place)
      if (way !== undefined)
        found.set(
          place,
          await this.#wanted(place, way.map(({ node, version }) => `${node}:${version}`).join('/')),
        )
    }
    return (place) => found.get(place) ?? nothing
  }

  async #wanted(place: string, key: string): Promise<Wanted> {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const { calendar, version } = effectiveOf(await this.#calendars.way(place))
    const wanted = version === undefined ? nothing : { calendar, version }
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(key, wanted)
    return wanted
  }

  /** A message that was lost on the way to a gateway that stayed connected. */
  async #run(): Promise<void> {
    const { clock, log } = this.#options
    for (;;) {
      await clock.sleep(sendAgainMs, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      try {
        await this.#sendWaiting({})
      } catch (err) {
        log.error({ err }, 'school calendars not sent again')
      }
    }
  }
}

function merged(own: CalendarPart | undefined, year: number, file: HolidayYear): CalendarPart {
  const kept = withoutYear(own, year)
  return {
    ...own,
    holidays: [...kept.holidays, ...file.holidays].sort((a, b) => (a.first < b.first ? -1 : 1)),
    makeUpDays: [...kept.makeUpDays, ...file.makeUpDays].sort((a, b) => (a.day < b.day ? -1 : 1)),
  }
}

function withoutYear({ holidays = [], makeUpDays = [] }: CalendarPart = {}, year: number) {
  return {
    holidays: holidays.filter(({ first }) => !first.startsWith(`${year}-`)),
    makeUpDays: makeUpDays.filter(({ day }) => !day.startsWith(`${year}-`)),
  }
}

function partOf(json: string | null | undefined): CalendarPart | undefined {
  return json === null || json === undefined ? undefined : (JSON.parse(json) as CalendarPart)
}

function refuseFor(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw badRequest(problems)
}

function noPlace(node: string): AppError {
  return new AppError('NOT_FOUND', `there is no place ${node}`)
}

type Changed = { readonly version: number; readonly display_name: string } | undefined

function conflict(before: Changed, version: number): AppError {
  const now = before?.version ?? 0
  return new AppError(
    'CONFLICT',
    `made from version ${version}, and ${before?.display_name ?? 'somebody'} has made version ${now} meanwhile: look at it first`,
    { details: { version: now } },
  )
}
