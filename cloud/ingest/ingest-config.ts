import { type Static, Type } from 'typebox'
import { ByteSize } from '#lib/quantity.ts'

/** The part `mqtt` of cloud.yaml: where gateways connect, and how much may be on its way. */
export const IngestConfig = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      description: 'Address to listen on; `::` is every IPv6 and IPv4 one',
    }),
    port: Type.Integer({ default: 8883, minimum: 0, maximum: 65_535, description: 'MQTT over TLS' }),
    maxConnections: Type.Integer({ default: 2000, minimum: 1 }),
    maxPacket: ByteSize({ default: '9MB', description: 'Longest MQTT packet; a catalogue may have 8 MB' }),
    inFlightPerGateway: ByteSize({
      default: '16MB',
      description:
        'Taken in from one gateway and not yet stored; above, its messages are refused for a moment',
    }),
    inFlightTotal: ByteSize({ default: '128MB', description: 'The same for all gateways together' }),
    credit: Type.Object(
      {
        events: Type.Integer({ default: 8, minimum: 1 }),
        live: Type.Integer({ default: 8, minimum: 1 }),
        backfill: Type.Integer({ default: 4, minimum: 1 }),
      },
      {
        additionalProperties: false,
        default: {},
        description: 'Messages a gateway may have on their way, per lane',
      },
    ),
  },
  { additionalProperties: false },
)
export type IngestConfig = Static<typeof IngestConfig>
