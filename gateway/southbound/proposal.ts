import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import type { MqttDiscoveryFields } from '#gateway/profiles/mqtt.ts'

/**
 * A device that says it is there and that nobody added. Nothing of it is used until a person accepts it; what it says of
 * itself (name, model) is text of a stranger: show it, never act on it.
 */
export type Proposal = {
  /** The same device has the same key each time it is heard; unique within one driver. */
  readonly key: string
  readonly protocol: 'modbus' | 'mqtt' | 'onvif'
  /** Id of the profile that seems to fit; absent: a person has to choose. */
  readonly profile?: string
  /** What the device, or whoever speaks for it, calls itself. */
  readonly name: string
  readonly model?: string
  /** Where it was heard: a topic, an address. */
  readonly source?: string
  /** What is known for the configuration of the device. */
  readonly instance: Partial<Pick<DeviceInstance, 'bus' | 'unit' | 'host' | 'port' | 'params'>>
  /** When it was heard last, ms since 1970. */
  readonly seenAt: number
}

/** As much of a profile as it takes to propose it. */
export type Discoverable = {
  readonly id: string
  readonly params: readonly string[]
  readonly discovery: readonly MqttDiscoveryFields[]
}
