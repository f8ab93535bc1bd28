import { type Static, type TUnsafe, Type } from 'typebox'
import { type Permission, permissions, type Role, roles } from '#contract/permissions.ts'
import { LocalText } from '#contract/text.ts'
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

/** What has to be done before anything else answers. */
export const sessionDuties = ['change-password', 'set-up-second-factor'] as const
export type SessionDuty = (typeof sessionDuties)[number]

/** The person with what he may do somewhere; where exactly is answered by what he asks for. */
export const SessionUser = Type.Object(
  {
    ...User.properties,
    permissions: Type.Array(PermissionWord),
    must: Type.Optional(oneOf<SessionDuty>(sessionDuties)),
  },
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

/** `details` of SECOND_FACTOR_NEEDED. */
export const FactorChallenge = Type.Object({ challenge: Type.String(), expiresAt: Instant }, closed)
export type FactorChallenge = Static<typeof FactorChallenge>

/** `POST /session/second-factor`: a code of the app or a recovery code. */
export const FactorAnswer = Type.Object(
  {
    challenge: Type.String({ minLength: 1, maxLength: 2000 }),
    code: Type.String({ minLength: 6, maxLength: 30 }),
  },
  closed,
)
export type FactorAnswer = Static<typeof FactorAnswer>

/** `GET /session`: who am I. `signOutUrl` is where the browser goes to leave the sign-in service as well. */
export const CurrentSession = Type.Object(
  { user: SessionUser, expiresAt: Instant, signOutUrl: Type.Optional(Type.String()) },
  closed,
)
export type CurrentSession = Static<typeof CurrentSession>

/** `GET /session/methods`: other ways to sign in than with a password. Each begins at `/api/v1/session/{kind}/{id}`. */
export const SignInMethods = Type.Object(
  {
    providers: Type.Array(
      Type.Object({ id: Type.String(), kind: oneOf(['oidc', 'cas'] as const), title: LocalText }, closed),
    ),
  },
  closed,
)
export type SignInMethods = Static<typeof SignInMethods>
