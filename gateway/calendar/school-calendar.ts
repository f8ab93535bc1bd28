import type { Calendar, CalendarMessage, CalendarReport, Period } from '#contract/calendar.ts'
import { nextChange } from '#contract/calendar-change.ts'
import {
  type DayFacts,
  dayOf,
  type ExamQuestion,
  type Group,
  isExamLock,
  isLesson,
  isNight,
  periodAt,
} from '#contract/calendar-day.ts'
import { isZone } from '#contract/wall-clock.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { type KeptCalendar, readCalendar, writeCalendar } from './calendar-file.ts'

/** What rules ask. `undefined`: the gateway has no calendar yet, and nothing may be concluded from that. */
export interface CalendarQuestions {
  today(): DayFacts | undefined
  period(group?: Group): Period | undefined
  isLesson(group?: Group): boolean | undefined
  isNight(): boolean | undefined
  isExamLock(question?: ExamQuestion): boolean | undefined
  /** The first instant at which one of the answers is another. */
  nextChange(): number | undefined
}

export type CalendarOptions = {
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
}

/** The school calendar of this gateway: kept on disk, answered from memory, the same with and without the cloud. */
export class SchoolCalendar implements CalendarQuestions {
  readonly #options: CalendarOptions
  #kept: KeptCalendar | undefined
  #refused: CalendarReport['refused']
  #writing: Promise<void> = Promise.resolve()

  private constructor(options: CalendarOptions, kept: KeptCalendar | undefined) {
    this.#options = options
    this.#kept = kept
  }

  /** A file that cannot be read is said and left out: the cloud sends the calendar again. */
  static async open(options: CalendarOptions): Promise<SchoolCalendar> {
    const read = await readCalendar(options.file)
    if (!read.ok) options.log.error({ reason: read.reason }, 'school calendar not read')
    return new SchoolCalendar(options, read.ok ? read.kept : undefined)
  }

  get version(): string | undefined {
    return this.#kept?.version
  }

  /** On disk when it resolves, and only then what is answered. One that is there already changes nothing. */
  async take({ version, calendar }: Pick<CalendarMessage, 'version' | 'calendar'>): Promise<void> {
    const work = this.#writing.then(() => this.#take({ version, calendar }))
    // The next one does not fail because this one did.
    this.#writing = work.catch(() => {})
    await work
  }

  report(): CalendarReport {
    const { clock } = this.#options
    const kept = this.#kept === undefined ? {} : { version: this.#kept.version }
    const refused = this.#refused === undefined ? {} : { refused: this.#refused }
    return { v: 1, kind: 'calendar', at: clock.now(), ...kept, ...refused }
  }

  today(): DayFacts | undefined {
    return this.#ask((calendar, now) => dayOf(calendar, now))
  }

  period(group?: Group): Period | undefined {
    return this.#ask((calendar, now) => periodAt(calendar, now, group))
  }

  isLesson(group?: Group): boolean | undefined {
    return this.#ask((calendar, now) => isLesson(calendar, now, group))
  }

  isNight(): boolean | undefined {
    return this.#ask((calendar, now) => isNight(calendar, now))
  }

  isExamLock(question?: ExamQuestion): boolean | undefined {
    return this.#ask((calendar, now) => isExamLock(calendar, now, question))
  }

  nextChange(): number | undefined {
    return this.#ask((calendar, now) => nextChange(calendar, now))
  }

  #ask<T>(question: (calendar: Calendar, now: number) => T): T | undefined {
    const { calendar } = this.#kept ?? {}
    return calendar ? question(calendar, this.#options.clock.now()) : undefined
  }

  async #take(given: KeptCalendar): Promise<void> {
    const { file, log } = this.#options
    // The zones of this machine may be older than those of the cloud.
    if (given.calendar !== null && !isZone(given.calendar.zone)) {
      const reason = `this machine does not know the time zone ${given.calendar.zone}`
      this.#refused = { version: given.version, reason }
      log.error({ version: given.version, reason }, 'school calendar refused')
      return
    }
    if (given.version !== this.#kept?.version) {
      await writeCalendar(file, given)
      this.#kept = given
      log.info({ version: given.version }, 'school calendar changed')
    }
    this.#refused = undefined
  }
}
