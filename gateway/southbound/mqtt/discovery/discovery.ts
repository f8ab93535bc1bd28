import type { Clock } from '#lib/clock.ts'
import type { Discoverable, Proposal } from '../../proposal.ts'
import type { MqttLink, MqttMessage } from '../mqtt-link.ts'
import type { Announcement, Convention } from './announcement.ts'
import { chirpstack } from './chirpstack.ts'
import { fitProfile } from './fit-profile.ts'
import { homeAssistant } from './home-assistant.ts'
import { shellyGen1, shellyGen2 } from './shelly.ts'
import { tasmota } from './tasmota.ts'
import { zigbee2mqtt } from './zigbee2mqtt.ts'

export const conventions: readonly Convention[] = [
  zigbee2mqtt,
  shellyGen1,
  shellyGen2,
  tasmota,
  homeAssistant,
  chirpstack,
]

/** More than a campus has; whoever announces without end pushes out what was heard longest ago. */
const maxProposals = 500
/** A device that speaks every second is not read every second. */
const againAfterMs = 60_000

type Kept = { readonly announcement: Announcement; readonly topic: string; readonly seenAt: number }

export type DiscoveryParts = {
  readonly link: MqttLink
  /** Topics that configured devices listen to. */
  readonly configured: readonly string[]
  readonly clock: Clock
}

/** Hears devices that make themselves known and keeps a bounded list of those nobody added. Adds nothing by itself. */
export class Discovery {
  readonly #parts: DiscoveryParts
  /** Every topic of a configured device, and every level above. */
  readonly #configured: ReadonlySet<string>
  readonly #kept = new Map<string, Kept>()
  /** Topic → when it was last read (monotonic). */
  readonly #readAt = new Map<string, number>()

  constructor(parts: DiscoveryParts) {
    this.#parts = parts
    this.#configured = new Set(parts.configured.flatMap(withLevelsAbove))
  }

  /** Returns what ends it. */
  listen(): Disposable {
    const { link } = this.#parts
    const subscriptions = new DisposableStack()
    for (const convention of conventions) {
      for (const filter of convention.filters) {
        subscriptions.defer(link.subscribe(filter, (message) => this.#take(convention, message)))
      }
    }
    subscriptions.defer(link.watch((connected) => void (connected && this.#ask())))
    return subscriptions
  }

  #ask(): void {
    for (const { ask } of conventions) {
      // Nobody waits for it: who is there answers, and who comes later announces himself.
      if (ask !== undefined) this.#parts.link.publish(ask.topic, ask.payload, { qos: 0 }).catch(() => {})
    }
  }

  /** The newest first, each with that of the profiles that fits it best. */
  proposals(profiles: readonly Discoverable[]): Proposal[] {
    return [...this.#kept.values()]
      .filter(({ announcement }) => !this.#isConfigured(announcement.listensTo))
      .toSorted((a, b) => b.seenAt - a.seenAt)
      .map((one) => proposalOf(one, profiles))
  }

  #take(convention: Convention, { topic, payload }: MqttMessage): void {
    const now = this.#parts.clock.monotonic()
    if (payload.length > convention.maxBytes || this.#isTooSoon(topic, now)) return
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8')
    const content = text === '' ? undefined : parsed(text)
    const { found, gone } = convention.read(topic.split('/'), content)
    if (gone !== undefined) {
      for (const key of this.#kept.keys()) if (gone(key)) this.#kept.delete(key)
    }
    for (const announcement of found) this.#keep(announcement, topic)
  }

  /** Lists of devices change at once when something is taken out or put in; what a device repeats can wait. */
  #isTooSoon(topic: string, now: number): boolean {
    if (!/\/(up|rpc|online)$/.test(topic)) return false
    if (this.#isConfigured(topic)) return true
    const before = this.#readAt.get(topic)
    if (before !== undefined && now - before < againAfterMs) return true
    this.#readAt.delete(topic)
    this.#readAt.set(topic, now)
    forgetOldest(this.#readAt, maxProposals)
    return false
  }

  #keep(announcement: Announcement, topic: string): void {
    const before = this.#kept.get(announcement.key)?.announcement
    this.#kept.delete(announcement.key)
    // A device that says less this time, as Shelly's `online` does, is still what it was.
    const features = announcement.features.length > 0 ? announcement.features : (before?.features ?? [])
    const seenAt = this.#parts.clock.now()
    this.#kept.set(announcement.key, { announcement: { ...announcement, features }, topic, seenAt })
    forgetOldest(this.#kept, maxProposals)
  }

  #isConfigured(topic: string): boolean {
    return this.#configured.has(topic)
  }
}

function proposalOf({ announcement, topic, seenAt }: Kept, profiles: readonly Discoverable[]): Proposal {
  const { key, name, model } = announcement
  const fit = fitProfile(profiles, announcement)
  return {
    ...{ key, protocol: 'mqtt', name, source: topic, seenAt },
    ...(fit === undefined ? {} : { profile: fit.profile }),
    ...(model === undefined ? {} : { model }),
    instance: { params: fit?.params ?? announcement.params },
  }
}

function withLevelsAbove(topic: string): string[] {
  const levels = topic.split('/')
  return levels.map((_, i) => levels.slice(0, i + 1).join('/'))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return
  const oldest = map.keys().next().value
  if (oldest !== undefined) map.delete(oldest)
}
