import { connect, type MqttClient } from 'mqtt'
import type { Value } from '#contract/sample.ts'
import type { MqttDevice, MqttTopic } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { Faults } from './faults.ts'
import { asShown, toCanonical } from './inverse.ts'
import type { Journal } from './journal.ts'
import { commandedRaw, messageText, timeShown } from './mqtt-message.ts'
import type { SimulatedPoints } from './simulated-points.ts'

export type BrokerAccess = { readonly url: string; readonly username?: string; readonly password?: string }

export type SimulatedMqttOptions = {
  readonly device: MqttDevice
  readonly points: SimulatedPoints
  readonly faults: Faults
  readonly broker: BrokerAccess
  /** The connection of a bridge that speaks for many devices; without it the device has its own. */
  readonly bridge?: MqttClient
  readonly intervalMs: number
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
}

const stopWithinMs = 1000

/**
 * A device that publishes by itself, as its profile says, and takes commands. While the broker is away it measures
 * nothing; what was on its way when the broker went is sent again with the time it had.
 */
export class SimulatedMqttDevice implements AsyncDisposable {
  readonly #options: SimulatedMqttOptions
  readonly #client: MqttClient
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #lastT = 0
  #measuredAt = 0
  #sent = 0

  constructor(options: SimulatedMqttOptions, client: MqttClient) {
    this.#options = options
    this.#client = client
    client.on('connect', () => this.#arrive())
    client.on('message', (topic, payload) => this.#obey(topic, payload.toString()))
    client.on('error', (err) => options.log.debug({ err, device: options.device.id }, 'broker refused'))
    this.#running = this.#run()
  }

  /** Returns at once; the connection is made, and made again, in the background. */
  static start(options: SimulatedMqttOptions): SimulatedMqttDevice {
    const { device, broker, bridge } = options
    const [availability] = device.address.availability
    const will =
      availability === undefined
        ? undefined
        : { topic: availability.topic, payload: availabilityText(availability, 'offline') }
    return new SimulatedMqttDevice(options, bridge ?? connectTo(broker, `sim-${device.id}`, will))
  }

  get isConnected(): boolean {
    return this.#client.connected
  }

  /** Messages handed to the connection since the start. */
  get sent(): number {
    return this.#sent
  }

  /** Publishes now, besides the regular interval. */
  publishNow(): void {
    // Two messages in one millisecond are still two measurements.
    this.#measuredAt = Math.max(this.#options.clock.now(), this.#measuredAt + 1)
    this.#options.points.advance(this.#measuredAt)
    for (const topic of this.#options.device.address.topics) this.#publish(topic)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    const [availability] = this.#options.device.address.availability
    if (this.#client.connected && availability !== undefined) {
      this.#client.publish(availability.topic, availabilityText(availability, 'offline'), {
        qos: 1,
        retain: true,
      })
    }
    if (this.#options.bridge === undefined) await hangUp(this.#client)
  }

  async #run(): Promise<void> {
    const { clock, intervalMs } = this.#options
    // Devices that were switched on together do not send together.
    let next = clock.monotonic() + intervalMs * Math.random()
    while (!this.#stop.signal.aborted) {
      await clock.sleep(Math.max(0, next - clock.monotonic()), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      next = Math.max(next + intervalMs, clock.monotonic() - 10 * intervalMs)
      if (!this.#client.connected) continue
      this.publishNow()
    }
  }

  #arrive(): void {
    const { device } = this.#options
    for (const source of device.address.availability) {
      this.#client.publish(source.topic, availabilityText(source, 'online'), { qos: 1, retain: true })
    }
    const topics = device.points.flatMap(({ write }) => (write === undefined ? [] : [write.to.topic]))
    if (topics.length > 0) this.#client.subscribe([...new Set(topics)], { qos: 1 })
    this.publishNow()
  }

  #publish(topic: MqttTopic): void {
    const { device, points, faults, clock, journal } = this.#options
    const mine = device.points.filter(({ from }) => from?.topic === topic.id)
    const now = clock.now()
    if (mine.length === 0 || /[+#]/.test(topic.filter) || faults.hit('silent', now) !== undefined) return
    const { time } = device.address
    // Two messages never carry the same time: time is what tells them apart.
    const shown = timeShown(time, now + (faults.hit('clock-skew', now)?.ms ?? 0))
    const t = time?.format === 'epoch_s' ? shown : Math.max(shown, this.#lastT + 1)
    this.#lastT = t
    const readPoint = (point: string): Value =>
      asShown(points.value(point), mine.find(({ id }) => id === point)?.steps ?? [])
    const text = messageText({ topic, points: mine, readPoint, t, ...(time === undefined ? {} : { time }) })
    if (this.#spoil(topic, text, now)) return
    const names = mine.map(({ id }) => `${device.id}/${id}`)
    for (const [i, { id }] of mine.entries()) journal.add({ point: names[i] ?? id, t, value: readPoint(id) })
    const put = () =>
      this.#put(topic, text, () => {
        for (const point of names) journal.add({ point, t, takenAt: clock.now() })
      })
    const late = faults.hit('late', now)
    if (late === undefined) put()
    else setTimeout(put, late.ms).unref()
    if (faults.hit('duplicate', now) !== undefined) put()
  }

  /** True when the message was lost or ruined on its way. */
  #spoil(topic: MqttTopic, text: string, now: number): boolean {
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

  #put(topic: MqttTopic, text: string, taken?: () => void): void {
    this.#sent++
    // Acknowledged delivery whatever the profile subscribes with: what a killed broker had not taken is sent again.
    this.#client.publish(topic.filter, text, { qos: topic.qos === 2 ? 2 : 1 }, (error) => {
      if (error === undefined || error === null) taken?.()
    })
  }

  #obey(topic: string, message: string): void {
    const { device, points, clock, faults, log } = this.#options
    const now = clock.now()
    for (const point of device.points) {
      if (point.write?.to.topic !== topic || faults.hit('silent', now) !== undefined) continue
      const raw = commandedRaw(point.write.to, message)
      if (raw === undefined) continue
      const pair = point.write.values?.find(([, sent]) => sent === raw)
      points.write(point.id, pair === undefined ? toCanonical(raw, point.steps) : pair[0], now)
      log.debug({ device: device.id, point: point.id }, 'command taken')
    }
    this.publishNow()
  }
}

/** Connects, and connects again, in the background. `will` is what the broker says when the connection dies. */
export function connectTo(
  { url, username, password }: BrokerAccess,
  clientId: string,
  will?: { readonly topic: string; readonly payload: string },
): MqttClient {
  return connect(url, {
    protocolVersion: 4,
    clientId,
    reconnectPeriod: 500,
    connectTimeout: 5000,
    queueQoSZero: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1 as const, retain: true } }),
  })
}

/** Lets what is on its way arrive, but not for long. */
export async function hangUp(client: MqttClient): Promise<void> {
  const deadline = setTimeout(() => client.end(true), stopWithinMs)
  await client.endAsync(!client.connected)
  clearTimeout(deadline)
}

type Availability = MqttDevice['address']['availability'][number]

function availabilityText(source: Availability, state: 'online' | 'offline'): string {
  const [word = state] = source[state]
  const key = source.ptr?.slice(1)
  return key === undefined || key === '' ? String(word) : JSON.stringify({ [key]: word })
}
