import type { MqttClient } from 'mqtt'
import type { Value } from '#contract/sample.ts'
import type { Logger } from '#lib/logger.ts'
import { answerTo, type Order, ordersIn } from './mqtt-command.ts'
import { availabilityText, type BrokerAccess, connectTo, hangUp, ownAvailability } from './mqtt-connection.ts'
import { MqttVoice, type MqttVoiceOptions } from './mqtt-voice.ts'
import { asksForBirth, deathOf, nodeCommandTopics } from './sparkplug-voice.ts'

export type SimulatedMqttOptions = MqttVoiceOptions & {
  readonly broker: BrokerAccess
  /** The connection of a bridge that speaks for many devices; without it the device has its own. */
  readonly bridge?: MqttClient
  /** Availability topics that other devices have as well. */
  readonly sharedTopics?: ReadonlySet<string>
  readonly intervalMs: number
  readonly log: Logger
}

/** How often a device that notices things by itself looks. */
const lookMs = 1000
/** Between two messages of a value on its way to where it was sent. */
const rampMs = 250

/**
 * A device that publishes by itself, as its profile says, and takes commands. While the broker is away it measures
 * nothing, unless its profile has it remember; what was on its way when the broker went is sent again with the time it had.
 */
export class SimulatedMqttDevice implements AsyncDisposable {
  readonly #options: SimulatedMqttOptions
  readonly #client: MqttClient
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  readonly #voice: MqttVoice
  #measuredAt = 0
  #isAway = false

  constructor(options: SimulatedMqttOptions, client: MqttClient) {
    this.#options = options
    this.#client = client
    this.#voice = new MqttVoice(options, client)
    client.on('connect', () => this.#arrive())
    client.on('message', (topic, payload) => this.#obey(topic, payload.toString()))
    client.on('error', (err) => options.log.debug({ err, device: options.device.id }, 'broker refused'))
    this.#running = this.#run()
  }

  /** Returns at once; the connection is made, and made again, in the background. */
  static start(options: SimulatedMqttOptions): SimulatedMqttDevice {
    const { device, broker, bridge, sharedTopics = new Set() } = options
    const own = ownAvailability(device.address.availability, sharedTopics)
    const will =
      own === undefined
        ? deathOf(device)
        : { topic: own.topic, payload: availabilityText(own, 'offline'), retain: true }
    return new SimulatedMqttDevice(options, bridge ?? connectTo(broker, `sim-${device.id}`, will))
  }

  get isConnected(): boolean {
    return this.#client.connected && !this.#isAway
  }

  /** Messages handed to the connection since the start. */
  get sent(): number {
    return this.#voice.sent
  }

  /** Publishes its state now, besides the regular interval. */
  publishNow(): void {
    if (this.#isAway) return
    this.#measure()
    for (const topic of this.#options.device.address.topics) this.#voice.say(topic)
  }

  /** Something happens: one message, with the state that goes along. False when this is no event of the device. */
  happen(id: string, value: Value): boolean {
    const { device } = this.#options
    const point = device.points.find((one) => one.id === id)
    const topic = device.address.topics.find((one) => one.id === point?.from?.topic)
    if (point?.kind !== 'event' || topic === undefined) return false
    if (this.#isAway) return true
    this.#measure()
    const [word] = point.steps.flatMap((step) => (step.op === 'map' ? step.pairs : []))
    this.#voice.say(topic, { point, value: value === true && word !== undefined ? word[1] : value })
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    if (this.#client.connected) this.#sayAvailable('offline')
    if (this.#options.bridge === undefined) await hangUp(this.#client)
  }

  #measure(): void {
    const { clock, points, faults } = this.#options
    // Two messages in one millisecond are still two measurements.
    this.#measuredAt = Math.max(clock.now(), this.#measuredAt + 1)
    const isFrozen = ['freeze', 'stale'].some(
      (kind) => faults.hit(kind as 'freeze' | 'stale', this.#measuredAt) !== undefined,
    )
    if (!isFrozen || this.#voice.sent === 0) points.advance(this.#measuredAt)
  }

  async #run(): Promise<void> {
    const { clock, intervalMs, points } = this.#options
    const stepMs = points.restless.length > 0 ? Math.min(lookMs, intervalMs) : intervalMs
    // Devices that were switched on together do not send together.
    let next = clock.monotonic() + intervalMs * Math.random()
    while (!this.#stop.signal.aborted) {
      const waitMs = Math.max(0, next - clock.monotonic())
      await clock.sleep(Math.min(stepMs, waitMs, this.#isAway ? lookMs : waitMs), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      this.#checkPower()
      if (clock.monotonic() < next) {
        this.#look()
        continue
      }
      next = Math.max(next + intervalMs, clock.monotonic() - 10 * intervalMs)
      if (this.isConnected) this.publishNow()
      else this.#voice.remember()
    }
  }

  /** Switched off or on again by hand. */
  #checkPower(): void {
    const { faults, clock, bridge } = this.#options
    const isOff = faults.hit('offline', clock.now()) !== undefined
    if (isOff === this.#isAway) return
    this.#isAway = isOff
    if (bridge !== undefined) this.#sayAvailable(isOff ? 'offline' : 'online')
    // Without goodbye, so that the broker gives its last will.
    else if (isOff) this.#client.end(true)
    else this.#client.reconnect()
  }

  /** What changes by itself is told at once. */
  #look(): void {
    const { points, device } = this.#options
    if (!this.isConnected || points.restless.length === 0) return
    this.#measure()
    let isNews = false
    for (const id of points.restless) {
      const value = points.value(id)
      const isEvent = device.points.find((point) => point.id === id)?.kind === 'event'
      if (!this.#voice.isNews(id, value)) continue
      if (!isEvent) isNews = true
      else if (value === true) this.happen(id, true)
    }
    if (isNews) this.publishNow()
  }

  #arrive(): void {
    const { device } = this.#options
    this.#sayAvailable('online')
    const topics = device.points.flatMap(({ write }) => (write === undefined ? [] : [write.to.topic]))
    const all = [...topics, ...nodeCommandTopics(device)]
    if (all.length > 0) this.#client.subscribe([...new Set(all)], { qos: 1 })
    this.#voice.beBorn()
    this.publishNow()
  }

  #sayAvailable(state: 'online' | 'offline'): void {
    const { device, sharedTopics = new Set() } = this.#options
    const death = state === 'offline' ? deathOf(device) : undefined
    if (death !== undefined) this.#client.publish(death.topic, death.payload, { qos: 1 })
    for (const source of device.address.availability) {
      if (state === 'offline' && sharedTopics.has(source.topic)) continue
      this.#client.publish(source.topic, availabilityText(source, state), { qos: 1, retain: true })
    }
  }

  #obey(topic: string, message: string): void {
    const { device, faults, clock } = this.#options
    if (this.#isAway) return
    if (nodeCommandTopics(device).includes(topic) && asksForBirth(message)) {
      this.#voice.beBorn()
      this.publishNow()
      return
    }
    for (const order of ordersIn(device, topic, message)) {
      const now = clock.now()
      if (faults.hit('silent', now) !== undefined) continue
      this.#carryOut(order, faults.hit('exception', now) === undefined ? undefined : 'not now')
    }
  }

  #carryOut(order: Order, refusal: string | undefined): void {
    const { points, clock, log, device } = this.#options
    const answer = answerTo(order, refusal)
    if (answer !== undefined) this.#client.publish(answer.topic, answer.text, { qos: order.to.qos })
    if (refusal !== undefined) return
    points.write(order.point, order.value, clock.now())
    log.debug({ device: device.id, point: order.point }, 'command taken')
    const settlesMs = points.settlesWithin(order.point)
    for (let ms = rampMs; ms < settlesMs; ms += rampMs) this.#publishIn(ms)
    this.#publishIn(settlesMs)
  }

  #publishIn(ms: number): void {
    if (ms <= 0) {
      this.publishNow()
      return
    }
    setTimeout(() => {
      if (!this.#stop.signal.aborted && this.isConnected) this.publishNow()
    }, ms + 5).unref()
  }
}
