import { type Static, Type } from 'typebox'
import { closed, Instant } from './common.ts'

const Password = Type.String({ minLength: 1, maxLength: 1000 })
/** Six digits of the app, or a recovery code. */
export const FactorCode = Type.String({ minLength: 6, maxLength: 30 })

/** What a password has to be; the page says it before one types. */
export const PasswordRules = Type.Object(
  {
    minLength: Type.Integer(),
    /** Of capital letters, small letters, digits and everything else; not asked of a long one. */
    classes: Type.Integer(),
    /** From this length on no classes are asked for. */
    longFrom: Type.Integer(),
    history: Type.Integer(),
    maxAgeDays: Type.Optional(Type.Integer()),
    blockCommon: Type.Boolean(),
  },
  closed,
)
export type PasswordRules = Static<typeof PasswordRules>

/** One entry of the `details` of PASSWORD_REFUSED. */
export const PasswordProblem = Type.Object(
  {
    rule: Type.Union(
      ['too-short', 'too-few-classes', 'common', 'has-name', 'used-before'].map((rule) => Type.Literal(rule)),
    ),
    /** What was expected, where the rule has a number. */
    expected: Type.Optional(Type.Integer()),
  },
  closed,
)
export type PasswordProblem = { rule: PasswordRule; expected?: number }
export type PasswordRule = 'too-short' | 'too-few-classes' | 'common' | 'has-name' | 'used-before'

/** `PUT /me/password` */
export const PasswordChange = Type.Object({ password: Password, newPassword: Password }, closed)
export type PasswordChange = Static<typeof PasswordChange>

/** `POST /me/totp` */
export const TotpStart = Type.Object({ password: Password }, closed)
export type TotpStart = Static<typeof TotpStart>
export const TotpSecret = Type.Object(
  {
    /** Base32, for who types it into the app. */
    secret: Type.String(),
    uri: Type.String({ description: 'otpauth://totp/…' }),
    qr: Type.String({ description: 'The address as a QR code, SVG' }),
  },
  closed,
)
export type TotpSecret = Static<typeof TotpSecret>

/** `POST /me/totp/confirm` */
export const TotpConfirm = Type.Object({ code: FactorCode }, closed)
export type TotpConfirm = Static<typeof TotpConfirm>
/** Each works once instead of a code of the app; they are shown this once. */
export const RecoveryCodes = Type.Object({ recoveryCodes: Type.Array(Type.String()) }, closed)
export type RecoveryCodes = Static<typeof RecoveryCodes>

/** `DELETE /me/totp`: one of the two. */
export const TotpRemoval = Type.Object(
  { password: Type.Optional(Password), code: Type.Optional(FactorCode) },
  closed,
)
export type TotpRemoval = Static<typeof TotpRemoval>

/** `GET /me/security` */
export const OwnSecurity = Type.Object(
  {
    /** False: the account comes from a sign-in service. */
    hasPassword: Type.Boolean(),
    passwordSetAt: Type.Optional(Instant),
    rules: PasswordRules,
    secondFactor: Type.Boolean(),
    /** The role asks for it. */
    secondFactorNeeded: Type.Boolean(),
    recoveryCodesLeft: Type.Integer(),
  },
  closed,
)
export type OwnSecurity = Static<typeof OwnSecurity>

/** One place where somebody is signed in. */
export const OpenSession = Type.Object(
  {
    id: Type.String(),
    current: Type.Boolean(),
    /** As far as it can be told: `Chrome`, `Windows`. */
    browser: Type.Optional(Type.String()),
    system: Type.Optional(Type.String()),
    userAgent: Type.String(),
    address: Type.String(),
    signedInAt: Instant,
    lastSeenAt: Instant,
    expiresAt: Instant,
    /** The sign-in service that it came by. */
    provider: Type.Optional(Type.String()),
  },
  closed,
)
export type OpenSession = Static<typeof OpenSession>

export const OpenSessions = Type.Object({ items: Type.Array(OpenSession) }, closed)
export type OpenSessions = Static<typeof OpenSessions>
