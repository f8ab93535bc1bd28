import { type Static, Type } from 'typebox'
import { BrokerConfig } from '#gateway/broker/broker-config.ts'
import { InterlocksConfig } from '#gateway/commands/interlock.ts'
import { OutboxConfig } from '#gateway/outbox/outbox-config.ts'
import { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { RulesConfig } from '#gateway/rules/rule.ts'
import { UplinkConfig } from '#gateway/uplink/uplink-config.ts'
import { Duration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const
const id = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{1,62}$',
  expects: 'an id of lower-case letters, digits and -',
})

const oneOf = <T extends string | number>(
  values: readonly T[],
  options: { default?: T; description?: string } = {},
) =>
  Type.Unsafe<T>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      options,
    ),
  )

export const BusConfig = Type.Object(
  {
    id,
    protocol: oneOf(['modbus-tcp', 'modbus-rtu-over-tcp', 'modbus-rtu'] as const, {
      description:
        'modbus-rtu is a serial line of this machine; modbus-rtu-over-tcp one behind a transparent converter',
    }),
    host: Type.Optional(Type.String({ minLength: 1, maxLength: 253, description: 'Not for modbus-rtu' })),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 502 }),
    connectTimeout: Duration({ default: '5s', description: 'How long connecting may take' }),
    path: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          'modbus-rtu: the port, best under /dev/serial/by-id, whose names stay the same after a restart',
      }),
    ),
    baud: Type.Optional(
      Type.Integer({
        minimum: 300,
        maximum: 921_600,
        description: 'modbus-rtu needs it; behind a converter it tells how fast the line can be asked',
      }),
    ),
    parity: oneOf(['none', 'even', 'odd'] as const, { default: 'none' }),
    stop: oneOf([1, 2] as const, { default: 1, description: 'Stop bits' }),
    latency: Type.Optional(
      Duration({
        description:
          'From a request to its answer without the time of the bytes on a serial line; the doctor shows it',
      }),
    ),
  },
  closed,
)
export type BusConfig = Static<typeof BusConfig>

const data = Type.String({ default: './data', description: 'Folder for what must survive a restart' })
/** The one field that says where the rest lies. */
export const DataOnly = Type.Object({ data })

/** gateway.yaml. Files and folders in it are relative to it. */
export const GatewayConfig = Type.Object(
  {
    gateway: Type.Object({ id }, { ...closed, description: 'Who this is; the cloud knows it by this id' }),
    data,
    cloud: Type.Optional(UplinkConfig),
    broker: BrokerConfig,
    profiles: Type.String({ default: './device-profiles', description: 'Folder of the device profiles' }),
    buses: Type.Array(BusConfig, { maxItems: 64, default: [], description: 'Lines with polled devices' }),
    devices: Type.Array(DeviceInstance, {
      maxItems: 2000,
      default: [],
      description: 'What is installed here',
    }),
    cameras: Type.Object(
      {
        interface: Type.Optional(
          Type.String({
            maxLength: 45,
            description:
              "Address of the network interface on which cameras are looked for; the system's choice if absent",
          }),
        ),
      },
      { ...closed, default: {} },
    ),
    rules: RulesConfig,
    interlocks: InterlocksConfig,
    commands: Type.Object(
      {
        timeout: Duration({
          default: '10s',
          description: 'A device that has not confirmed by then has failed; time for reading back is added',
        }),
        maxInHand: Type.Integer({ minimum: 1, maximum: 1000, default: 50 }),
      },
      { ...closed, default: {} },
    ),
    outbox: OutboxConfig,
    configuration: Type.Object(
      {
        backAfter: Duration({
          default: '5m',
          description:
            'Without word from the cloud for so long after a change from there, the gateway takes it back',
        }),
        settle: Duration({
          default: '30s',
          description:
            'How long it must have run on a change before word from the cloud makes it the good one',
        }),
      },
      { ...closed, default: {}, description: 'What the cloud changes; see configuration.md' },
    ),
    health: Type.Object(
      {
        host: Type.String({ default: '127.0.0.1' }),
        port: Type.Integer({ minimum: 0, maximum: 65_535, default: 9090, description: '0: any free one' }),
      },
      { ...closed, default: {}, description: '/health, /ready and /metrics' },
    ),
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
export type GatewayConfig = Static<typeof GatewayConfig>
