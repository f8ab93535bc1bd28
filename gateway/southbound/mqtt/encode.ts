import type { MqttPoint } from '#gateway/profiles/device.ts'
import { encodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Scalar } from '#gateway/profiles/point.ts'

export type EncodedCommand =
  | { readonly ok: true; readonly topic: string; readonly payload: string; readonly qos: 0 | 1 }
  | { readonly ok: false; readonly reason: string }

/** The message that sets `point` to `value`. `seq` goes where the profile has `$seq`. Pure. */
export function encodeCommand(point: MqttPoint, value: Scalar, seq: number): EncodedCommand {
  const { write } = point
  if (write === undefined) return { ok: false, reason: `${point.id} cannot be written` }
  const sent = sentFor(point, value)
  if (!sent.ok) return sent
  const { topic, qos, payload } = write.to
  const text =
    'text' in payload
      ? String(sent.value)
      : JSON.stringify(filled(payload.json, { $value: sent.value, $seq: seq }))
  return { ok: true, topic, qos, payload: text }
}

type Sent = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

function sentFor(point: MqttPoint, value: Scalar): Sent {
  const pairs = point.write?.values
  if (pairs !== undefined) {
    const pair = pairs.find(([canonical]) => canonical === value)
    return pair === undefined
      ? { ok: false, reason: `${point.id}: the profile has no word for ${JSON.stringify(value)}` }
      : { ok: true, value: pair[1] }
  }
  const encoded = encodeValue(value, point)
  if (encoded.ok) return { ok: true, value: inWholeSteps(encoded.raw, point) }
  return { ok: false, reason: `${point.id}: ${JSON.stringify(value)} cannot be sent (${encoded.reason})` }
}

/** Codings that count in steps: between 101 and 102 of 254 a lamp has nothing. */
const counted: ReadonlySet<string> = new Set(['lin254', 'lin255', 'dali_log254', 'mired_kelvin'])

function inWholeSteps(raw: Scalar, { steps }: MqttPoint): Scalar {
  const isCounted = steps.some((step) => step.op === 'transform' && counted.has(step.name))
  return isCounted && typeof raw === 'number' ? Math.round(raw) : raw
}

/** Replaces whole leaves only, typed: nothing is ever pasted into text. */
function filled(template: unknown, leaves: { readonly $value: unknown; readonly $seq: number }): unknown {
  if (template === '$value') return leaves.$value
  if (template === '$seq') return leaves.$seq
  if (Array.isArray(template)) return template.map((item) => filled(item, leaves))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, item]) => [key, filled(item, leaves)]))
}
