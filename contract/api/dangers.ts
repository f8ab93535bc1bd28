import { type Static, type TUnsafe, Type } from 'typebox'
import {
  type DangerAction,
  type DangerCategory,
  type DangerGrade,
  type DangerState,
  dangerActions,
  dangerCategories,
  dangerGrades,
  dangerStates,
} from '#contract/dangers.ts'
import { closed, Instant, listQuery } from './common.ts'
import { NodeId } from './tree.ts'

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
}

const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'A day of the site (UTC+8)' })
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '\\S' })
const Note = Type.String({ maxLength: 2_000 })

export const Person = Type.Object(
  { id: Type.String(), username: Type.String(), displayName: Type.String() },
  closed,
)
export type Person = Static<typeof Person>
export const PersonList = Type.Object({ items: Type.Array(Person) }, closed)
export type PersonList = Static<typeof PersonList>

export const DangerPhoto = Type.Object(
  {
    id: Type.String(),
    type: Type.String(),
    bytes: Type.Integer(),
    /** SHA-256 of the content, hex. */
    digest: Type.String(),
    at: Instant,
    by: Person,
  },
  closed,
)
export type DangerPhoto = Static<typeof DangerPhoto>

/** `overdue`: 0 in time, 1 the school's lead was told, 2 the district was told. */
const Overdue = Type.Integer({ minimum: 0, maximum: 2 })

export const Danger = Type.Object(
  {
    id: Type.String(),
    /** The place of the organisation. */
    node: Type.String(),
    title: Type.String(),
    description: Type.String(),
    category: oneOf<DangerCategory>(dangerCategories),
    grade: Type.Optional(oneOf<DangerGrade>(dangerGrades)),
    state: oneOf<DangerState>(dangerStates),
    /** The alarm that it was opened from. */
    alarm: Type.Optional(Type.String()),
    foundAt: Instant,
    foundBy: Person,
    assignee: Type.Optional(Person),
    due: Type.Optional(Day),
    fixedBy: Type.Optional(Person),
    closedAt: Type.Optional(Instant),
    overdue: Overdue,
    /** What the reader may do now. */
    can: Type.Array(oneOf<DangerAction>(dangerActions)),
  },
  closed,
)
export type Danger = Static<typeof Danger>

export const DangerStep = Type.Object(
  {
    n: Type.Integer(),
    at: Instant,
    /** `found` first; `overdue` when the program told somebody. */
    action: oneOf([...dangerActions, 'found', 'photo', 'overdue'] as const),
    state: oneOf<DangerState>(dangerStates),
    by: Type.Optional(Person),
    note: Type.String(),
    grade: Type.Optional(oneOf<DangerGrade>(dangerGrades)),
    assignee: Type.Optional(Person),
    due: Type.Optional(Day),
    overdue: Type.Optional(Overdue),
  },
  closed,
)
export type DangerStep = Static<typeof DangerStep>

export const DangerDetail = Type.Object(
  { ...Danger.properties, steps: Type.Array(DangerStep), photos: Type.Array(DangerPhoto) },
  closed,
)
export type DangerDetail = Static<typeof DangerDetail>

/** `GET /dangers`: overdue ones first, then by due day; closed ones only when asked for. */
export const DangersQuery = Type.Object(
  {
    state: Type.Optional(oneOf(['open', 'all', 'overdue', 'mine', ...dangerStates] as const)),
    grade: Type.Optional(oneOf<DangerGrade>(dangerGrades)),
    node: Type.Optional(NodeId),
    q: Type.Optional(Type.String({ maxLength: 100 })),
    ...listQuery,
  },
  closed,
)
export type DangersQuery = Static<typeof DangersQuery>

export const DangerList = Type.Object(
  { items: Type.Array(Danger), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type DangerList = Static<typeof DangerList>

export const NewDanger = Type.Object(
  {
    node: NodeId,
    title: Text(200),
    description: Type.Optional(Note),
    category: oneOf<DangerCategory>(dangerCategories),
    alarm: Type.Optional(Type.String({ maxLength: 200 })),
    /** Made by the client: the same report twice, after a lost connection, is one danger. */
    key: Type.String({ minLength: 8, maxLength: 64, pattern: '^[A-Za-z0-9-]+$' }),
  },
  closed,
)
export type NewDanger = Static<typeof NewDanger>

const withNote = { note: Type.Optional(Note) }
export const GradeDanger = Type.Object({ grade: oneOf<DangerGrade>(dangerGrades), ...withNote }, closed)
export const AssignDanger = Type.Object(
  { assignee: Type.String({ maxLength: 64, description: 'Id of a person' }), due: Day, ...withNote },
  closed,
)
export const FixDanger = Type.Object({ note: Text(2_000) }, closed)
export const RecheckDanger = Type.Object({ passed: Type.Boolean(), note: Type.Optional(Note) }, closed)
export const CloseDanger = Type.Object(withNote, closed)
export const ReopenDanger = Type.Object({ note: Text(2_000) }, closed)
export const CommentDanger = Type.Object({ note: Text(2_000) }, closed)

/** `GET /dangers/summary`: each rate with what it is a part of. */
export const DangerSummary = Type.Object(
  {
    from: Instant,
    to: Instant,
    open: Type.Integer(),
    overdue: Type.Integer(),
    byGrade: Type.Object(
      { general: Type.Integer(), major: Type.Integer(), ungraded: Type.Integer() },
      closed,
    ),
    /** Of the period. */
    found: Type.Integer(),
    closed: Type.Integer(),
    /** Closed among what was due in the period, and closed on its due day or before. */
    due: Type.Integer(),
    closedOfDue: Type.Integer(),
    closedInTime: Type.Integer(),
  },
  closed,
)
export type DangerSummary = Static<typeof DangerSummary>
export const DangerSummaryQuery = Type.Object(
  { node: Type.Optional(NodeId), from: Type.Optional(Type.String()), to: Type.Optional(Type.String()) },
  closed,
)
