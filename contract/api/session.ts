import { type Static, type TUnsafe, Type } from 'typebox'
import { type Permission, permissions, type Role, roles } from '#contract/permissions.ts'
import { closed, Instant } from './common.ts'

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
}

export const RoleWord = oneOf<Role>(roles)
export const PermissionWord = oneOf<Permission>(permissions)

/** A role at a place of the organisation and all that is below it; everywhere when no place is named. */
export const Grant = Type.Object({ role: RoleWord, node: Type.Optional(Type.String()) }, closed)
export type Grant = Static<typeof Grant>

/** `role` is the one of the grants that may do most: for a label, never for a decision. */
export const User = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    displayName: Type.String(),
    role: RoleWord,
    grants: Type.Array(Grant),
  },
  closed,
)
export type User = Static<typeof User>

/** The person with what he may do somewhere; where exactly is answered by what he asks for. */
export const SessionUser = Type.Object(
  { ...User.properties, permissions: Type.Array(PermissionWord) },
  closed,
)
export type SessionUser = Static<typeof SessionUser>

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
export const SessionCreated = Type.Object(
  { token: Type.String(), user: SessionUser, expiresAt: Instant },
  closed,
)
export type SessionCreated = Static<typeof SessionCreated>

/** `GET /session`: who am I. */
export const CurrentSession = Type.Object({ user: SessionUser, expiresAt: Instant }, closed)
export type CurrentSession = Static<typeof CurrentSession>
