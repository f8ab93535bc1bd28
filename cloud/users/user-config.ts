import { type Static, type TUnsafe, Type } from 'typebox'
import { type Role, roles } from '#contract/permissions.ts'
import { LocalText } from '#contract/text.ts'
import { Duration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const
const role: TUnsafe<Role> = Type.Unsafe<Role>(Type.Union(roles.map((one) => Type.Literal(one))))
const id = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
  expects: 'an id of lower-case letters, digits and -',
})
const address = Type.String({
  pattern: '^https?://[^\\s]+$',
  expects: 'an address such as https://id.example',
})

/**
 * GB/T 22239-2019 8.1.4.1 asks for complexity and for change and names no numbers (level 3 read, level 2 from memory); the
 * numbers are ours.
 */
export const PasswordsConfig = Type.Object(
  {
    minLength: Type.Integer({ minimum: 8, maximum: 100, default: 10 }),
    classes: Type.Integer({
      minimum: 1,
      maximum: 4,
      default: 3,
      description:
        'Of capital letters, small letters, digits and others; not asked of 20 characters and more',
    }),
    history: Type.Integer({
      minimum: 0,
      maximum: 24,
      default: 5,
      description: 'So many passwords before the present one are not taken again',
    }),
    maxAgeDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3650,
        description: 'A password that is older has to be changed at the next sign-in; absent: never',
      }),
    ),
    blockCommon: Type.Boolean({
      default: true,
      description:
        'Refuse passwords that everybody tries first, and those with the name of the account or school',
    }),
  },
  { ...closed, default: {}, description: 'Rules for new passwords' },
)
export type PasswordsConfig = Static<typeof PasswordsConfig>

export const SessionsConfig = Type.Object(
  {
    lifetime: Duration({
      default: '7d',
      description: 'How long a person stays signed in at most; at least 12h, so that no shift is cut',
    }),
    idle: Duration({
      default: '12h',
      description: 'Unused for so long, a session ends; an open page is in use. At least 10m',
    }),
  },
  { ...closed, default: {} },
)
export type SessionsConfig = Static<typeof SessionsConfig>

const Rule = Type.Object(
  {
    claim: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'Path of the claim or attribute: `groups`, `realm_access.roles`',
    }),
    value: Type.Optional(Type.String({ maxLength: 500, description: 'It is this, or a list with this' })),
    matches: Type.Optional(
      Type.String({ maxLength: 500, description: 'It matches this regular expression as a whole' }),
    ),
    role,
    node: Type.Optional(Type.String({ maxLength: 100, description: 'Place of the tree, by its id' })),
    school: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'Place of the tree, by 学校标识码; `$1` is the first group of `matches`',
      }),
    ),
  },
  { ...closed, description: 'Without node and school the role counts everywhere' },
)
export type Rule = Static<typeof Rule>

const common = {
  id,
  title: LocalText,
  rules: Type.Array(Rule, {
    minItems: 1,
    maxItems: 200,
    description: 'Who gets which role where; all that fit count, at each sign-in anew',
  }),
  usernameClaim: Type.Optional(Type.String({ maxLength: 200 })),
  nameClaim: Type.Optional(Type.String({ maxLength: 200 })),
}

export const OidcConfig = Type.Object(
  {
    ...common,
    issuer: address,
    clientId: Type.String({ minLength: 1, maxLength: 200 }),
    clientSecretFile: Type.Optional(
      Type.String({ description: 'Holds the secret; absent for a public client' }),
    ),
    scopes: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      default: ['openid', 'profile'],
      maxItems: 20,
    }),
  },
  closed,
)
export type OidcConfig = Static<typeof OidcConfig>

export const CasConfig = Type.Object(
  {
    ...common,
    url: Type.String({
      pattern: '^https?://[^\\s?#]+$',
      expects: 'an address such as https://sso.example/cas',
      description: 'The server; `/login`, `/p3/serviceValidate` and `/logout` are below it',
    }),
  },
  closed,
)
export type CasConfig = Static<typeof CasConfig>

export const SignInConfig = Type.Object(
  {
    publicUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^/\\s]+$',
        expects: 'an origin such as https://campus.example',
        description: 'How browsers reach the console; needed with oidc or cas',
      }),
    ),
    secondFactor: Type.Array(role, {
      default: [],
      maxItems: roles.length,
      description: 'Roles that must have a second factor',
    }),
    oidc: Type.Array(OidcConfig, { default: [], maxItems: 10, description: 'OpenID Connect' }),
    cas: Type.Array(CasConfig, { default: [], maxItems: 10, description: 'CAS 3.0' }),
  },
  { ...closed, default: {}, description: 'How people sign in' },
)
export type SignInConfig = Static<typeof SignInConfig>
