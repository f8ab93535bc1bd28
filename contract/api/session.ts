import { type Static, Type } from 'typebox'
import { closed, Instant } from './common.ts'

/** What a person may do; `bureau` only reads. */
export const roles = ['admin', 'facilities', 'guard', 'bureau'] as const
export const Role = Type.Union([
  Type.Literal('admin'),
  Type.Literal('facilities'),
  Type.Literal('guard'),
  Type.Literal('bureau'),
])
export type Role = Static<typeof Role>

export const User = Type.Object(
  { id: Type.String(), username: Type.String(), displayName: Type.String(), role: Role },
  closed,
)
export type User = Static<typeof User>

/** `POST /session` */
export const Credentials = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 100 }),
    password: Type.String({ minLength: 1, maxLength: 1000 }),
  },
  closed,
)
export type Credentials = Static<typeof Credentials>

/** The token is also set as an httpOnly cookie; a script sends it as `Authorization: Bearer`. */
export const SessionCreated = Type.Object({ token: Type.String(), user: User, expiresAt: Instant }, closed)
export type SessionCreated = Static<typeof SessionCreated>

/** `GET /session`: who am I. */
export const CurrentSession = Type.Object({ user: User, expiresAt: Instant }, closed)
export type CurrentSession = Static<typeof CurrentSession>
