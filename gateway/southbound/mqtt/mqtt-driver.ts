import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { MqttAvailability, MqttDevice, MqttTopic } from '#gateway/profiles/device.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { Driver, DriverHost, Reading, Written } from '../driver.ts'
import {
  availabilityOf,
  decodePayload,
  hasRoomForPoints,
  type MessageMoment,
  type PayloadProblem,
  readingsOf,
  sourceTime,
} from './decode.ts'
import { encodeCommand } from './encode.ts'
import { MqttDeviceState } from './mqtt-device-state.ts'
import { ReadbackWaiters } from './readback-waiters.ts'

export type MqttMessage = { readonly topic: string; readonly payload: Uint8Array; readonly retained: boolean }

/** The local broker, as far as this driver needs it; the composition root hands it in. */
export interface MqttLink {
  subscribe(filter: string, handler: (message: MqttMessage) => void): () => void
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1 }): Promise<void>
  watch(handler: (connected: boolean) => void): () => void
}

export type PayloadRefusal = PayloadProblem | 'duplicate' | 'retained-without-time' | 'availability-word'

export type MqttDriverOptions = {
  readonly link: MqttLink
  /** Counts payloads that were not used, for `/metrics`. */
  readonly onRefused?: (device: string, reason: PayloadRefusal) => void
}

const silenceCheckMs = 1_000
/** A broker that is away for less than this changes nothing about its devices. */
const brokerGraceMs = 5_000
const logEveryMs = 60_000

/** Listens to devices that speak MQTT by themselves. One device's garbage is counted and stays its own problem. */
export class MqttDriver implements Driver {
  readonly #host: DriverHost
  readonly #options: MqttDriverOptions
  readonly #states: readonly MqttDeviceState[]
  readonly #logged = new RateLimit(logEveryMs)
  readonly #waiters: ReadbackWaiters
  #seq = 0

  constructor(options: MqttDriverOptions, host: DriverHost) {
    this.#options = options
    this.#host = host
    this.#waiters = new ReadbackWaiters(host.clock)
    this.#states = host.devices
      .filter((device): device is MqttDevice => device.protocol === 'mqtt')
      .map((device) => new MqttDeviceState(device, host))
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#host
    using subscriptions = new DisposableStack()
    for (const state of this.#states) this.#listen(state, subscriptions)
    let lostAt: number | undefined
    const unwatch = this.#options.link.watch((connected) => {
      lostAt = connected ? undefined : (lostAt ?? clock.monotonic())
    })
    subscriptions.defer(unwatch)

    while (!signal.aborted) {
      await clock.sleep(silenceCheckMs, signal)
      if (lostAt !== undefined && clock.monotonic() - lostAt >= brokerGraceMs) {
        for (const state of this.#states) state.lost('the local broker is not reachable')
      }
      for (const state of this.#states) state.checkSilence()
    }
  }

  async write(
    target: { device: string; point: string },
    value: Value,
    signal: AbortSignal,
  ): Promise<Written> {
    const name = `${target.device}/${target.point}`
    const state = this.#states.find(({ device }) => device.id === target.device)
    const point = state?.device.points.find(({ id }) => id === target.point)
    if (state === undefined || point === undefined)
      throw new AppError('POINT_UNKNOWN', `${name}: no such point`)
    if (value === null) throw new AppError('VALUE_OUT_OF_RANGE', `${name}: no value to write`)
    if (state.link.state === 'down') throw new AppError('LINK_DOWN', `${name}: the device is not there`)
    const encoded = encodeCommand(point, value, ++this.#seq)
    if (!encoded.ok) throw new AppError('VALUE_OUT_OF_RANGE', encoded.reason)

    const readback = point.write?.readback
    if (readback === undefined) {
      await this.#options.link.publish(encoded.topic, encoded.payload, { qos: encoded.qos })
      return {}
    }
    // Listening starts before sending: a fast device answers before publish returns.
    const shown = `${target.device}/${readback.point}`
    using waiter = this.#waiters.start(shown, { wanted: value, ...readback }, signal)
    await this.#options.link.publish(encoded.topic, encoded.payload, { qos: encoded.qos })
    return await waiter.outcome
  }

  #listen(state: MqttDeviceState, subscriptions: DisposableStack): void {
    const { link } = this.#options
    for (const topic of state.device.address.topics) {
      subscriptions.defer(
        link.subscribe(topic.filter, (message) => this.#guard(() => this.#take(state, topic, message))),
      )
    }
    for (const source of state.device.address.availability) {
      subscriptions.defer(
        link.subscribe(source.topic, ({ payload }) =>
          this.#guard(() => this.#takeAvailability(state, source, payload)),
        ),
      )
    }
  }

  /** A bug met by one message must not reach the broker that delivered it. */
  #guard(take: () => void): void {
    try {
      take()
    } catch (error) {
      this.#host.log.error({ err: error }, 'message handling failed')
    }
  }

  #take(state: MqttDeviceState, topic: MqttTopic, message: MqttMessage): void {
    if (message.retained && topic.retained === 'ignore') return
    const readings = this.#read(state, topic, message)
    if (typeof readings === 'string') {
      this.#refuse(state, message, readings)
      return
    }
    if (!message.retained) {
      state.heard()
      for (const { device, point, value } of readings) this.#waiters.seen(`${device}/${point}`, value)
    }
    state.report(readings)
  }

  #read(state: MqttDeviceState, topic: MqttTopic, message: MqttMessage): Reading[] | PayloadRefusal {
    const { device } = state
    const content = decodePayload(topic, message.payload)
    if (!content.ok) return content.reason
    if (!hasRoomForPoints(device, topic, content)) return 'not-an-object'
    if (state.isKnown(content)) return 'duplicate'
    const t = sourceTime(content, device.address.time, this.#host.clock.now())
    const moment = this.#momentOf(t, topic, message)
    return moment === undefined ? 'retained-without-time' : readingsOf(device, topic, content, moment)
  }

  /**
   * What a broker kept from earlier is no news: it is stored as history under its own time, and rules do not look at it.
   * Without a time of its own nobody knows when it was true.
   */
  #momentOf(t: number | undefined, topic: MqttTopic, { retained }: MqttMessage): MessageMoment | undefined {
    const stateOnly = retained && topic.retained === 'state_only'
    if (t !== undefined) return { t, late: stateOnly }
    return stateOnly ? undefined : { t: this.#host.clock.now(), late: false }
  }

  #takeAvailability(state: MqttDeviceState, source: MqttAvailability, payload: Uint8Array): void {
    const word = availabilityOf(source, payload)
    if (word !== undefined) state.available(source, word)
    else this.#refuse(state, { topic: source.topic, payload }, 'availability-word')
  }

  #refuse({ device }: MqttDeviceState, message: Omit<MqttMessage, 'retained'>, reason: PayloadRefusal): void {
    this.#options.onRefused?.(device.id, reason)
    if (quiet.has(reason)) return
    const { topic, payload } = message
    const skipped = this.#logged.pass(`${device.id} ${topic}`, this.#host.clock.monotonic())
    if (skipped === undefined) return
    const start = Buffer.from(payload.subarray(0, 60)).toString('latin1')
    this.#host.log.warn(
      { device: device.id, topic, reason, bytes: payload.length, start, skipped },
      'payload refused',
    )
  }
}

/** By design: a topic may carry other kinds of message, and brokers repeat themselves. Counted, not logged. */
const quiet: ReadonlySet<PayloadRefusal> = new Set(['duplicate', 'not-this-kind', 'retained-without-time'])
