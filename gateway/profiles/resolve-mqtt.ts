import { parseDuration } from '#lib/quantity.ts'
import type { MqttAvailability, MqttDevice, MqttSource, MqttTarget, MqttTime, MqttTopic } from './device.ts'
import type { Expanded } from './expand.ts'
import type { MqttBlock, MqttPointFields } from './mqtt.ts'
import type { ParamValues } from './params.ts'
import type { MqttProfile } from './profile.ts'

/** The MQTT half of resolving: topics with their parameters filled in. Pure. */
export function mqttAddress({ mqtt }: MqttProfile, params: ParamValues): MqttDevice['address'] {
  const { time, dedupe } = mqtt
  return {
    topics: Object.entries(mqtt.topics).map(([id, fields]) => topicOf(id, fields, params)),
    availability: (mqtt.availability?.sources ?? []).map((source) => availabilityOf(source, params)),
    backfill: [],
    ...(time === undefined ? {} : { time: timeOf(time) }),
    ...(dedupe === undefined ? {} : { dedupe: { ptr: dedupe.ptr, windowMs: parseDuration(dedupe.window) } }),
  }
}

export function mqttEnds(
  { fields }: Expanded<MqttPointFields>,
  { mqtt }: MqttProfile,
  params: ParamValues,
): { from?: MqttSource; to?: MqttTarget } {
  const { from, write } = fields
  const command = write === undefined ? undefined : mqtt.commands?.[write.command]
  return {
    ...(from === undefined ? {} : { from }),
    ...(command === undefined ? {} : { to: targetOf(command, params) }),
  }
}

/** `<param>` in a topic. Values have passed their character class, so they cannot bring wildcards in. */
export function fillTopic(text: string, params: ParamValues): string {
  return text.replaceAll(/<([a-z][a-z0-9_]*)>/g, (match, name: string) => String(params.get(name) ?? match))
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

function targetOf(
  { topic, qos, payload }: NonNullable<MqttBlock['commands']>[string],
  params: ParamValues,
): MqttTarget {
  return {
    topic: fillTopic(topic, params),
    qos,
    payload: 'json' in payload ? { json: fillLeaves(payload.json, params) } : payload,
  }
}

/** Whole leaves `$param.x` become the parameter with its type; `$value` and `$seq` wait for the write. */
function fillLeaves(json: unknown, params: ParamValues): unknown {
  if (Array.isArray(json)) return json.map((one) => fillLeaves(one, params))
  if (typeof json === 'object' && json !== null) {
    return Object.fromEntries(Object.entries(json).map(([key, one]) => [key, fillLeaves(one, params)]))
  }
  const name = typeof json === 'string' ? /^\$param\.([a-z][a-z0-9_]*)$/.exec(json)?.[1] : undefined
  return name === undefined ? json : (params.get(name) ?? json)
}
