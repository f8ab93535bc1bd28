import { connect, type MqttClient } from 'mqtt'
import type { Device, MqttAvailability } from '#gateway/profiles/device.ts'
import { place } from './json-place.ts'

export type BrokerAccess = { readonly url: string; readonly username?: string; readonly password?: string }
export type Will = { readonly topic: string; readonly payload: string | Buffer; readonly retain: boolean }

const stopWithinMs = 1000

/** Connects, and connects again, in the background. `will` is what the broker says when the connection dies. */
export function connectTo(
  { url, username, password }: BrokerAccess,
  clientId: string,
  will?: Will,
): MqttClient {
  return connect(url, {
    protocolVersion: 4,
    clientId,
    reconnectPeriod: 500,
    connectTimeout: 5000,
    queueQoSZero: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload), qos: 1 as const } }),
  })
}

/** Lets what is on its way arrive, but not for long. */
export async function hangUp(client: MqttClient): Promise<void> {
  const deadline = setTimeout(() => client.end(true), stopWithinMs)
  await client.endAsync(!client.connected)
  clearTimeout(deadline)
}

export function availabilityText(source: MqttAvailability, state: 'online' | 'offline'): string {
  const [word = state] = source[state]
  if (source.ptr === undefined || source.ptr === '') return String(word)
  return JSON.stringify(place({}, source.ptr, word))
}

/**
 * The source that is the device's own: what its last will says. What several devices share, such as the state of a
 * bridge, is nobody's to take down.
 */
export function ownAvailability(
  sources: readonly MqttAvailability[],
  shared: ReadonlySet<string>,
): MqttAvailability | undefined {
  return sources.find(({ topic }) => !shared.has(topic))
}

/** Availability topics of more than one device, such as that of the bridge they are behind. */
export function sharedAvailability(devices: readonly Device[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const shared = new Set<string>()
  for (const device of devices) {
    if (device.protocol !== 'mqtt') continue
    for (const { topic } of device.address.availability) (seen.has(topic) ? shared : seen).add(topic)
  }
  return shared
}
