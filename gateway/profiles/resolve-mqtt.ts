import { parseDuration } from '#lib/quantity.ts'
import type {
  MqttAvailability,
  MqttBackfill,
  MqttDevice,
  MqttSource,
  MqttTarget,
  MqttTime,
  MqttTopic,
} from './device.ts'
import { type Expanded, fill, type Numbers, repeated } from './expand.ts'
import type { MqttBlock, MqttPointFields } from './mqtt.ts'
import type { ParamValues } from './params.ts'
import type { Scalar } from './point.ts'
import type { MqttProfile } from './profile.ts'

/** The MQTT half of resolving: topics with their parameters filled in. Pure. */
export function mqttAddress({ mqtt }: MqttProfile, params: ParamValues): MqttDevice['address'] {
  const { time, dedupe } = mqtt
  return {
    topics: Object.entries(mqtt.topics).flatMap(([id, fields]) => topicsOf(id, fields, params)),
    availability: (mqtt.availability?.sources ?? []).map((source) => availabilityOf(source, params)),
    backfill: (mqtt.backfill ?? []).map(backfillOf),
    ...(time === undefined ? {} : { time: timeOf(time) }),
    ...(dedupe === undefined ? {} : { dedupe: { ptr: dedupe.ptr, windowMs: parseDuration(dedupe.window) } }),
  }
}

export function mqttEnds(
  { fields, numbers }: Expanded<MqttPointFields>,
  { mqtt }: MqttProfile,
  params: ParamValues,
): { from?: MqttSource; to?: MqttTarget } {
  const { from, write } = fields
  const command = write === undefined ? undefined : mqtt.commands?.[write.command]
  return {
    ...(from === undefined ? {} : { from: sourceOf(fillPointer(from, params), mqtt, numbers) }),
    ...(command === undefined ? {} : { to: targetOf(command, params, numbers) }),
  }
}

/** `<param>` in a topic. Values have passed their character class, so they cannot bring wildcards in. */
export function fillTopic(text: string, params: ParamValues): string {
  return text.replaceAll(/<([a-z][a-z0-9_]*)>/g, (match, name: string) => String(params.get(name) ?? match))
}

type From = NonNullable<MqttPointFields['from']>

/** `<param>` in a pointer is one name, whatever characters it has. */
function fillPointer(from: From, params: ParamValues): From {
  const names = new Map([...params].map(([name, value]) => [name, escaped(String(value))]))
  return { ...from, ptr: fillTopic(from.ptr, names) }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** A point of a topic that is repeated with it is in its own copy of the topic. */
function sourceOf(from: From, { topics }: MqttBlock, numbers: Numbers | undefined): MqttSource {
  if (numbers === undefined) return from
  const isRepeated = topics[from.topic]?.each !== undefined
  const topic = isRepeated ? copyOf(from.topic, numbers) : from.topic
  return { ...from, topic, ptr: fill(from.ptr, numbers) }
}

function copyOf(topic: string, { n, m }: Numbers): string {
  return m === undefined ? `${topic}.${n}` : `${topic}.${n}.${m}`
}

type TopicFields = MqttBlock['topics'][string]

function topicsOf(id: string, fields: TopicFields, params: ParamValues): MqttTopic[] {
  const filters = [fields.filter, ...(fields.also ?? [])]
  if (fields.each === undefined) return filters.map((filter) => topicOf(id, { ...fields, filter }, params))
  return repeated(fields.each, params).flatMap((numbers) =>
    filters.map((filter) =>
      topicOf(copyOf(id, numbers), { ...fields, filter: fill(filter, numbers) }, params),
    ),
  )
}

function backfillOf(one: NonNullable<MqttBlock['backfill']>[number]): MqttBackfill {
  const points = Object.entries(one.points).map(([point, ptr]) => ({ point, ptr }))
  return { topic: one.topic, ptr: one.ptr, time: one.time, points }
}

function topicOf(id: string, fields: MqttBlock['topics'][string], params: ParamValues): MqttTopic {
  return {
    id,
    filter: fillTopic(fields.filter, params),
    codec: fields.codec,
    root: fields.root ?? '',
    require: fields.require ?? [],
    retained: fields.retained,
    partial: fields.partial ?? false,
    maxBytes: fields.max_bytes,
    qos: fields.qos,
  }
}

function timeOf({ ptr, format, max_skew }: NonNullable<MqttBlock['time']>): MqttTime {
  return { ptr, format, maxSkewMs: parseDuration(max_skew) }
}

type AvailabilitySource = NonNullable<MqttBlock['availability']>['sources'][number]

function availabilityOf(source: AvailabilitySource, params: ParamValues): MqttAvailability {
  return { ...source, topic: fillTopic(source.topic, params) }
}

type Command = NonNullable<MqttBlock['commands']>[string]

function targetOf(
  { topic, qos, payload, ack }: Command,
  params: ParamValues,
  numbers: Numbers | undefined,
): MqttTarget {
  const filled = (text: string) => fillTopic(numbers === undefined ? text : fill(text, numbers), params)
  const leaves = { params, numbers }
  return {
    topic: filled(topic),
    qos,
    payload: 'json' in payload ? { json: fillLeaves(payload.json, leaves) } : payload,
    ...(ack === undefined ? {} : { ack: ackOf({ ...ack, topic: filled(ack.topic) }, leaves) }),
  }
}

type Leaves = { readonly params: ParamValues; readonly numbers: Numbers | undefined }

function ackOf(ack: NonNullable<Command['ack']>, leaves: Leaves): NonNullable<MqttTarget['ack']> {
  const { topic, match, error_ptr, within } = ack
  return {
    topic,
    withinMs: parseDuration(within),
    ...(match === undefined
      ? {}
      : { match: { ptr: match.ptr, equals: fillLeaves(match.equals, leaves) as Scalar } }),
    ...(error_ptr === undefined ? {} : { errorPtr: error_ptr }),
  }
}

/** Whole leaves `$param.x`, `$n`, `$m`, `$i` are filled in with their type; `$value` and `$seq` wait for the write. */
function fillLeaves(json: unknown, leaves: Leaves): unknown {
  if (Array.isArray(json)) return json.map((one) => fillLeaves(one, leaves))
  if (typeof json === 'object' && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, one]) => [key, fillLeaves(one, leaves)]))
  }
  if (json === '$n') return leaves.numbers?.n ?? json
  if (json === '$m') return leaves.numbers?.m ?? json
  if (json === '$i') return leaves.numbers?.i ?? leaves.numbers?.n ?? json
  const name = typeof json === 'string' ? /^\$param\.([a-z][a-z0-9_]*)$/.exec(json)?.[1] : undefined
  return name === undefined ? json : (leaves.params.get(name) ?? json)
}
