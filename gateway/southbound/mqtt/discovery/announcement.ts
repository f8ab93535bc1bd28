/** How devices on MQTT make themselves known. The words are those of `discovery.source` in profiles. */
export type AnnouncementSource =
  | 'zigbee2mqtt'
  | 'shelly_gen1'
  | 'shelly_gen2'
  | 'tasmota'
  | 'homeassistant'
  | 'chirpstack'

/** What a stranger says of itself. Everything in it is text from outside: bounded, never acted on. */
export type Announcement = {
  readonly source: AnnouncementSource
  /** The same for the same device, each time. */
  readonly key: string
  readonly name: string
  readonly model?: string
  /** What it can do, in the words of the convention: what zigbee2mqtt exposes, a component of Home Assistant. */
  readonly features: readonly string[]
  /** Known for the configuration; a profile takes those it has. */
  readonly params: Readonly<Record<string, string>>
  /** A configured device that listens to this topic, or to one below it, is this device. */
  readonly listensTo: string
}

/** Devices that are there now, and those that are gone. */
export type Heard = {
  readonly found: readonly Announcement[]
  /** Keys that are not there any more. */
  readonly gone?: (key: string) => boolean
}

export const nothing: Heard = { found: [] }

/** One convention: where to listen, and what a message says. `content` is `undefined` for an empty payload. Pure. */
export type Convention = {
  readonly source: AnnouncementSource
  readonly filters: readonly string[]
  readonly maxBytes: number
  /** What makes devices announce themselves again, where there is such a thing. */
  readonly ask?: { readonly topic: string; readonly payload: string }
  readonly read: (topic: readonly string[], content: unknown) => Heard
}

type Json = Readonly<Record<string, unknown>>

export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function asList(value: unknown, most = 2000): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : []
}

/** Text of a stranger: without control characters, and not longer than a name is. */
export function asText(value: unknown, most = 100): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, most)
  return text === '' ? undefined : text
}
