import { type Static, Type } from 'typebox'
import { Duration } from '#lib/quantity.ts'

/** The `enrolment` part of cloud.yaml. */
export const EnrolmentConfig = Type.Object(
  {
    address: Type.Optional(
      Type.String({
        pattern: '^mqtts://[^/]+$',
        expects: 'an address such as mqtts://campus.example:8883',
        description:
          'Where gateways reach the cloud, told to who enrols one; if absent, the first of tls.hostNames with the port of mqtt',
      }),
    ),
    tokenLifetime: Duration({
      default: '24h',
      description: 'A one-time token that was not used by then is void',
    }),
    certificateLifetime: Duration({
      default: '365d',
      description: 'A gateway renews its certificate when two thirds of this are over',
    }),
  },
  { additionalProperties: false, default: {} },
)
export type EnrolmentConfig = Static<typeof EnrolmentConfig>
