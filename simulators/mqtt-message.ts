import type { Value } from '#contract/sample.ts'
import type { MqttPoint, MqttTarget, MqttTime, MqttTopic } from '#gateway/profiles/device.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { toRaw } from './inverse.ts'

type Json = Record<string, unknown>

export type MessageParts = {
  readonly topic: MqttTopic
  readonly time?: MqttTime
  readonly points: readonly MqttPoint[]
  readonly readPoint: (point: string) => Value
  /** Source time, epoch ms. */
  readonly t: number
}

/** One message as the device would send it. Pure. */
export function messageText({ topic, time, points, readPoint, t }: MessageParts): string {
  const [first] = points
  if (topic.codec !== 'json') {
    return first === undefined ? '' : String(toRaw(readPoint(first.id), first.steps) ?? '')
  }
  const payload: Json = {}
  for (const { ptr, exists, equals } of topic.require) {
    if (equals !== undefined) place(payload, ptr, equals)
    else if (exists === true) place(payload, ptr, true)
  }
  if (time !== undefined) place(payload, time.ptr, timeAs(time.format, t))
  for (const { id, from, steps } of points) {
    if (from !== undefined) place(payload, topic.root + from.ptr, toRaw(readPoint(id), steps) ?? null)
  }
  return JSON.stringify(payload)
}

/** The source time as a reader of the message sees it: a device that counts seconds has no milliseconds. */
export function timeShown(time: MqttTime | undefined, t: number): number {
  return time?.format === 'epoch_s' || time?.format === 'local' ? Math.floor(t / 1000) * 1000 : t
}

/** The raw value a command asks for: whatever stands where the profile has `$value`. */
export function commandedRaw(target: MqttTarget, message: string): Scalar | undefined {
  if ('text' in target.payload) return message
  try {
    return findValue(target.payload.json, JSON.parse(message))
  } catch {
    return undefined
  }
}

function findValue(template: unknown, received: unknown): Scalar | undefined {
  if (template === '$value') return isScalar(received) ? received : undefined
  if (typeof template !== 'object' || template === null) return undefined
  if (typeof received !== 'object' || received === null) return undefined
  for (const [key, part] of Object.entries(template)) {
    const found = findValue(part, (received as Json)[key])
    if (found !== undefined) return found
  }
  return undefined
}

/** Puts `value` where an RFC 6901 pointer says, making the objects on the way. */
export function place(into: Json, pointer: string, value: unknown): void {
  const keys = pointer.split('/').slice(1)
  const last = keys.pop()
  if (last === undefined) return
  let at = into
  for (const key of keys.map(unescapeKey)) {
    const next = at[key]
    const child: Json = typeof next === 'object' && next !== null ? (next as Json) : {}
    at[key] = child
    at = child
  }
  at[unescapeKey(last)] = value
}

function unescapeKey(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}

function timeAs(format: MqttTime['format'], t: number): string | number {
  switch (format) {
    case 'rfc3339':
    case 'auto':
      return new Date(t).toISOString()
    case 'epoch_ms':
      return t
    case 'epoch_s':
      return Math.floor(t / 1000)
    case 'local':
      return localText(new Date(t))
  }
}

/** `2026-01-05T16:00:00`: date and time in the zone of this process, without saying which. */
function localText(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0')
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${date}T${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
}
