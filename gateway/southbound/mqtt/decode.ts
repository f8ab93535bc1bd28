import { qualityCodes } from '#contract/quality.ts'
import type {
  MqttAvailability,
  MqttDevice,
  MqttPoint,
  MqttTime,
  MqttTopic,
} from '#gateway/profiles/device.ts'
import { type DecodedValue, decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Reading } from '../driver.ts'
import { valueAtPointer } from './json-pointer.ts'

export type PayloadProblem =
  | 'too-large'
  | 'not-utf8'
  | 'not-json'
  | 'not-a-number'
  | 'not-this-kind'
  | 'no-root'
  | 'not-an-object'

/** `whole` is the payload, `root` the part of it that the points look at. */
export type Content = { readonly whole: unknown; readonly root: unknown }
export type DecodedPayload =
  | ({ readonly ok: true } & Content)
  | { readonly ok: false; readonly reason: PayloadProblem }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes to content, as the topic's codec says. Pure: no clock, no log, no throw. */
export function decodePayload(topic: MqttTopic, payload: Uint8Array): DecodedPayload {
  if (payload.length > topic.maxBytes) return { ok: false, reason: 'too-large' }
  const text = textOf(payload)
  if (text === undefined) return { ok: false, reason: 'not-utf8' }
  switch (topic.codec) {
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

function decodeJson({ require, root }: MqttTopic, text: string): DecodedPayload {
  let whole: unknown
  try {
    whole = JSON.parse(text)
  } catch {
    return { ok: false, reason: 'not-json' }
  }
  const fits = require.every(({ ptr, exists, equals }) => {
    const found = valueAtPointer(whole, ptr)
    if (exists !== undefined && (found !== undefined) !== exists) return false
    return equals === undefined || found === equals
  })
  if (!fits) return { ok: false, reason: 'not-this-kind' }
  const content = valueAtPointer(whole, root)
  return content === undefined ? { ok: false, reason: 'no-root' } : { ok: true, whole, root: content }
}

/** Nothing was measured before this: a clock that says so was never set. */
const earliestPlausible = Date.UTC(2020, 0, 1)

/** The message's own time, or `undefined` when it has none, or one that cannot be: too far ahead, or never set. */
export function sourceTime(
  { whole }: Content,
  time: MqttTime | undefined,
  nowMs: number,
): number | undefined {
  if (time === undefined) return undefined
  const t = readTime(valueAtPointer(whole, time.ptr), time.format)
  if (t === undefined || !Number.isFinite(t)) return undefined
  return t >= earliestPlausible && t <= nowMs + time.maxSkewMs ? Math.trunc(t) : undefined
}

function readTime(raw: unknown, format: MqttTime['format']): number | undefined {
  switch (format) {
    case 'epoch_ms':
      return typeof raw === 'number' ? raw : undefined
    case 'epoch_s':
      return typeof raw === 'number' ? raw * 1000 : undefined
    case 'rfc3339':
      return typeof raw === 'string' ? readRfc3339(raw) : undefined
    case 'auto':
      if (typeof raw === 'number') return raw
      return typeof raw === 'string' ? readRfc3339(raw) : undefined
  }
}

/** With its offset: a local time without one could mean any hour. Some senders give more than three decimals. */
function readRfc3339(text: string): number | undefined {
  const fits = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)$/.test(text)
  return fits ? Date.parse(text.replace(' ', 'T')) : undefined
}

/**
 * False for JSON in which no point of the topic can ever be found: a number or a list where an object should be. A
 * point may read the root itself, or an item of a list. Objects, which is what nearly all messages are, cost nothing.
 */
export function hasRoomForPoints(device: MqttDevice, topic: MqttTopic, { root }: Content): boolean {
  const isList = Array.isArray(root)
  if (topic.codec !== 'json' || (typeof root === 'object' && root !== null && !isList)) return true
  const sources = device.points.flatMap(({ from }) => (from?.topic === topic.id ? [from] : []))
  return sources.length === 0 || sources.some(({ ptr }) => ptr === '' || (isList && /^\/\d+(\/|$)/.test(ptr)))
}

export type MessageMoment = { readonly t: number; readonly late: boolean }

/** One reading per point that the topic carries; a point that the message may leave out and does is no reading. */
export function readingsOf(
  device: MqttDevice,
  topic: MqttTopic,
  { root }: Content,
  { t, late }: MessageMoment,
): Reading[] {
  const readings: Reading[] = []
  for (const point of device.points) {
    if (point.from?.topic !== topic.id) continue
    const raw = valueAtPointer(root, point.from.ptr)
    if (raw === undefined && topic.partial) continue
    const { value, quality } = decodePoint(point, raw)
    const reading = { device: device.id, point: point.id, t, value, quality }
    readings.push(late ? { ...reading, late } : reading)
  }
  return readings
}

function decodePoint(point: MqttPoint, raw: unknown): DecodedValue {
  if (raw === undefined || raw === null) return { value: null, quality: qualityCodes['bad:missing'] }
  const typed = asType(raw, point.from?.as)
  if (typed === undefined) return { value: null, quality: qualityCodes['bad:decode'] }
  return decodeValue(typed, point)
}

/** Only what already is of the type: a number in quotes from one firmware would be a decision of the profile. */
function asType(
  raw: unknown,
  as: 'number' | 'bool' | 'text' | undefined,
): number | boolean | string | undefined {
  switch (as) {
    case 'number':
      return typeof raw === 'number' ? raw : undefined
    case 'bool':
      return typeof raw === 'boolean' ? raw : undefined
    case 'text':
    case undefined:
      return typeof raw === 'string' ? raw : undefined
  }
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
