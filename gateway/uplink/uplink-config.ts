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
    tokenFile: Type.String({ description: "File with the gateway's token" }),
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
  readonly token: string
  readonly keepAliveMs: number
  readonly connectTimeoutMs: number
  readonly statusEveryMs: number
  readonly reconnect: { readonly firstMs: number; readonly maxMs: number }
}

export function uplinkSettings(
  config: UplinkConfig,
  secrets: { ca?: string; token: string },
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
