import { type Static, Type } from 'typebox'
import { type Role, roles } from '#contract/permissions.ts'
import { Duration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const

/** 1 to 4: that priority and what is more urgent. 0: nothing. */
const Upto = (value: number) => Type.Integer({ minimum: 0, maximum: 4, default: value })

const RoleRule = (push: number, email: number) =>
  Type.Object({ push: Upto(push), email: Upto(email) }, { ...closed, default: {} })

/** A person of this role is told of alarms up to this priority, unless the person's own settings say something else. */
const usual: Readonly<Record<string, readonly [push: number, email: number]>> = {
  admin: [2, 2],
  lead: [2, 2],
  facilities: [3, 3],
  guard: [3, 3],
}

const smtpDescription = 'Server that takes our mail; without it nobody gets mail'

/** The `notifications` part of cloud.yaml. */
export const NotificationsConfig = Type.Object(
  {
    consoleUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^/]+/?$',
        expects: 'an address such as https://campus.example',
        description: 'Where people open the console: links in mails and robots begin with it',
      }),
    ),
    smtp: Type.Optional(
      Type.Object(
        {
          host: Type.String({ minLength: 1 }),
          port: Type.Integer({ minimum: 1, maximum: 65_535, default: 465 }),
          security: Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')], {
            default: 'tls',
            description: 'tls is usual on 465, starttls on 587; none only inside your own network',
          }),
          from: Type.String({
            pattern: '^[^<>\\r\\n]*<?[^@<>\\s]+@[A-Za-z0-9.-]+>?$',
            expects: 'an address such as 智慧校园 <campus@school.example>',
          }),
          user: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
          password: Type.Optional(
            Type.String({ minLength: 1, description: 'Better in passwordFile, or from the environment' }),
          ),
          passwordFile: Type.Optional(Type.String({ description: 'Holds the password of that user' })),
          caFile: Type.Optional(
            Type.String({ description: 'Authority of the server, PEM, where it is not a public one' }),
          ),
        },
        { ...closed, description: smtpDescription },
      ),
    ),
    push: Type.Object(
      {
        contact: Type.Optional(
          Type.String({
            pattern: '^(mailto:[^@\\s]+@[^@\\s]+|https://\\S+)$',
            expects: 'mailto:… or https://…',
            description: 'Whom a push service writes to; Apple refuses pushes without it',
          }),
        ),
      },
      { ...closed, default: {} },
    ),
    webhooks: Type.Object(
      {
        hosts: Type.Array(
          Type.String({
            pattern: '^(\\*\\.)?[a-z0-9][a-z0-9.-]*$',
            expects: 'a host such as hooks.example.cn or *.example.cn',
          }),
          { default: [], maxItems: 200, description: 'Where webhooks may lead; anywhere public when empty' },
        ),
        privateAddresses: Type.Boolean({
          default: false,
          description: 'They, and push services, may be in your own network, and speak plain http there',
        }),
      },
      { ...closed, default: {} },
    ),
    wecomUrl: Type.String({
      pattern: '^https?://[^/]+/?$',
      default: 'https://qyapi.weixin.qq.com',
      description: 'Another one for a private installation of WeCom',
    }),
    dingtalkUrl: Type.String({ pattern: '^https?://[^/]+/?$', default: 'https://oapi.dingtalk.com' }),
    roles: Type.Object(
      Object.fromEntries(roles.map((role) => [role, RoleRule(...(usual[role] ?? [0, 0]))])) as Record<
        Role,
        ReturnType<typeof RoleRule>
      >,
      {
        ...closed,
        default: {},
        description:
          'Up to which priority a role is told, by channel, unless the person chose; 0: not at all',
      },
    ),
    lateAfter: Duration({
      default: '15m',
      description: 'An alarm that arrives this long after it was raised is written down and disturbs nobody',
    }),
    attempts: Type.Integer({
      minimum: 1,
      maximum: 50,
      default: 12,
      description: 'Then a delivery has failed; twelve are about an hour',
    }),
    maxQueued: Type.Integer({
      minimum: 100,
      maximum: 1_000_000,
      default: 20_000,
      description: 'Deliveries that may wait; above it, only priority 1 is taken in',
    }),
  },
  { ...closed, default: {} },
)
export type NotificationsConfig = Static<typeof NotificationsConfig>
