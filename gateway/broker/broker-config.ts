import { type Static, Type } from 'typebox'
import { ByteSize } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const
const Filters = Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { maxItems: 100, default: [] })

export const CredentialConfig = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 64 }),
    password: Type.Optional(Type.String({ minLength: 1, description: 'Best from an environment variable' })),
    passwordFile: Type.Optional(
      Type.String({ description: 'File with the password, relative to this file' }),
    ),
    publish: Filters,
    subscribe: Filters,
  },
  closed,
)

export const OwnBrokerConfig = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address to listen on; "::" for every one' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 1883 }),
    credentials: Type.Array(CredentialConfig, {
      maxItems: 2000,
      default: [],
      description: 'Who may connect, and which topics they may use (MQTT filters)',
    }),
    maxPacket: ByteSize({
      default: '2MB',
      description: 'A bigger packet closes its connection; zigbee2mqtt lists all its devices in one',
    }),
    maxConnections: Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 }),
    maxRetained: Type.Integer({ minimum: 0, maximum: 100_000, default: 10_000 }),
  },
  closed,
)
export type OwnBrokerConfig = Static<typeof OwnBrokerConfig>

export const ExistingBrokerConfig = Type.Object(
  {
    url: Type.String({
      pattern: '^mqtts?://.+$',
      expects: 'an address such as mqtt://127.0.0.1:1883',
      description: 'The campus has a broker already: the gateway is its client',
    }),
    username: Type.Optional(Type.String()),
    password: Type.Optional(Type.String({ description: 'Best from an environment variable' })),
    passwordFile: Type.Optional(
      Type.String({ description: 'File with the password, relative to this file' }),
    ),
    caFile: Type.Optional(Type.String({ description: 'For mqtts:// with a private certificate authority' })),
  },
  closed,
)
export type ExistingBrokerConfig = Static<typeof ExistingBrokerConfig>

/** The gateway's own broker, or the one that is there. */
export const BrokerConfig = Type.Union([OwnBrokerConfig, ExistingBrokerConfig], { default: {} })
export type BrokerConfig = Static<typeof BrokerConfig>
