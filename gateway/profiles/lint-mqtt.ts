import type { Finding, Path } from '#lib/explain.ts'
import { eachRules } from './lint-points.ts'
import { broken, type Rule } from './lint-rule.ts'
import type { MqttDiscoveryFields, MqttPointFields, MqttTopicFields } from './mqtt.ts'
import type { MqttProfile } from './profile.ts'

/** Rules that only MQTT profiles can break. Pure. */
export function lintMqtt(profile: MqttProfile): Finding[] {
  return broken([
    ...Object.entries(profile.points).flatMap(([template, fields]) => pointRules(profile, template, fields)),
    ...Object.entries(profile.mqtt.topics).flatMap(([id, topic]) => repetitionRules(profile, id, topic)),
    ...[...topicTexts(profile), ...pointerTexts(profile)].flatMap((text) => topicRules(profile, text)),
    ...(profile.mqtt.backfill ?? []).flatMap((one, i) =>
      backfillRules(profile, one, ['mqtt', 'backfill', i]),
    ),
    ...(profile.mqtt.discovery ?? []).flatMap((one, i) =>
      discoveryRules(profile, one, ['mqtt', 'discovery', i]),
    ),
    ...profile.tests.flatMap(vectorRules),
  ])
}

function pointRules(
  { mqtt }: MqttProfile,
  template: string,
  { from, write, kind, each }: MqttPointFields,
): Rule[] {
  const path: Path = ['points', template]
  const topic = from === undefined ? undefined : mqtt.topics[from.topic]
  const repeats = topic?.each !== undefined && JSON.stringify(topic.each) !== JSON.stringify(each)
  const isEvent = kind === 'event' && topic !== undefined && topic.retained !== 'ignore'
  const command = write === undefined ? undefined : mqtt.commands?.[write.command]
  return [
    [
      from !== undefined && topic === undefined,
      [...path, 'from', 'topic'],
      `there is no topic ${from?.topic}`,
    ],
    [repeats, [...path, 'each'], 'not the same as the each of its topic'],
    [
      isEvent,
      [...path, 'from', 'topic'],
      'an event from a retained message would happen again at every start',
    ],
    [
      write !== undefined && command === undefined,
      [...path, 'write', 'command'],
      `there is no command ${write?.command}`,
    ],
  ]
}

function repetitionRules(
  { params = {} }: MqttProfile,
  id: string,
  { each, filter, also = [], codec, partial, retained }: MqttTopicFields,
): Rule[] {
  const path: Path = ['mqtt', 'topics', id]
  const isRepeated = /<[nmi]>/.test(filter)
  return [
    [isRepeated !== (each !== undefined), path, 'a filter with <n>, <m> or <i> and the key each go together'],
    ...(each === undefined ? [] : eachRules(each, params, [...path, 'each'])),
    ...(codec === 'sparkplugb'
      ? sparkplugRules({ filters: [filter, ...also], partial, retained }, path)
      : []),
  ]
}

type SparkplugTopic = {
  readonly filters: readonly string[]
  readonly partial: boolean | undefined
  readonly retained: MqttTopicFields['retained']
}

function sparkplugRules({ filters, partial, retained }: SparkplugTopic, path: Path): Rule[] {
  const isOther = filters.some(
    (filter) => !/^spBv1\.0\/[^/]+\/[ND](BIRTH|DATA|DEATH)\/[^/]+(\/[^/]+)?$/.test(filter),
  )
  return [
    [
      isOther,
      path,
      'needs filters like spBv1.0/<group>/DDATA/<node>/<device>: births, data and deaths by name',
    ],
    [partial !== true, path, 'data of Sparkplug B have what changed: partial: true'],
    [retained !== 'ignore', path, 'Sparkplug B retains nothing: retained: ignore'],
  ]
}

type Backfill = NonNullable<MqttProfile['mqtt']['backfill']>[number]

function backfillRules(
  { mqtt, points }: MqttProfile,
  { topic, points: listed }: Backfill,
  path: Path,
): Rule[] {
  return [
    [mqtt.topics[topic] === undefined, [...path, 'topic'], `there is no topic ${topic}`],
    ...Object.keys(listed).map((id): Rule => {
      return [points[id]?.from === undefined, [...path, 'points', id], `${id} is no point that is read`]
    }),
  ]
}

type TopicText = { readonly path: Path; readonly text: string; readonly isFilter: boolean }

function topicTexts({ mqtt }: MqttProfile): TopicText[] {
  const filters = Object.entries(mqtt.topics).flatMap(([id, { filter, also = [] }]): TopicText[] => [
    { path: ['mqtt', 'topics', id, 'filter'], text: filter, isFilter: true },
    ...also.map((text, i) => ({ path: ['mqtt', 'topics', id, 'also', i], text, isFilter: true })),
  ])
  const sources = (mqtt.availability?.sources ?? []).map(({ topic }, i): TopicText => {
    return { path: ['mqtt', 'availability', 'sources', i, 'topic'], text: topic, isFilter: false }
  })
  const commands = Object.entries(mqtt.commands ?? {}).map(([id, { topic }]): TopicText => {
    return { path: ['mqtt', 'commands', id, 'topic'], text: topic, isFilter: false }
  })
  const acks = Object.entries(mqtt.commands ?? {}).flatMap(([id, { ack }]): TopicText[] => {
    if (ack === undefined) return []
    return [{ path: ['mqtt', 'commands', id, 'ack', 'topic'], text: ack.topic, isFilter: false }]
  })
  return [...filters, ...sources, ...commands, ...acks]
}

function pointerTexts({ points }: MqttProfile): TopicText[] {
  return Object.entries(points).flatMap(([template, { from }]): TopicText[] => {
    if (from === undefined) return []
    return [{ path: ['points', template, 'from', 'ptr'], text: from.ptr, isFilter: true }]
  })
}

function topicRules({ params = {} }: MqttProfile, { path, text, isFilter }: TopicText): Rule[] {
  const names = [...text.matchAll(/<([^>]*)>/g)]
    .map(([, name = '']) => name)
    .filter((name) => !/^[nmi]$/.test(name))
  return [
    [!isFilter && /[+#]/.test(text), path, 'wildcards are not allowed here'],
    ...names.flatMap((name): Rule[] => {
      const param = params[name]
      const isFilled = param?.default !== undefined || param?.required === true
      return [
        [param === undefined, path, `<${name}> is not a parameter`],
        [param !== undefined && !isFilled, path, `<${name}> needs a default, or required: true`],
      ]
    }),
  ]
}

function discoveryRules(
  { params = {} }: MqttProfile,
  { models, features, params: given = {} }: MqttDiscoveryFields,
  path: Path,
): Rule[] {
  return [
    [
      models === undefined && features === undefined,
      path,
      'needs models or features: it would fit everything',
    ],
    ...Object.keys(given).map((name): Rule => {
      return [params[name] === undefined, [...path, 'params', name], `${name} is not a parameter`]
    }),
  ]
}

function vectorRules({ mqtt, mqtt_out, write }: MqttProfile['tests'][number], i: number): Rule[] {
  const path: Path = ['tests', i]
  const payloads = [mqtt?.payload, mqtt?.payload_text, mqtt?.payload_base64]
  const isOne = payloads.filter((one) => one !== undefined).length === 1
  return [
    [(write === undefined) !== (mqtt_out === undefined), path, 'write and mqtt_out go together'],
    [write === undefined && mqtt === undefined, path, 'nothing to read: mqtt is missing'],
    [mqtt !== undefined && !isOne, [...path, 'mqtt'], 'needs payload, payload_text or payload_base64'],
  ]
}
