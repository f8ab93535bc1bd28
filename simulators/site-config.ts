import { type Static, Type } from 'typebox'
import { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { SimHint } from '#gateway/profiles/sim-hints.ts'
import { Duration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const
const id = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{1,62}$',
  expects: 'an id of lower-case letters, digits and -',
})
const port = (description: string) => Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description })

/** A number that is never the same twice in a row: a judge can tell every message from every other. */
const CountHint = Type.Object(
  {
    gen: Type.Literal('count'),
    start: Type.Number(),
    step: Type.Number(),
    wrap: Type.Number({ description: 'Starts again when it has come this far' }),
  },
  closed,
)

export const BusConfig = Type.Object(
  {
    id,
    transport: Type.Unsafe<'tcp' | 'rtu-over-tcp' | 'serial'>({
      enum: ['tcp', 'rtu-over-tcp', 'serial'],
      default: 'tcp',
    }),
    host: Type.String({ default: '127.0.0.1' }),
    port: port('0: any free one'),
    maxConnections: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 64, description: 'Further clients are hung up on' }),
    ),
    unknownUnit: Type.Unsafe<'silent' | 'exception'>({ enum: ['silent', 'exception'], default: 'silent' }),
    /** Serial lines. */
    path: Type.Optional(Type.String({ description: 'Serial: /dev/ttyUSB0, or one end of a pty pair' })),
    baud: Type.Integer({ minimum: 300, maximum: 921_600, default: 9600 }),
    parity: Type.Unsafe<'none' | 'even' | 'odd'>({ enum: ['none', 'even', 'odd'], default: 'none' }),
    stopBits: Type.Unsafe<1 | 2>({ enum: [1, 2], default: 1 }),
  },
  closed,
)
export type BusConfig = Static<typeof BusConfig>

export const SiteDeviceConfig = Type.Object(
  {
    /** As in the gateway's configuration, so that an entry can be copied. */
    ...DeviceInstance.properties,
    /** MQTT: how it signs in at the gateway's broker. Cameras: how the gateway signs in at it. */
    username: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    passwordFile: Type.Optional(
      Type.String({ description: 'File with the password, relative to this file' }),
    ),
    interval: Type.Optional(Duration({ description: 'How often a device that speaks by itself sends' })),
    retain: Type.Optional(Type.Boolean({ description: 'MQTT: the broker keeps its last state' })),
    latency: Type.Optional(Duration({ description: 'How long the device takes to answer' })),
    /** Modbus: the one-time settings of the profile are still to be made. */
    settings: Type.Optional(Type.Literal('pending')),
    /** Fails now and then as the profile says such devices do. */
    faults: Type.Optional(Type.Literal('profile')),
    /** Instead of what the profile suggests, per point. */
    signals: Type.Optional(Type.Record(Type.String(), Type.Union([SimHint, CountHint]))),
  },
  closed,
)
export type SiteDeviceConfig = Static<typeof SiteDeviceConfig>

export const SiteConfig = Type.Object(
  {
    profiles: Type.String({ default: '../device-profiles', description: 'Folder, relative to this file' }),
    utcOffset: Type.String({
      pattern: '^[+-][0-9]{2}:[0-9]{2}$',
      default: '+08:00',
      description: 'School hours and daylight are local',
      expects: 'an offset such as "+08:00"',
    }),
    control: Type.Object(
      { host: Type.String({ default: '127.0.0.1' }), port: port('0: any free one') },
      { ...closed, default: {} },
    ),
    /** Every value that was sent, one JSON line each. */
    journal: Type.Optional(Type.String({ description: 'File, relative to this file' })),
    broker: Type.Optional(
      Type.Object(
        {
          url: Type.String({ description: 'The MQTT broker of the gateway' }),
          qos: Type.Optional(
            Type.Unsafe<0 | 1>({
              enum: [0, 1],
              description: 'Of what devices send; as the profile listens when absent',
            }),
          ),
          bridge: Type.Optional(
            Type.Object(
              { username: Type.Optional(Type.String()), password: Type.Optional(Type.String()) },
              { ...closed, description: 'One connection for all MQTT devices, as zigbee2mqtt has it' },
            ),
          ),
        },
        closed,
      ),
    ),
    /** Lines with Modbus devices on them. */
    buses: Type.Array(BusConfig, { default: [] }),
    devices: Type.Array(SiteDeviceConfig),
    log: Type.Object({ level: Type.String({ default: 'info' }) }, { ...closed, default: {} }),
  },
  closed,
)
export type SiteConfig = Static<typeof SiteConfig>
