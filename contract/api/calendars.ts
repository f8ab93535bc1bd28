import { type Static, Type } from 'typebox'
import { Calendar, CalendarPart, Holiday, MakeUpDay } from '#contract/calendar.ts'
import { LocalText } from '#contract/text.ts'
import { closed, FieldProblem, Instant, listQuery } from './common.ts'
import { NodeId } from './tree.ts'

const Node = Type.String()
const Version = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })

/** `GET /calendars?node=`: what holds at a place, what it says itself, and where the rest comes from. */
export const PlaceCalendar = Type.Object(
  {
    node: Node,
    /** Number of the place's own part; 0: it never had one. A change has to name it. */
    version: Version,
    /** Absent: the place says nothing itself. */
    own: Type.Optional(CalendarPart),
    changedAt: Type.Optional(Instant),
    changedBy: Type.Optional(Type.String()),
    /** What holds here. */
    calendar: Calendar,
    /** Names it on gateways; absent while nobody from here to the top says anything. */
    calendarVersion: Type.Optional(Type.String()),
    /** The place that says it; of a list, one for each entry. Absent: nobody, it is the default. */
    sources: Type.Object(
      {
        zone: Type.Optional(Node),
        terms: Type.Optional(Node),
        timetables: Type.Optional(Node),
        night: Type.Optional(Node),
        holidays: Type.Array(Node),
        makeUpDays: Type.Array(Node),
        exams: Type.Array(Node),
      },
      closed,
    ),
    /** From the top down to the place itself. */
    places: Type.Array(Type.Object({ id: Node, kind: Type.String(), title: LocalText }, closed)),
  },
  closed,
)
export type PlaceCalendar = Static<typeof PlaceCalendar>

export const CalendarQuery = Type.Object({ node: NodeId }, closed)

/** `PUT /calendars/{node}`: everything that the place says; what is left out comes from above. */
export const CalendarDraft = Type.Object({ version: Version, part: CalendarPart }, closed)
export type CalendarDraft = Static<typeof CalendarDraft>

export const CalendarVersionQuery = Type.Object({ version: Version }, closed)

/** `POST /calendars/{node}/import` */
export const HolidayImportQuery = Type.Object(
  {
    /** Only say what would change. */
    dryRun: Type.Optional(Type.Boolean({ default: true })),
    /** The holidays and make-up days of this year are replaced by those of the file. */
    year: Type.Integer({ minimum: 1970, maximum: 2100 }),
    version: Version,
  },
  closed,
)

export const HolidayImport = Type.Object(
  {
    /** False: a dry run. */
    applied: Type.Boolean(),
    /** Of the place's own part, afterwards. */
    version: Version,
    holidays: Type.Array(Holiday),
    makeUpDays: Type.Array(MakeUpDay),
    /** How many entries of the year are there now and would go. */
    replaced: Type.Integer(),
    /** `row 3` of a CSV file, `holidays[2].first` of a JSON file. Nothing is applied while there is one. */
    problems: Type.Array(FieldProblem),
  },
  closed,
)
export type HolidayImport = Static<typeof HolidayImport>

/** `none`: there is no calendar for it; `waiting`: it has not said that it has the newest one. */
export const calendarStates = ['none', 'current', 'waiting', 'refused'] as const

export const GatewayCalendar = Type.Object(
  {
    gateway: Type.String(),
    title: LocalText,
    node: Node,
    connected: Type.Boolean(),
    state: Type.Unsafe<(typeof calendarStates)[number]>(
      Type.Union(calendarStates.map((state) => Type.Literal(state))),
    ),
    /** That it has. */
    version: Type.Optional(Type.String()),
    /** That it is to have. */
    wanted: Type.Optional(Type.String()),
    reportedAt: Type.Optional(Instant),
    /** Why it refuses the newest one. */
    reason: Type.Optional(Type.String()),
  },
  closed,
)
export type GatewayCalendar = Static<typeof GatewayCalendar>

/** `GET /calendars/gateways`: at a place and below. */
export const GatewayCalendarsQuery = Type.Object({ node: Type.Optional(NodeId), ...listQuery }, closed)
export const GatewayCalendarList = Type.Object(
  { items: Type.Array(GatewayCalendar), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type GatewayCalendarList = Static<typeof GatewayCalendarList>
