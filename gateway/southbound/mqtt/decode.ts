import { type QualityCode, qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { MqttBackfill, MqttDevice, MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import { type DecodedValue, decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Reading } from '../driver.ts'
import type { Content } from './decode-payload.ts'
import { valueAtPointer } from './json-pointer.ts'
import { sourceTime } from './source-time.ts'

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

/** One point as a message has it, raw beside decoded. */
export type DecodedPoint = {
  readonly point: MqttPoint
  readonly raw: unknown
  readonly value: Value
  readonly quality: QualityCode
}

/** What the message says about each point of its topic; a point that it may leave out and does is not there. */
export function decodePoints(
  { points }: Pick<MqttDevice, 'points'>,
  topic: MqttTopic,
  { root }: Content,
): DecodedPoint[] {
  const found: DecodedPoint[] = []
  for (const point of points) {
    if (point.from?.topic !== topic.id) continue
    const raw = valueAtPointer(root, point.from.ptr)
    if (raw === undefined && (topic.partial || point.kind === 'event')) continue
    found.push({ point, raw, ...decodePoint(point, raw) })
  }
  return found
}

export type MessageMoment = { readonly t: number; readonly late: boolean; readonly kept?: boolean }

/** One reading per point that the message carries. */
export function readingsOf(
  device: MqttDevice,
  topic: MqttTopic,
  content: Content,
  moment: MessageMoment,
): Reading[] {
  return decodePoints(device, topic, content)
    .filter((one) => isReported(one, moment))
    .map((one) => readingOf(device.id, one, moment))
}

/** An event is news or nothing: neither what a broker kept nor a word that means something else has happened. */
function isReported({ point, quality }: DecodedPoint, { kept }: MessageMoment): boolean {
  if (point.hidden === true) return false
  return point.kind !== 'event' || (kept !== true && quality === qualityCodes.good)
}

function readingOf(device: string, { point, value, quality }: DecodedPoint, moment: MessageMoment): Reading {
  return {
    ...{ device, point: point.id, t: moment.t, value, quality },
    ...(moment.late ? { late: true } : {}),
    ...(moment.kept === true ? { kept: true } : {}),
  }
}

/** More entries than this in one message are not a device's memory. */
const maxEntries = 1000

/** The history inside a message, each entry under its own time; an entry without a plausible one is left out. */
export function historyOf(
  device: MqttDevice,
  topic: MqttTopic,
  { whole }: Content,
  nowMs: number,
): Reading[] {
  const { backfill, time } = device.address
  const maxSkewMs = time?.maxSkewMs ?? 600_000
  return backfill
    .filter((one) => one.topic === topic.id)
    .flatMap((one) => {
      const entries = valueAtPointer(whole, one.ptr)
      if (!Array.isArray(entries)) return []
      return entries.slice(0, maxEntries).flatMap((entry: unknown) => {
        const t = sourceTime(entry, { ...one.time, maxSkewMs }, nowMs)
        return t === undefined ? [] : entryReadings(device, one, entry, t)
      })
    })
}

function entryReadings(device: MqttDevice, { points }: MqttBackfill, entry: unknown, t: number): Reading[] {
  return points.flatMap(({ point: id, ptr }) => {
    const point = device.points.find((one) => one.id === id)
    const raw = valueAtPointer(entry, ptr)
    if (point === undefined || raw === undefined || raw === null) return []
    const decoded = { point, raw, ...decodePoint(point, raw) }
    const moment = { t, late: true }
    return isReported(decoded, moment) ? [readingOf(device.id, decoded, moment)] : []
  })
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
