/**
 * The school calendar: when there is school, lessons, an examination, night. A place says a part of it; what holds at a campus is
 * worked out of its own part and those above it (`calendar-merge.ts`). `calendar-day.ts` answers for an instant.
 */
import { type Static, type TUnsafe, Type } from 'typebox'
import { type Stage, stageNames } from './organisation.ts'
import { LocalText } from './text.ts'

const closed = { additionalProperties: false } as const

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
}

/** A day of the site's wall calendar. */
export const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', examples: ['2026-09-01'] })
/** `24:00` ends a day. */
export const WallTime = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$', examples: ['08:00'] })
/** On the site's clock, without a zone. */
export const WallInstant = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T([01]\\d|2[0-3]):[0-5]\\d$',
  examples: ['2026-06-07T07:00'],
})
/** 1 is Monday, 7 Sunday. */
export const Weekday = Type.Integer({ minimum: 1, maximum: 7, description: '1 Monday … 7 Sunday' })
/** 1–6 小学, 7–9 初中, 10–12 高中. */
export const Grade = Type.Integer({ minimum: 1, maximum: 12 })
const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
const Place = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}$' })

/** 学期. Week 1 is the week of the first day; weeks begin on Monday. */
export const Term = Type.Object({ id: Name, name: LocalText, first: Day, last: Day }, closed)
export type Term = Static<typeof Term>

export const Holiday = Type.Object({ name: LocalText, first: Day, last: Day }, closed)
export type Holiday = Static<typeof Holiday>

/** 调休: a day of a weekend that follows the timetable of another weekday. */
export const MakeUpDay = Type.Object({ day: Day, follows: Weekday, name: Type.Optional(LocalText) }, closed)
export type MakeUpDay = Static<typeof MakeUpDay>

export const periodKinds = ['lesson', 'break', 'exercise', 'meal', 'self-study', 'other'] as const
export type PeriodKind = (typeof periodKinds)[number]

/** From `start` on, `end` not included, on the wall clock. */
export const Period = Type.Object(
  { id: Name, name: LocalText, kind: oneOf<PeriodKind>(periodKinds), start: WallTime, end: WallTime },
  closed,
)
export type Period = Static<typeof Period>

/** 作息时间表. Without stages and grades it is everybody's; that of a grade goes before that of a stage, and that before everybody's. */
export const Timetable = Type.Object(
  {
    id: Name,
    name: LocalText,
    stages: Type.Optional(Type.Array(oneOf<Stage>(stageNames), { uniqueItems: true, maxItems: 7 })),
    grades: Type.Optional(Type.Array(Grade, { uniqueItems: true, maxItems: 12 })),
    weekdays: Type.Array(Weekday, { uniqueItems: true, minItems: 1, maxItems: 7 }),
    periods: Type.Array(Period, { maxItems: 60 }),
  },
  closed,
)
export type Timetable = Static<typeof Timetable>

export const lockedThings = ['lighting', 'bell', 'network'] as const
export type LockedThing = (typeof lockedThings)[number]

/** 考试: from `from` on, `to` not included, nothing of `locks` may be changed. Without places it is the whole campus. */
export const Exam = Type.Object(
  {
    id: Name,
    name: LocalText,
    from: WallInstant,
    to: WallInstant,
    places: Type.Optional(Type.Array(Place, { minItems: 1, maxItems: 500 })),
    grades: Type.Optional(Type.Array(Grade, { uniqueItems: true, minItems: 1, maxItems: 12 })),
    locks: Type.Array(oneOf<LockedThing>(lockedThings), { uniqueItems: true, minItems: 1, maxItems: 3 }),
  },
  closed,
)
export type Exam = Static<typeof Exam>

/** From the evening to the morning; equal times: there is no night. */
export const Night = Type.Object({ from: WallTime, to: WallTime }, closed)
export type Night = Static<typeof Night>

const ZoneName = Type.String({ minLength: 1, maxLength: 60, examples: ['Asia/Shanghai'] })
const lists = {
  terms: Type.Array(Term, { maxItems: 20 }),
  holidays: Type.Array(Holiday, { maxItems: 200 }),
  makeUpDays: Type.Array(MakeUpDay, { maxItems: 200 }),
  timetables: Type.Array(Timetable, { maxItems: 40 }),
  exams: Type.Array(Exam, { maxItems: 200 }),
}

/** What holds at one place. */
export const Calendar = Type.Object({ zone: ZoneName, ...lists, night: Night }, closed)
export type Calendar = Static<typeof Calendar>

/** What one place says itself; what it leaves out comes from above. */
export const CalendarPart = Type.Object(
  {
    zone: Type.Optional(ZoneName),
    terms: Type.Optional(lists.terms),
    holidays: Type.Optional(lists.holidays),
    makeUpDays: Type.Optional(lists.makeUpDays),
    timetables: Type.Optional(lists.timetables),
    exams: Type.Optional(lists.exams),
    night: Type.Optional(Night),
  },
  closed,
)
export type CalendarPart = Static<typeof CalendarPart>

/** Where nobody said anything. */
export const emptyCalendar: Calendar = {
  zone: 'Asia/Shanghai',
  ...{ terms: [], holidays: [], makeUpDays: [], timetables: [], exams: [] },
  night: { from: '22:00', to: '06:00' },
}

/** Names these contents: another one is another calendar. */
const Version = Type.String({ pattern: '^[0-9a-f]{16}$' })

/** On `down/calendar`: what holds at the gateway's place from now on; `null`: nothing any more. An equal version changes nothing. */
export const CalendarMessage = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('calendar'),
    version: Version,
    calendar: Type.Union([Calendar, Type.Null()]),
  },
  closed,
)
export type CalendarMessage = Static<typeof CalendarMessage>

/** On `up/state`, after every birth and after every change: the calendar that is on the gateway's disk. */
export const CalendarReport = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('calendar'),
    at: Type.Integer(),
    /** Absent: it has none. */
    version: Type.Optional(Version),
    /** Why it does not keep the one that came last. */
    refused: Type.Optional(
      Type.Object({ version: Version, reason: Type.String({ maxLength: 500 }) }, closed),
    ),
  },
  closed,
)
export type CalendarReport = Static<typeof CalendarReport>
