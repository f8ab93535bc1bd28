import { type Static, Type } from 'typebox'

/** The part `tls` of cloud.yaml. Without files the program makes its own authority and certificate in the data folder. */
export const TlsConfig = Type.Object(
  {
    hostNames: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      default: [],
      maxItems: 50,
      description: 'Names and addresses under which gateways reach the cloud, beside localhost',
    }),
    certFile: Type.Optional(
      Type.String({ description: 'Own certificate with its chain, PEM; goes with keyFile' }),
    ),
    keyFile: Type.Optional(Type.String({ description: 'Private key of certFile, PEM' })),
    caFile: Type.Optional(Type.String({ description: 'What gateways should trust for certFile, PEM' })),
  },
  { additionalProperties: false, default: {} },
)
export type TlsConfig = Static<typeof TlsConfig>
