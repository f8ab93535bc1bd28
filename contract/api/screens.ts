import { type Static, Type } from 'typebox'
import { closed, Instant, listQuery } from './common.ts'

/** A wall display: it looks at a place and below and can do nothing. */
export const Screen = Type.Object(
  {
    id: Type.String(),
    title: Type.String(),
    /** Absent: everywhere. */
    node: Type.Optional(Type.String()),
    createdBy: Type.String(),
    createdAt: Instant,
    lastSeenAt: Type.Optional(Instant),
  },
  closed,
)
export type Screen = Static<typeof Screen>

/** `GET /screens` */
export const ScreenQuery = Type.Object(listQuery, closed)
export const ScreenList = Type.Object(
  { items: Type.Array(Screen), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type ScreenList = Static<typeof ScreenList>

/** `POST /screens` */
export const NewScreen = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
    node: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  closed,
)
export type NewScreen = Static<typeof NewScreen>

/** The token is shown this once: `/screen?token=…`, or `Authorization: Bearer`. */
export const ScreenCreated = Type.Object({ screen: Screen, token: Type.String() }, closed)
export type ScreenCreated = Static<typeof ScreenCreated>
