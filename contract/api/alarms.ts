import { type Static, type TUnsafe, Type } from 'typebox'
import {
  actions,
  lifeStates,
  outcomes,
  overlays,
  quietReasons,
  stepWords,
  tabs,
} from '#contract/alarm-life.ts'
import { ValueSchema } from '#contract/command.ts'
import { Priority } from '#contract/events.ts'
import { LocalText } from '#contract/text.ts'
import { closed, GatewayId, Instant, InstantQuery, listQuery } from './common.ts'

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...words] })
}

export const Person = Type.Object({ username: Type.String(), displayName: Type.String() }, closed)
export type Person = Static<typeof Person>

const Done = { by: Person, at: Instant }

/** 班长 → 学校负责人 → 区县值班: whom an alarm that nobody acknowledges goes to. */
export const escalationTargets = ['lead', 'school-head', 'district'] as const
export const EscalationTarget = oneOf(escalationTargets)
export type EscalationTarget = Static<typeof EscalationTarget>

export const AlarmPending = Type.Object(
  {
    ...Done,
    what: oneOf(['shelve', 'out-of-service'] as const),
    reason: Type.String(),
    minutes: Type.Optional(Type.Integer()),
    permit: Type.Optional(Type.String()),
  },
  closed,
)

/** What a gateway or device that is away hides: its alarms count under it. */
export const AlarmRoot = Type.Object(
  { kind: oneOf(['gateway', 'device'] as const), id: Type.String(), title: LocalText },
  closed,
)
export type AlarmRoot = Static<typeof AlarmRoot>

const CanProperties = Object.fromEntries(actions.map((action) => [action, Type.Boolean()])) as Record<
  (typeof actions)[number],
  ReturnType<typeof Type.Boolean>
>

/** One occurrence of an alarm, from its raise to its end. `id` is `<gateway>/<occurrence>`. */
export const Alarm = Type.Object(
  {
    id: Type.String(),
    gateway: Type.String(),
    rule: Type.String(),
    /** `<gateway>/<device>/<point>`; `<gateway>` alone where the cloud found something wrong with the gateway itself. */
    point: Type.String(),
    priority: Priority,
    title: LocalText,
    /** What its gateway says. */
    state: Type.Union([Type.Literal('raised'), Type.Literal('cleared')]),
    /** Absent while only the clear has arrived. */
    raisedAt: Type.Optional(Instant),
    clearedAt: Type.Optional(Instant),
    /** The value that raised it. */
    value: ValueSchema,
    limit: Type.Optional(Type.Number()),
    /** When the cloud heard of it first. */
    receivedAt: Instant,
    /** Where it is in its life, after ISA-18.2. */
    life: oneOf(lifeStates),
    /** What hides it, when something does. */
    overlay: Type.Optional(oneOf(overlays)),
    /** Grows with everything that happens to it. */
    revision: Type.Integer(),
    lifeSafety: Type.Boolean(),
    /** Stays on until a person resets it. */
    latching: Type.Boolean(),
    /** How often it came without anybody acknowledging it, this time included. */
    count: Type.Integer({ minimum: 1 }),
    /** Three times within a minute. */
    chattering: Type.Boolean(),
    /** When people were called for it; absent where nobody was, and `quiet` says why. */
    annunciatedAt: Type.Optional(Instant),
    quiet: Type.Optional(oneOf(quietReasons)),
    /** Steps of the escalation that are done. */
    escalations: Type.Integer({ minimum: 0 }),
    ack: Type.Optional(Type.Object(Done, closed)),
    assigned: Type.Optional(Person),
    shelf: Type.Optional(
      Type.Object(
        { ...Done, until: Instant, reason: Type.String(), approvedBy: Type.Optional(Person) },
        closed,
      ),
    ),
    service: Type.Optional(
      Type.Object(
        { ...Done, reason: Type.String(), permit: Type.String(), approvedBy: Type.Optional(Person) },
        closed,
      ),
    ),
    /** Id of the rule that suppresses it by design. */
    suppressedBy: Type.Optional(Type.String()),
    /** Waits for a second person. */
    pending: Type.Optional(AlarmPending),
    closed: Type.Optional(Type.Object({ ...Done, outcome: oneOf(outcomes), note: Type.String() }, closed)),
    /** The place where its device or gateway stands, and the campus that this belongs to. */
    place: Type.Optional(Type.String()),
    post: Type.Optional(Type.String()),
    root: Type.Optional(AlarmRoot),
    /** What the reader can do with it now. Not in the live stream, which all readers share. */
    can: Type.Optional(Type.Object(CanProperties, closed)),
  },
  closed,
)
export type Alarm = Static<typeof Alarm>

export const AlarmStep = Type.Object(
  {
    at: Instant,
    what: oneOf(stepWords),
    life: oneOf(lifeStates),
    by: Type.Optional(Person),
    note: Type.Optional(Type.String()),
    /** To whom it was escalated or assigned, until when it is shelved, which step was ticked. */
    detail: Type.Optional(Type.String()),
  },
  closed,
)
export type AlarmStep = Static<typeof AlarmStep>

export const ProcedureStep = Type.Object(
  { id: Type.String(), title: LocalText, done: Type.Optional(Type.Object(Done, closed)) },
  closed,
)
export type ProcedureStep = Static<typeof ProcedureStep>

/** `GET /alarms/{id}` */
export const AlarmDetail = Type.Object(
  {
    ...Alarm.properties,
    history: Type.Array(AlarmStep),
    procedure: Type.Array(ProcedureStep),
    /** `<gateway>/<device>` of cameras in the same room, else on the same floor, and of those that are linked to it. */
    cameras: Type.Array(Type.String()),
    photos: Type.Array(Type.Object({ digest: Type.String(), type: Type.String(), ...Done }, closed)),
  },
  closed,
)
export type AlarmDetail = Static<typeof AlarmDetail>

/**
 * `GET /alarms`: newest first. `open` (the default): what its gateway has not cleared; `all`; `standing`: everything that
 * somebody still has to do something about; or one of the lists of the console.
 */
export const alarmFilters = ['open', 'all', 'standing', ...tabs] as const
export const AlarmsQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Unsafe<(typeof alarmFilters)[number]>({
        type: 'string',
        enum: [...alarmFilters],
        default: 'open',
      }),
    ),
    priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
    gateway: Type.Optional(GatewayId),
    /** A place of the organisation and everything below it. */
    node: Type.Optional(Type.String({ maxLength: 63 })),
    ...listQuery,
  },
  closed,
)
export type AlarmsQuery = Static<typeof AlarmsQuery>

/** `seq` is the live stream's number at the time of reading: go on from there with `GET /live?since=`. */
export const AlarmList = Type.Object(
  { items: Type.Array(Alarm), nextCursor: Type.Optional(Type.String()), seq: Type.Integer() },
  closed,
)
export type AlarmList = Static<typeof AlarmList>

const Reason = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })
export const AlarmId = Type.String({ minLength: 3, maxLength: 130, description: '<gateway>/<occurrence>' })

/** `POST /alarms/{id}/ack` */
export const AckRequest = Type.Object({ note: Type.Optional(Reason) }, closed)
/** `POST /alarms/ack`: exactly these, whatever else there is. */
export const AckManyRequest = Type.Object(
  {
    ids: Type.Array(AlarmId, { minItems: 1, maxItems: 500, uniqueItems: true }),
    note: Type.Optional(Reason),
  },
  closed,
)
/** One row each, in the order asked for: done, or why not. */
export const AckMany = Type.Object(
  {
    results: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          alarm: Type.Optional(Alarm),
          /** As the answer to one would be. */
          code: Type.Optional(Type.String()),
          message: Type.Optional(Type.String()),
          details: Type.Optional(Type.Unknown()),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type AckMany = Static<typeof AckMany>

export const shelfTimes = ['15m', '1h', '4h', 'shift'] as const
/** `POST /alarms/{id}/shelve`: one of `for` and `minutes`. More than 8 h needs a second person, more than 12 h is refused. */
export const ShelveRequest = Type.Object(
  {
    reason: Reason,
    for: Type.Optional(oneOf(shelfTimes)),
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  },
  closed,
)
export type ShelveRequest = Static<typeof ShelveRequest>
/** `POST /alarms/{id}/out-of-service`: waits for a second person. */
export const OutOfServiceRequest = Type.Object({ reason: Reason, permit: Reason }, closed)
export type OutOfServiceRequest = Static<typeof OutOfServiceRequest>
/** `POST /alarms/{id}/approve`: what the other person asked for. */
export const ApproveRequest = Type.Object({ approve: Type.Boolean(), note: Type.Optional(Reason) }, closed)
export type ApproveRequest = Static<typeof ApproveRequest>
export const NoteRequest = Type.Object({ note: Type.Optional(Reason) }, closed)
export const CommentRequest = Type.Object(
  { note: Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S' }) },
  closed,
)
/** `null`: nobody any more. */
export const AssignRequest = Type.Object(
  { to: Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()]) },
  closed,
)
export const TickRequest = Type.Object({ done: Type.Boolean() }, closed)
/** `POST /alarms/{id}/close`: what it turned out to be, and how one knows. */
export const CloseRequest = Type.Object({ outcome: oneOf(outcomes), note: Reason }, closed)
export type CloseRequest = Static<typeof CloseRequest>

/** `GET /alarms/people?node=`: to whom an alarm can be assigned. */
export const AlarmPeople = Type.Object({ items: Type.Array(Person) }, closed)
export type AlarmPeople = Static<typeof AlarmPeople>

/** `GET /alarms/floods`: how busy each duty post is now. */
export const AlarmFloods = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          /** A campus; empty for what stands nowhere. */
          post: Type.String(),
          inFlood: Type.Boolean(),
          since: Type.Optional(Instant),
          /** Annunciations of the last 10 minutes. */
          annunciations: Type.Integer(),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type AlarmFloods = Static<typeof AlarmFloods>

/** V: read in the source. M-h: as commonly quoted, not checked in the standard's text. */
export const Verified = Type.Union([Type.Literal('V'), Type.Literal('M-h')])

export const qualityFigures = [
  'annunciations',
  'perTenMinutes',
  'perHour',
  'perDay',
  'peakHour',
  'peakMinute',
  'floodShare',
  'busyHourShare',
  'busyTenMinuteShare',
  'priority1Share',
  'priority2Share',
  'priority3Share',
  'priority4Share',
  'topTenShare',
  'chattering',
  'fleeting',
  'stale',
  'unauthorised',
] as const
export type QualityFigureName = (typeof qualityFigures)[number]

export const QualityFigure = Type.Object(
  {
    name: oneOf(qualityFigures),
    /** Absent where there is nothing to work it out from. */
    value: Type.Optional(Type.Number()),
    unit: oneOf(['count', 'ratio'] as const),
    /** `atMost` or `about`; absent for figures without a target. */
    target: Type.Optional(
      Type.Object({ kind: oneOf(['atMost', 'about'] as const), value: Type.Number() }, closed),
    ),
    isMet: Type.Optional(Type.Boolean()),
    source: Type.Optional(Type.Object({ document: Type.String(), verified: Verified }, closed)),
  },
  closed,
)
export type QualityFigure = Static<typeof QualityFigure>

export const AlarmSource = Type.Object(
  {
    gateway: Type.String(),
    rule: Type.String(),
    point: Type.String(),
    title: LocalText,
    annunciations: Type.Integer(),
    chattering: Type.Integer(),
  },
  closed,
)
export type AlarmSource = Static<typeof AlarmSource>

/** `GET /alarms/quality`: for each duty post, never for the platform. */
export const AlarmQuality = Type.Object(
  {
    from: Instant,
    to: Instant,
    posts: Type.Array(
      Type.Object(
        {
          post: Type.String(),
          title: LocalText,
          figures: Type.Array(QualityFigure),
          worst: Type.Array(AlarmSource),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type AlarmQuality = Static<typeof AlarmQuality>

export const QualityQuery = Type.Object(
  {
    node: Type.Optional(Type.String({ maxLength: 63 })),
    /** 30 days before `to` when absent; at most a year. */
    from: Type.Optional(InstantQuery),
    to: Type.Optional(InstantQuery),
  },
  closed,
)
export type QualityQuery = Static<typeof QualityQuery>
