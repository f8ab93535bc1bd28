import type { MqttClient } from 'mqtt'
import type { Value } from '#contract/sample.ts'
import type { MqttDevice, MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { Faults } from './faults.ts'
import { asShown } from './inverse.ts'
import type { Journal } from './journal.ts'
import { answerTo, type Order, ordersIn } from './mqtt-command.ts'
import { availabilityText, type BrokerAccess, connectTo, hangUp, ownAvailability } from './mqtt-connection.ts'
import { DeviceMemory } from './mqtt-memory.ts'
import { countsSeconds, messageText, timeShown } from './mqtt-message.ts'
import type { SimulatedPoints } from './simulated-points.ts'

export type SimulatedMqttOptions = {
  readonly device: MqttDevice
  readonly points: SimulatedPoints
  readonly faults: Faults
  readonly broker: BrokerAccess
  /** The connection of a bridge that speaks for many devices; without it the device has its own. */
  readonly bridge?: MqttClient
  /** Availability topics that other devices have as well. */
  readonly sharedTopics?: ReadonlySet<string>
  readonly intervalMs: number
  /** Of what it sends. As the profile listens when absent. */
  readonly qos?: 0 | 1
  /** The broker keeps the last state for later listeners. */
  readonly retain?: boolean
  readonly journal: Journal
  readonly clock: Clock
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
  readonly #memory: DeviceMemory
  /** What a listener knows of the points that it is told of at once. */
  readonly #told = new Map<string, Value>()
  #lastT = 0
  #measuredAt = 0
  #sent = 0
  #isAway = false

  constructor(options: SimulatedMqttOptions, client: MqttClient) {
    this.#options = options
    this.#client = client
    this.#memory = new DeviceMemory(options.device)
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
      own === undefined ? undefined : { topic: own.topic, payload: availabilityText(own, 'offline') }
    return new SimulatedMqttDevice(options, bridge ?? connectTo(broker, `sim-${device.id}`, will))
  }

  get isConnected(): boolean {
    return this.#client.connected && !this.#isAway
  }

  /** Messages handed to the connection since the start. */
  get sent(): number {
    return this.#sent
  }

  /** Publishes its state now, besides the regular interval. */
  publishNow(): void {
    this.#measure()
    for (const topic of this.#options.device.address.topics) this.#publish(topic)
  }

  /** Something happens: one message, with the state that goes along. False when this is no event of the device. */
  happen(id: string, value: Value): boolean {
    const { device } = this.#options
    const point = device.points.find((one) => one.id === id)
    const topic = device.address.topics.find((one) => one.id === point?.from?.topic)
    if (point?.kind !== 'event' || topic === undefined) return false
    this.#measure()
    const [word] = point.steps.flatMap((step) => (step.op === 'map' ? step.pairs : []))
    this.#publish(topic, { point, value: value === true && word !== undefined ? word[1] : value })
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
    if (!isFrozen || this.#sent === 0) points.advance(this.#measuredAt)
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
      else this.#remember()
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
      if (value === this.#told.get(id)) continue
      this.#told.set(id, value)
      if (!isEvent) isNews = true
      else if (value === true) this.happen(id, true)
    }
    if (isNews) this.publishNow()
  }

  #remember(): void {
    const { points, clock } = this.#options
    if (this.#memory.isEmpty) return
    points.advance(clock.now())
    this.#memory.add(clock.now(), (id) => this.#shown(id))
  }

  #arrive(): void {
    const { device } = this.#options
    this.#sayAvailable('online')
    const topics = device.points.flatMap(({ write }) => (write === undefined ? [] : [write.to.topic]))
    if (topics.length > 0) this.#client.subscribe([...new Set(topics)], { qos: 1 })
    this.publishNow()
  }

  #sayAvailable(state: 'online' | 'offline'): void {
    const { device, sharedTopics = new Set() } = this.#options
    for (const source of device.address.availability) {
      if (state === 'offline' && sharedTopics.has(source.topic)) continue
      this.#client.publish(source.topic, availabilityText(source, state), { qos: 1, retain: true })
    }
  }

  #shown(id: string): Value {
    const { device, points } = this.#options
    return asShown(points.value(id), device.points.find((point) => point.id === id)?.steps ?? [])
  }

  #publish(topic: MqttTopic, event?: { readonly point: MqttPoint; readonly value: Value }): void {
    const { device, faults, clock, journal } = this.#options
    const now = clock.now()
    const state = device.points.filter(({ from, kind }) => from?.topic === topic.id && kind !== 'event')
    const carried = event === undefined ? state : [...state, event.point]
    if (carried.length === 0 || this.#isAway) return
    if (faults.hit('silent', now) !== undefined) {
      this.#remember()
      return
    }
    const { time, dedupe } = device.address
    const t = this.#timeOf(now)
    const read = (id: string): Value => (id === event?.point.id ? event.value : this.#shown(id))
    const remembered = this.#memory.take(topic.id)
    const text = messageText({
      ...{ topic, points: carried, readPoint: read, t, history: remembered.lists },
      ...(time === undefined ? {} : { time }),
      ...(dedupe === undefined ? {} : { number: { ptr: dedupe.ptr, value: this.#sent + 1 } }),
    })
    if (this.#spoil(topic, text, now)) return
    for (const { id } of state) this.#told.set(id, this.#options.points.value(id))
    const told = [...remembered.values, ...carried.map(({ id }) => ({ id, t, value: read(id) }))]
    for (const { id, t: at, value } of told) journal.add({ point: `${device.id}/${id}`, t: at, value })
    this.#send(topic, text, () => {
      for (const { id, t: at } of told)
        journal.add({ point: `${device.id}/${id}`, t: at, takenAt: clock.now() })
    })
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

  #send(topic: MqttTopic, text: string, taken: () => void): void {
    const { faults, clock } = this.#options
    const now = clock.now()
    const put = () => this.#put(topic, text, taken)
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

  #put({ filter, qos }: MqttTopic, text: string, taken?: () => void): void {
    this.#sent++
    const { qos: own = qos, retain = false } = this.#options
    // A level that the profile leaves open can be anything.
    const name = filter.replaceAll(/[+#]/g, 'device')
    this.#client.publish(name, text, { qos: own, retain }, (error) => {
      if (error === undefined || error === null) taken?.()
    })
  }

  #obey(topic: string, message: string): void {
    const { device, faults, clock } = this.#options
    if (this.#isAway) return
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
