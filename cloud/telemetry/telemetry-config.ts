import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const

/** Where telemetry is kept. Nothing named: in the program's own store in the data folder. */
export const TelemetryConfig = Type.Object(
  {
    influxdb: Type.Optional(
      Type.Object(
        {
          url: Type.String({
            pattern: '^https?://[^/]+/?$',
            expects: 'an address such as http://127.0.0.1:8086',
            description: 'InfluxDB 1.8, 2.x or 3.x (1.6 works too)',
          }),
          database: Type.String({
            minLength: 1,
            maxLength: 100,
            default: 'campus',
            description: 'Made if it is not there; with 2.x the name that is mapped to a bucket',
          }),
          tokenFile: Type.Optional(Type.String({ description: 'Holds the token of 2.x and 3.x' })),
          username: Type.Optional(Type.String({ maxLength: 100, description: '1.x with users' })),
          passwordFile: Type.Optional(Type.String({ description: 'Holds the password of that user' })),
          timeout: Duration({ default: '10s', description: 'A request that takes longer has failed' }),
        },
        { ...closed, description: 'Instead of the embedded store' },
      ),
    ),
  },
  { ...closed, default: {} },
)
export type TelemetryConfig = Static<typeof TelemetryConfig>
