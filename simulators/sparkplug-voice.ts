import type { Value } from '#contract/sample.ts'
import type { MqttDevice, MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import type { Will } from './mqtt-connection.ts'
import { jsonOf } from './mqtt-message.ts'
import { type Metric, sparkplugPayload } from './sparkplug-payload.ts'

export type SparkplugParts = {
  readonly topic: MqttTopic
  readonly points: readonly MqttPoint[]
  readonly readPoint: (point: string) => Value
  /** Source time, epoch ms. */
  readonly t: number
}

/** How a device speaks Sparkplug B: a birth with names and aliases, then data that have the aliases alone. */
export class SparkplugVoice {
  #isBorn = false
  #seq = 0

  /** The next message is a birth. */
  beBorn(): void {
    this.#isBorn = false
  }

  message({ topic, points, readPoint, t }: SparkplugParts): { to: MqttTopic; text: Buffer } {
    const isBirth = !this.#isBorn
    this.#isBorn = true
    const metrics = points.flatMap(({ id, from, steps }, index): Metric[] => {
      if (from === undefined) return []
      const data = { alias: index + 1, t, value: jsonOf(readPoint(id), steps, from) }
      return [isBirth ? { ...data, name: nameOf(topic.root, from.ptr), as: from.as } : data]
    })
    const text = sparkplugPayload({ t, seq: this.#seq++ % 256, metrics })
    return { to: { ...topic, filter: topicOf(topic.filter, isBirth ? 'BIRTH' : 'DATA') }, text }
  }
}

/** The node dies with its connection, and so do its devices. */
export function deathOf({ address }: MqttDevice): Will | undefined {
  const topic = address.topics.find(({ filter }) => filter.includes('/NDEATH/'))?.filter
  if (topic === undefined) return undefined
  return {
    topic,
    payload: sparkplugPayload({ t: Date.now(), metrics: [{ name: 'bdSeq', as: 'number', value: 0 }] }),
    retain: false,
  }
}

/** Of the topics of Sparkplug B: each listener has several, and a device says everything once. */
export function isSaidElsewhere({ codec, filter }: MqttTopic): boolean {
  return codec === 'sparkplugb' && !/\/[ND]BIRTH\//.test(filter)
}

export function nodeCommandTopics({ address }: MqttDevice): string[] {
  return address.topics
    .filter(({ codec }) => codec === 'sparkplugb')
    .map(({ filter }) => filter.replace(/^(spBv1\.0\/[^/]+)\/[^/]+\/([^/]+).*$/, '$1/NCMD/$2'))
}

export function asksForBirth(message: string): boolean {
  return message.includes('Node Control/Rebirth')
}

function topicOf(filter: string, kind: 'BIRTH' | 'DATA'): string {
  const levels = filter.split('/')
  const speaker = levels.length > 4 ? 'D' : 'N'
  return levels.with(2, `${speaker}${kind}`).join('/')
}

/** The member that a pointer names below the metrics. */
function nameOf(root: string, ptr: string): string {
  const [, , name = ''] = `${root}${ptr}`.split('/')
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
