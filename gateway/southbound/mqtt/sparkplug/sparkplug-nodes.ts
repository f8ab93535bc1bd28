import type { MqttTopic } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { Heard, Refused } from '../heard.ts'
import type { MqttDeviceState } from '../mqtt-device-state.ts'
import type { MqttLink, MqttMessage } from '../mqtt-link.ts'
import { decodeSparkplug } from './decode-sparkplug.ts'
import { momentReadings } from './moment-readings.ts'
import { nodeCommandTopic, rebirthRequest, sparkplugKind } from './sparkplug-topic.ts'

type Ports = { readonly clock: Clock; readonly log: Logger }

const birthEveryMs = 60_000

/** Devices that speak Sparkplug B: births teach, data use what was taught, deaths end it. */
export class SparkplugNodes {
  readonly #link: Pick<MqttLink, 'publish'>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #asked = new RateLimit(birthEveryMs)

  constructor(link: Pick<MqttLink, 'publish'>, { clock, log }: Ports) {
    this.#link = link
    this.#clock = clock
    this.#log = log
  }

  read(state: MqttDeviceState, topic: MqttTopic, message: MqttMessage): Heard | Refused {
    const { device, sparkplug } = state
    const kind = sparkplugKind(message.topic)
    if (kind === undefined) return { ok: false, reason: 'not-this-kind' }
    if (kind === 'death') {
      state.died(message.topic)
      return { ok: true, readings: [], history: [] }
    }
    if (message.payload.length > topic.maxBytes) return { ok: false, reason: 'too-large' }
    const decoded = decodeSparkplug(message.payload)
    if (!decoded.ok) return { ok: false, reason: 'not-sparkplug' }
    const { moments, isComplete } = sparkplug.take(decoded.payload, kind === 'birth')
    if (kind === 'birth') state.born()
    if (!isComplete) this.#askForBirth(message.topic)
    const now = this.#clock.now()
    const all = moments.flatMap((moment) => momentReadings(device, topic, moment, now))
    return {
      ok: true,
      readings: all.filter(({ late }) => late !== true),
      history: all.filter(({ late }) => late === true),
    }
  }

  /** Nodes say values when they change: what they are now has to be asked for. */
  askForBirths(states: readonly MqttDeviceState[]): void {
    const topics = states.flatMap(({ device }) => device.address.topics)
    for (const { codec, filter } of topics) if (codec === 'sparkplugb') this.#askForBirth(filter)
  }

  /** At most once a minute for a node: every device behind it answers. */
  #askForBirth(filter: string): void {
    const topic = nodeCommandTopic(filter)
    if (topic === undefined || this.#asked.pass(topic, this.#clock.monotonic()) === undefined) return
    this.#link.publish(topic, rebirthRequest(this.#clock.now()), { qos: 0 }).catch((err: unknown) => {
      this.#log.debug({ err, topic }, 'rebirth not asked for')
    })
  }
}
