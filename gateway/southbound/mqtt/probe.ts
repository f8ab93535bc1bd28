import { AppError } from '#contract/errors.ts'
import { qualityCodes, qualityReason } from '#contract/quality.ts'
import type { MqttDevice, MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Probed, ProbedPoint } from '../driver.ts'
import { type DecodedPoint, decodePoints, hasRoomForPoints } from './decode.ts'
import { availabilityOf, decodePayload } from './decode-payload.ts'
import type { MqttLink, MqttMessage } from './mqtt-link.ts'
import { nodeCommandTopic, rebirthRequest } from './sparkplug/sparkplug-topic.ts'

/** A plug speaks every few seconds when somebody stands before it; a button is pressed meanwhile. */
export const probeMs = 8_000
const maxRaw = 200

type Heard = {
  readonly points: Map<string, DecodedPoint>
  /** Why a message gave nothing, by topic; said where nothing else came. */
  readonly problems: Map<string, string>
  messages: number
}

/**
 * Listens to a device, configured or not, until every point that is a state has come, at most for `probeMs`. What the
 * broker kept counts as well. Throws DEVICE_TIMEOUT when nothing at all came.
 */
export async function probeDevice(
  device: MqttDevice,
  { link, clock }: { readonly link: MqttLink; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Probed> {
  const heard: Heard = { points: new Map(), problems: new Map(), messages: 0 }
  const complete = new AbortController()
  const readable = device.points.filter(({ from }) => from !== undefined)
  const states = readable.filter(({ kind }) => kind !== 'event')
  using subscriptions = new DisposableStack()
  for (const [filter, topics] of topicsByFilter(device)) {
    const take = (message: MqttMessage): void => {
      heard.messages++
      for (const topic of topics) note(device, topic, message, heard)
      if (states.every(({ id }) => heard.points.has(id))) complete.abort()
    }
    subscriptions.defer(link.subscribe(filter, take))
  }
  for (const source of device.address.availability) {
    subscriptions.defer(
      link.subscribe(source.topic, ({ payload }) => {
        const word = availabilityOf(source, payload)
        if (word !== undefined) heard.messages++
        if (word === 'offline') heard.problems.set(source.topic, `${source.topic} says offline`)
      }),
    )
  }
  // What changes seldom is said by a birth alone; one request is enough for the node.
  const births = device.address.topics.flatMap(({ codec, filter }) =>
    codec === 'sparkplugb' ? (nodeCommandTopic(filter) ?? []) : [],
  )
  for (const topic of new Set(births)) {
    // Whoever does not come is told below.
    link.publish(topic, rebirthRequest(clock.now()), { qos: 0 }).catch(() => {})
  }
  await clock.sleep(probeMs, AbortSignal.any([signal, complete.signal]))
  const filters = [...topicsByFilter(device).keys()].join(', ')
  if (heard.messages === 0) {
    throw new AppError(
      'DEVICE_TIMEOUT',
      `nothing came on ${filters} within ${probeMs / 1000} s: check the topic, or make the device send`,
    )
  }
  return { points: readable.map((point) => shown(point, heard)) }
}

/** Several kinds of message may come on one topic; each filter is subscribed to once. */
export function topicsByFilter({ address }: MqttDevice): Map<string, MqttTopic[]> {
  return Map.groupBy(address.topics, ({ filter }) => filter)
}

function note(device: MqttDevice, topic: MqttTopic, { payload }: MqttMessage, heard: Heard): void {
  const content = decodePayload(topic, payload)
  if (!content.ok) {
    const at = content.at === undefined ? '' : ` at ${content.at}`
    heard.problems.set(topic.id, `${topic.filter}: ${content.reason}${at}`)
    return
  }
  if (!hasRoomForPoints(device, topic, content)) {
    heard.problems.set(topic.id, `${topic.filter}: not-an-object`)
    return
  }
  for (const decoded of decodePoints(device, topic, content)) {
    const before = heard.points.get(decoded.point.id)
    if (before === undefined || decoded.raw !== undefined) heard.points.set(decoded.point.id, decoded)
  }
}

function shown(point: MqttPoint, heard: Heard): ProbedPoint {
  const found = heard.points.get(point.id)
  if (found === undefined) {
    const problem = heard.problems.get(point.from?.topic ?? '')
    const reason = problem ?? `no message had ${point.from?.ptr || 'a value'} in the time of the test`
    return { point: point.id, value: null, quality: qualityCodes['bad:missing'], reason }
  }
  const { raw, value, quality } = found
  const why = quality === qualityCodes.good ? undefined : qualityReason(quality)
  return {
    ...{ point: point.id, value, quality },
    ...(raw === undefined ? {} : { raw: JSON.stringify(raw).slice(0, maxRaw) }),
    ...(why === undefined ? {} : { reason: `${point.from?.ptr || 'the payload'}: ${why}` }),
  }
}
