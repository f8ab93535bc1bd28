import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'

/** The part `telemetry` of cloud.yaml. */
export const TelemetryConfig = Type.Object(
  {
    keep: Type.Optional(
      Duration({
        description: 'Samples older than this are deleted, such as 730d. Absent: they are kept for ever',
      }),
    ),
    pruneEvery: Duration({ default: '1h', description: 'How often old samples are looked for' }),
  },
  { additionalProperties: false, default: {} },
)
export type TelemetryConfig = Static<typeof TelemetryConfig>
