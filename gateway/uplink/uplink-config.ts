import { type Static, Type } from 'typebox'
import { Duration, parseDuration } from '#lib/quantity.ts'

/** The `cloud` part of gateway.yaml. */
export const UplinkConfig = Type.Object(
  {
    url: Type.String({
      pattern: '^mqtts?://.+',
      description: 'Address of the cloud: mqtts://host:8883; an IPv6 address in brackets',
    }),
    caFile: Type.Optional(
      Type.String({ description: "Certificates that are trusted instead of the system's" }),
    ),
    tokenFile: Type.Optional(
      Type.String({
        description:
          "File with the gateway's token, where it is in the cloud's configuration and not enrolled",
      }),
    ),
    enrolment: Type.Optional(
      Type.Object(
        {
          token: Type.String({
            pattern: '^[\\w-]{16,200}$',
            expects: 'the one-time token that the console shows',
            description: 'One-time token of the console; it may stay here when it is used',
          }),
          caFingerprint: Type.Optional(
            Type.String({
              pattern: '^([0-9a-fA-F]{64}|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){31})$',
              expects: 'a SHA-256 fingerprint, 64 hexadecimal digits',
              description: "Fingerprint of the cloud's authority; without it the system's are trusted",
            }),
          ),
        },
        {
          additionalProperties: false,
          description: 'Gets a certificate at the first start, instead of `--enrol` by hand',
        },
      ),
    ),
    keepAlive: Duration({ default: '5s', description: 'A dead link is noticed within two of these' }),
    connectTimeout: Duration({ default: '15s', description: 'A connection that takes longer is given up' }),
    statusEvery: Duration({ default: '5s', description: 'How often the state of the gateway is sent' }),
    reconnectMax: Duration({ default: '15s', description: 'Longest wait between two attempts to connect' }),
  },
  { additionalProperties: false },
)
export type UplinkConfig = Static<typeof UplinkConfig>

/** The same with amounts as numbers and files read. */
export type UplinkSettings = {
  readonly url: string
  /** PEM. Without it the system's authorities are trusted. */
  readonly ca?: string
  /** Either this or a certificate with its key, PEM. */
  readonly token?: string
  readonly cert?: string
  readonly key?: string
  readonly keepAliveMs: number
  readonly connectTimeoutMs: number
  readonly statusEveryMs: number
  readonly reconnect: { readonly firstMs: number; readonly maxMs: number }
}

export function uplinkSettings(
  config: UplinkConfig,
  secrets: { ca?: string; token?: string },
): UplinkSettings {
  const maxMs = parseDuration(config.reconnectMax)
  return {
    url: config.url,
    ...secrets,
    keepAliveMs: parseDuration(config.keepAlive),
    connectTimeoutMs: parseDuration(config.connectTimeout),
    statusEveryMs: parseDuration(config.statusEvery),
    reconnect: { firstMs: Math.min(500, maxMs), maxMs },
  }
}

/** What a gateway that was enrolled signs in with, PEM; `ca` goes before that of the configuration. */
export type ClientIdentity = { readonly cert: string; readonly key: string; readonly ca?: string }

export interface IdentitySource {
  current(): ClientIdentity | undefined
  /** Why there is none, or why the cloud may not want it. */
  words(): string
}
