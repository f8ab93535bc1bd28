import { isDeepStrictEqual } from 'node:util'
import type { Value } from '#contract/sample.ts'
import type { MqttDevice, MqttPoint, MqttTarget } from '#gateway/profiles/device.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { toCanonical } from './inverse.ts'
import { place } from './json-place.ts'

/** What a message asks of a device: the profile's command templates read backwards. */
export type Order = {
  readonly point: string
  readonly value: Value
  readonly to: MqttTarget
  /** The number the sender gave the message. */
  readonly seq: unknown
}

/** One message may be an order for several points, or for none. Pure. */
export function ordersIn(device: MqttDevice, topic: string, message: string): Order[] {
  return device.points.flatMap((point) => {
    const to = point.write?.to
    if (to?.topic !== topic) return []
    const asked = askedIn(to, message)
    const value = asked === undefined ? undefined : meaningOf(point, asked.value)
    return asked === undefined || value === undefined ? [] : [{ point: point.id, value, to, seq: asked.seq }]
  })
}

/** The device's own answer to an order; `undefined` where it gives none. Pure. */
export function answerTo({ to, seq }: Order, refusal?: string): { topic: string; text: string } | undefined {
  const { ack } = to
  if (ack === undefined) return undefined
  let payload: unknown = {}
  if (ack.match !== undefined)
    payload = place(payload, ack.match.ptr, ack.match.equals === '$seq' ? seq : ack.match.equals)
  if (refusal !== undefined && ack.errorPtr !== undefined) payload = place(payload, ack.errorPtr, refusal)
  return { topic: ack.topic, text: JSON.stringify(payload) }
}

type Asked = { value?: unknown; seq?: unknown }

/** What stands in the message where the template has `$value` and `$seq`, when all the rest is as in the template. */
function askedIn({ payload }: MqttTarget, message: string): Asked | undefined {
  if ('text' in payload) return { value: message }
  let received: unknown
  try {
    received = JSON.parse(message)
  } catch {
    return undefined
  }
  const asked: Asked = {}
  return fits(payload.json, received, asked) && 'value' in asked ? asked : undefined
}

function fits(template: unknown, received: unknown, asked: Asked): boolean {
  if (template === '$value') asked.value = received
  if (template === '$seq') asked.seq = received
  if (template === '$value' || template === '$seq') return received !== undefined
  if (typeof template !== 'object' || template === null) return template === received
  if (typeof received !== 'object' || received === null) return false
  return Object.entries(template).every(([key, part]) =>
    fits(part, (received as Record<string, unknown>)[key], asked),
  )
}

/** `undefined` where the device does not know the word. */
function meaningOf(point: MqttPoint, sent: unknown): Value | undefined {
  const pairs = point.write?.values
  if (pairs !== undefined) {
    return pairs.find(([, word]) => isDeepStrictEqual(word, sent) || String(word) === sent)?.[0]
  }
  if (!isScalar(sent)) return undefined
  const wantsNumber = point.from === undefined ? point.kind === 'num' : point.from.as === 'number'
  const raw = typeof sent === 'string' && wantsNumber ? Number(sent) : sent
  return toCanonical(raw, point.steps) ?? undefined
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
}
