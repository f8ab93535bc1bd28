import { type Static, Type } from 'typebox'
import { closed, Instant, listQuery } from './common.ts'
import { Grant, RoleWord } from './session.ts'

/** Names of accounts are told apart without regard to case. */
export const Username = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$' })
export const DisplayName = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' })
const Grants = Type.Array(Grant, { maxItems: 100 })

/** An account as who manages accounts sees it. */
export const Account = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    displayName: Type.String(),
    role: RoleWord,
    grants: Type.Array(Grant),
    disabled: Type.Boolean(),
    /** The password is one for the next sign-in only. */
    passwordOnce: Type.Boolean(),
    secondFactor: Type.Boolean(),
    /** The sign-in service that it comes from, by its id. Absent: it has its password here. */
    provider: Type.Optional(Type.String()),
    createdAt: Instant,
    lastSignInAt: Type.Optional(Instant),
    /** Send it back with a change. */
    version: Type.Integer(),
  },
  closed,
)
export type Account = Static<typeof Account>

/** `GET /users` */
export const AccountQuery = Type.Object(
  { ...listQuery, q: Type.Optional(Type.String({ maxLength: 100 })) },
  closed,
)
export const AccountList = Type.Object(
  { items: Type.Array(Account), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type AccountList = Static<typeof AccountList>

/** `POST /users` */
export const NewAccount = Type.Object(
  { username: Username, displayName: DisplayName, grants: Grants },
  closed,
)
export type NewAccount = Static<typeof NewAccount>

/** The password is shown this once; it has to be changed at the first sign-in. */
export const AccountWithPassword = Type.Object({ user: Account, password: Type.String() }, closed)
export type AccountWithPassword = Static<typeof AccountWithPassword>

/** `PATCH /users/{user}`: what is absent stays. */
export const AccountChange = Type.Object(
  {
    version: Type.Integer(),
    displayName: Type.Optional(DisplayName),
    grants: Type.Optional(Grants),
    disabled: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type AccountChange = Static<typeof AccountChange>

export const SessionsEnded = Type.Object({ ended: Type.Integer() }, closed)
export type SessionsEnded = Static<typeof SessionsEnded>
