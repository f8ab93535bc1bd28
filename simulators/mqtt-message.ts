import type { Value } from '#contract/sample.ts'
import type { MqttPoint, MqttSource, MqttTime, MqttTopic } from '#gateway/profiles/device.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { toRaw } from './inverse.ts'
import { place, presentAt } from './json-place.ts'

type Timing = { readonly format: MqttTime['format'] }

export type MessageParts = {
  readonly topic: MqttTopic
  readonly time?: MqttTime
  /** What the message carries: state, and an event when there is one. */
  readonly points: readonly MqttPoint[]
  readonly readPoint: (point: string) => Value
  /** Source time, epoch ms. */
  readonly t: number
  /** Where the message has a number of its own that tells it from every other, and that number. */
  readonly number?: { readonly ptr: readonly string[]; readonly value: number }
  /** Lists of what was measured earlier. */
  readonly history?: readonly { readonly ptr: string; readonly entries: readonly unknown[] }[]
}

/** One message as the device would send it. Pure. */
export function messageText(parts: MessageParts): string {
  const { topic, points, readPoint } = parts
  const [first] = points
  if (topic.codec !== 'json') {
    return first === undefined ? '' : String(toRaw(readPoint(first.id), first.steps) ?? '')
  }
  const wanted = topic.require.flatMap(({ ptr, exists }) => (exists === true ? [ptr] : []))
  let payload: unknown = {}
  for (const [ptr, value] of members(parts)) payload = place(payload, ptr, value)
  for (const ptr of wanted) if (!presentAt(payload, ptr)) payload = place(payload, ptr, {})
  return JSON.stringify(payload)
}

/** Where what stands; a later one takes the place of an earlier. */
function members({ topic, time, t, number, points, readPoint, history = [] }: MessageParts) {
  const marks = topic.require.map(({ ptr, equals, in: list }) => [ptr, equals ?? list?.[0]] as const)
  const own = (number?.ptr ?? []).map((ptr) => [ptr, ownNumber(ptr, number?.value ?? 0, t)] as const)
  const clock = time === undefined ? [] : [[time.ptr, timeAs(time.format, t)] as const]
  const values = points.flatMap(({ id, from, steps }) =>
    from === undefined ? [] : [[topic.root + from.ptr, jsonOf(readPoint(id), steps, from)] as const],
  )
  const past = history
    .filter(({ entries }) => entries.length > 0)
    .map(({ ptr, entries }) => [ptr, entries] as const)
  return [...own, ...marks.filter(([, word]) => word !== undefined), ...clock, ...values, ...past]
}

/** What stands in a message for a value; `null` where the device has no word for it. */
export function jsonOf(
  value: Value,
  steps: MqttPoint['steps'],
  { as }: Pick<MqttSource, 'as'>,
): Scalar | null {
  const raw = toRaw(value, steps)
  if (raw === undefined) return null
  switch (as) {
    case 'number':
      return typeof raw === 'boolean' ? Number(raw) : raw
    case 'text':
      return String(raw)
    case 'bool':
      return typeof raw === 'number' ? raw !== 0 : raw
  }
}

/** The source time as a reader of the message sees it: a device that counts seconds has no milliseconds. */
export function timeShown(time: Timing | undefined, t: number): number {
  return countsSeconds(time) ? Math.floor(t / 1000) * 1000 : t
}

export function countsSeconds(time: Timing | undefined): boolean {
  return time?.format === 'epoch_s' || time?.format === 'local'
}

export function timeAs(format: MqttTime['format'], t: number): string | number {
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

/** A frame counter is a number, a time stamp the time, an id a text. */
function ownNumber(ptr: string, value: number, t: number): number | string {
  if (/(^|[_/])(ts|time|timestamp)$/i.test(ptr)) return t / 1000
  return /(cnt|count|counter|seq|number|sqn)$/i.test(ptr) ? value : `message-${value}`
}

/** `2026-01-05T16:00:00`: date and time in the zone of this process, without saying which. */
function localText(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0')
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${date}T${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`
}
