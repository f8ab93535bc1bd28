import type { MqttAvailability, MqttTopic } from '#gateway/profiles/device.ts'
import { valueAtPointer } from './json-pointer.ts'
import { decodeSparkplug } from './sparkplug/decode-sparkplug.ts'
import { SparkplugSession } from './sparkplug/sparkplug-session.ts'

export type PayloadProblem =
  | 'too-large'
  | 'not-utf8'
  | 'not-json'
  | 'not-a-number'
  | 'not-sparkplug'
  | 'not-this-kind'
  /** It is the right kind of message and lacks what makes it readable: no codec decoded it. */
  | 'incomplete'
  | 'no-root'
  | 'not-an-object'

/** `whole` is the payload, `root` the part of it that the points look at. */
export type Content = { readonly whole: unknown; readonly root: unknown }
export type DecodedPayload =
  | ({ readonly ok: true } & Content)
  /** `at`: the pointer at which the payload is not what was expected. */
  | { readonly ok: false; readonly reason: PayloadProblem; readonly at?: string }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes to content, as the topic's codec says. Pure: no clock, no log, no throw. */
export function decodePayload(topic: MqttTopic, payload: Uint8Array): DecodedPayload {
  if (payload.length > topic.maxBytes) return { ok: false, reason: 'too-large' }
  if (topic.codec === 'sparkplugb') return decodeBirth(topic, payload)
  const text = textOf(payload)
  return text === undefined ? { ok: false, reason: 'not-utf8' } : decodeText(topic, topic.codec, text)
}

function decodeText(topic: MqttTopic, codec: 'text' | 'number' | 'json', text: string): DecodedPayload {
  switch (codec) {
    case 'text':
      return { ok: true, whole: text, root: text }
    case 'number': {
      const number = text.trim() === '' ? Number.NaN : Number(text)
      return Number.isFinite(number)
        ? { ok: true, whole: number, root: number }
        : { ok: false, reason: 'not-a-number' }
    }
    case 'json':
      return decodeJson(topic, text)
  }
}

/** Without what a session learned: names are there in births alone. Of several moments the last one. */
function decodeBirth(topic: MqttTopic, bytes: Uint8Array): DecodedPayload {
  const decoded = decodeSparkplug(bytes)
  if (!decoded.ok) return { ok: false, reason: 'not-sparkplug' }
  const { moments } = new SparkplugSession().take(decoded.payload, true)
  const last = moments.at(-1)
  return last === undefined ? { ok: false, reason: 'incomplete' } : contentOf(topic, last.whole)
}

function decodeJson(topic: MqttTopic, text: string): DecodedPayload {
  let whole: unknown
  try {
    whole = JSON.parse(text)
  } catch {
    return { ok: false, reason: 'not-json' }
  }
  const unmet = topic.require.find((one) => !meets(one, valueAtPointer(whole, one.ptr)))
  if (unmet !== undefined) {
    return { ok: false, reason: unmet.exists === true ? 'incomplete' : 'not-this-kind', at: unmet.ptr }
  }
  return contentOf(topic, whole)
}

/** The part of a document that the points of the topic look at. */
export function contentOf({ root }: Pick<MqttTopic, 'root'>, whole: unknown): DecodedPayload {
  const content = valueAtPointer(whole, root)
  return content === undefined
    ? { ok: false, reason: 'no-root', at: root }
    : { ok: true, whole, root: content }
}

function meets({ exists, equals, in: oneOf }: MqttTopic['require'][number], found: unknown): boolean {
  if (exists !== undefined && (found !== undefined) !== exists) return false
  if (equals !== undefined && found !== equals) return false
  return oneOf === undefined || oneOf.some((one) => one === found)
}

/** What an availability message says; `undefined` for anything but the words of the profile. */
export function availabilityOf(
  source: MqttAvailability,
  payload: Uint8Array,
): 'online' | 'offline' | undefined {
  const text = textOf(payload.subarray(0, 4096))
  if (text === undefined) return undefined
  const word = wordOf(source, text)
  if (source.online.some((one) => one === word)) return 'online'
  return source.offline.some((one) => one === word) ? 'offline' : undefined
}

/** zigbee2mqtt sent plain text before 2.0 and JSON since. */
function wordOf({ ptr }: MqttAvailability, text: string): unknown {
  if (ptr === undefined) return text.trim()
  try {
    const content: unknown = JSON.parse(text)
    return typeof content === 'object' ? valueAtPointer(content, ptr) : content
  } catch {
    return text.trim()
  }
}

function textOf(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload)
  } catch {
    return undefined
  }
}
