import { type Static, Type } from 'typebox'
import { AlarmsConfig } from '#cloud/alarms/alarm-config.ts'
import { AuditConfig } from '#cloud/audit/audit-config.ts'
import { EnrolmentConfig } from '#cloud/enrolment/enrolment-config.ts'
import { IngestConfig } from '#cloud/ingest/ingest-config.ts'
import { NotificationsConfig } from '#cloud/notifications/notifications-config.ts'
import { TelemetryConfig } from '#cloud/telemetry/telemetry-config.ts'
import { TlsConfig } from '#cloud/tls/tls-config.ts'
import { PasswordsConfig, SessionsConfig, SignInConfig } from '#cloud/users/user-config.ts'
import { LocalText } from '#contract/text.ts'
import { Duration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const
const id = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{1,62}$',
  expects: 'an id of lower-case letters, digits and -',
})

export const HttpConfig = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      description: 'Address to listen on; `::` is every IPv6 and IPv4 one',
    }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080, description: '0: any free one' }),
    tls: Type.Optional(
      Type.Object(
        { certFile: Type.String(), keyFile: Type.String() },
        { ...closed, description: 'Certificate with its chain and private key, PEM: then it speaks https' },
      ),
    ),
    trustProxy: Type.Boolean({
      default: false,
      description: 'Behind a reverse proxy: believe its X-Forwarded-… headers',
    }),
    origins: Type.Array(
      Type.String({ pattern: '^https?://[^/]+$', expects: 'an origin such as https://campus.example' }),
      {
        default: [],
        maxItems: 20,
        description: 'Web pages that may use the API besides the console served here',
      },
    ),
  },
  { ...closed, default: {} },
)
export type HttpConfig = Static<typeof HttpConfig>

export const GatewayConfig = Type.Object(
  {
    id,
    title: Type.Object(LocalText.properties, { ...closed, default: {}, description: 'What people call it' }),
    tokenFile: Type.String({
      description: 'Holds the secret that this gateway signs in with, at least 16 characters',
    }),
  },
  closed,
)

export const CampusConfig = Type.Object(
  {
    id,
    title: LocalText,
    schoolCode: Type.Optional(Type.String({ pattern: '^[0-9]{10}$', expects: 'a 学校标识码 of 10 digits' })),
    gateways: Type.Array(id, {
      default: [],
      maxItems: 100,
      description: 'Ids of the gateways that stand there',
    }),
  },
  closed,
)

/** cloud.yaml. Files and folders in it are relative to it. */
export const CloudConfig = Type.Object(
  {
    data: Type.String({
      default: './data',
      description: 'Folder for the stores, the TLS material, the key of second factors and the demo accounts',
    }),
    http: HttpConfig,
    mqtt: Type.Object(IngestConfig.properties, {
      ...closed,
      default: {},
      description: 'Where gateways connect',
    }),
    tls: TlsConfig,
    gateways: Type.Array(GatewayConfig, {
      default: [],
      maxItems: 10_000,
      description: 'Who may connect by a token of this file; others are added in the console',
    }),
    enrolment: EnrolmentConfig,
    bureau: Type.Optional(
      Type.Object(
        { id, title: LocalText },
        { ...closed, description: 'Root of the first organisation tree' },
      ),
    ),
    campuses: Type.Array(CampusConfig, {
      default: [],
      maxItems: 10_000,
      description:
        'Fill the organisation tree while it is empty; afterwards it is changed in the console and this is not read',
    }),
    telemetry: TelemetryConfig,
    retention: Type.Object(
      {
        telemetry: Duration({ default: '400d', description: 'Older samples are deleted' }),
        alarms: Duration({
          default: '1100d',
          description: 'Alarms that are over for longer are deleted with their history and pictures',
        }),
        commands: Duration({
          default: '400d',
          description:
            'Older commands that have come to an end are deleted; the audit log keeps who gave them',
        }),
        ledger: Duration({
          default: '400d',
          description: 'Older days of the data ledger are deleted; the totals stay',
        }),
        notifications: Duration({
          default: '90d',
          description: 'Older notices, and who was told of them, are deleted',
        }),
        audit: Duration({
          default: '400d',
          description: 'Older rows of the audit log are deleted; at least 180d',
        }),
      },
      { ...closed, default: {} },
    ),
    dangers: Type.Object(
      {
        districtAfterDays: Type.Integer({
          default: 3,
          minimum: 0,
          maximum: 365,
          description:
            'A hidden danger that is late this many days is told to the district; a major one is at once',
        }),
      },
      { ...closed, default: {} },
    ),
    alarms: AlarmsConfig,
    notifications: NotificationsConfig,
    audit: AuditConfig,
    sessions: SessionsConfig,
    passwords: PasswordsConfig,
    signIn: SignInConfig,
    demoAccounts: Type.Boolean({
      default: false,
      description:
        'Makes the accounts admin, facilities, guard and bureau; passwords go to demo-accounts.json in the data folder',
    }),
    log: Type.Object(
      {
        level: Type.Union(
          ['trace', 'debug', 'info', 'warn', 'error', 'silent'].map((level) => Type.Literal(level)),
          { default: 'info' },
        ),
      },
      { ...closed, default: {} },
    ),
  },
  closed,
)
export type CloudConfig = Static<typeof CloudConfig>
