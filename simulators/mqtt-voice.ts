import type { MqttClient } from 'mqtt'
import type { Value } from '#contract/sample.ts'
import type { MqttDevice, MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Faults } from './faults.ts'
import { asShown } from './inverse.ts'
import type { Journal } from './journal.ts'
import { DeviceMemory } from './mqtt-memory.ts'
import { countsSeconds, messageText, timeShown } from './mqtt-message.ts'
import type { SimulatedPoints } from './simulated-points.ts'
import { isSaidElsewhere, SparkplugVoice } from './sparkplug-voice.ts'

export type MqttVoiceOptions = {
  readonly device: MqttDevice
  readonly points: SimulatedPoints
  readonly faults: Faults
  /** Of what it sends. As the profile listens when absent. */
  readonly qos?: 0 | 1
  /** The broker keeps the last state for later listeners. */
  readonly retain?: boolean
  readonly journal: Journal
  readonly clock: Clock
}

type Event = { readonly point: MqttPoint; readonly value: Value }

/** What a device says: messages with their time, written down in the journal, and what befalls them on their way. */
export class MqttVoice {
  readonly #options: MqttVoiceOptions
  readonly #client: MqttClient
  readonly #memory: DeviceMemory
  readonly #told = new Map<string, Value>()
  readonly #sparkplug = new SparkplugVoice()
  #lastT = 0
  #sent = 0

  constructor(options: MqttVoiceOptions, client: MqttClient) {
    this.#options = options
    this.#client = client
    this.#memory = new DeviceMemory(options.device)
  }

  /** Messages handed to the connection since the start. */
  get sent(): number {
    return this.#sent
  }

  /** Sparkplug B: the next message says again what there is. */
  beBorn(): void {
    this.#sparkplug.beBorn()
  }

  /** True when the value is news to who listens; from then on it is not. */
  isNews(point: string, value: Value): boolean {
    const isNews = this.#told.get(point) !== value
    this.#told.set(point, value)
    return isNews
  }

  /** Nobody hears it: a device that can keeps it for later. */
  remember(): void {
    const { points, clock } = this.#options
    if (this.#memory.isEmpty) return
    points.advance(clock.now())
    this.#memory.add(clock.now(), (id) => this.#shown(id))
  }

  /** The state of one topic, and an event when there is one. */
  say(topic: MqttTopic, event?: Event): void {
    const { device, faults, clock, journal } = this.#options
    const now = clock.now()
    const state = device.points.filter(({ from, kind }) => from?.topic === topic.id && kind !== 'event')
    const carried = event === undefined ? state : [...state, event.point]
    if (carried.length === 0 || isSaidElsewhere(topic)) return
    if (faults.hit('silent', now) !== undefined) {
      this.remember()
      return
    }
    const { time, dedupe } = device.address
    const t = this.#timeOf(now)
    const read = (id: string): Value => (id === event?.point.id ? event.value : this.#shown(id))
    const remembered = this.#memory.take(topic.id)
    const parts = { topic, points: carried, readPoint: read, t }
    const { to, text } =
      topic.codec === 'sparkplugb'
        ? this.#sparkplug.message(parts)
        : {
            to: topic,
            text: messageText({
              ...{ ...parts, history: remembered.lists },
              ...(time === undefined ? {} : { time }),
              ...(dedupe === undefined ? {} : { number: { ptr: dedupe.ptr, value: this.#sent + 1 } }),
            }),
          }
    if (this.#spoil(to, text, now)) return
    for (const { id } of state) this.#told.set(id, this.#options.points.value(id))
    const told = [...remembered.values, ...carried.map(({ id }) => ({ id, t, value: read(id) }))]
    for (const { id, t: at, value } of told) journal.add({ point: `${device.id}/${id}`, t: at, value })
    this.#send(to, text, () => {
      for (const { id, t: at } of told)
        journal.add({ point: `${device.id}/${id}`, t: at, takenAt: clock.now() })
    })
  }

  #shown(id: string): Value {
    const { device, points } = this.#options
    return asShown(points.value(id), device.points.find((point) => point.id === id)?.steps ?? [])
  }

  /** Two messages never carry the same time where time is what tells them apart. */
  #timeOf(now: number): number {
    const { device, faults } = this.#options
    if (this.#lastT > 0 && faults.hit('stale', now) !== undefined) return this.#lastT
    const { time } = device.address
    const shown = timeShown(time, now + (faults.hit('clock-skew', now)?.ms ?? 0))
    this.#lastT = countsSeconds(time) ? shown : Math.max(shown, this.#lastT + 1)
    return this.#lastT
  }

  #send(topic: MqttTopic, text: string | Buffer, taken: () => void): void {
    const { faults, clock } = this.#options
    const now = clock.now()
    const put = () => this.#put(topic, text, taken)
    const late = faults.hit('late', now)
    if (late === undefined) put()
    else setTimeout(put, late.ms).unref()
    if (faults.hit('duplicate', now) !== undefined) put()
  }

  /** True when the message was lost or ruined on its way. */
  #spoil(topic: MqttTopic, text: string | Buffer, now: number): boolean {
    const { faults } = this.#options
    if (faults.hit('disconnect', now) !== undefined) {
      this.#client.stream.destroy()
      return true
    }
    if (faults.hit('garbage', now) !== undefined) {
      this.#put(topic, '\u0000{"not": json')
      return true
    }
    if (faults.hit('half-frame', now) === undefined) return false
    this.#put(topic, text.slice(0, text.length / 2))
    return true
  }

  #put({ filter, qos }: MqttTopic, text: string | Buffer, taken?: () => void): void {
    this.#sent++
    const { qos: own = qos, retain = false } = this.#options
    // A level that the profile leaves open can be anything.
    const name = filter.replaceAll(/[+#]/g, 'device')
    this.#client.publish(name, text, { qos: own, retain }, (error) => {
      if (error === undefined || error === null) taken?.()
    })
  }
}
