import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { Device, MqttAvailability, MqttDevice, MqttTopic } from '#gateway/profiles/device.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { Driver, DriverHost, Probed, Written } from '../driver.ts'
import type { Discoverable, Proposal } from '../proposal.ts'
import { hasRoomForPoints, historyOf, readingsOf } from './decode.ts'
import { availabilityOf, decodePayload } from './decode-payload.ts'
import { Discovery } from './discovery/discovery.ts'
import { excerptOf } from './excerpt.ts'
import type { Heard, PayloadRefusal, Refused } from './heard.ts'
import { valueAtPointer } from './json-pointer.ts'
import { type CommandTarget, MqttCommands } from './mqtt-commands.ts'
import { MqttDeviceState } from './mqtt-device-state.ts'
import type { MqttLink, MqttMessage } from './mqtt-link.ts'
import { probeDevice, topicsByFilter } from './probe.ts'
import { sourceTime } from './source-time.ts'
import { SparkplugNodes } from './sparkplug/sparkplug-nodes.ts'

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
  readonly #sparkplug: SparkplugNodes
  readonly #commands: MqttCommands
  readonly #discovery: Discovery

  constructor(options: MqttDriverOptions, host: DriverHost) {
    this.#options = options
    this.#host = host
    this.#commands = new MqttCommands(options.link, host)
    this.#sparkplug = new SparkplugNodes(options.link, host)
    this.#states = host.devices
      .filter((device): device is MqttDevice => device.protocol === 'mqtt')
      .map((device) => new MqttDeviceState(device, host))
    this.#discovery = new Discovery({
      ...{ link: options.link, clock: host.clock },
      configured: this.#states.flatMap(({ device }) => device.address.topics.map(({ filter }) => filter)),
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#host
    using subscriptions = new DisposableStack()
    for (const state of this.#states) this.#listen(state, subscriptions)
    this.#listenToAnswers(subscriptions)
    subscriptions.use(this.#discovery.listen())
    let lostAt: number | undefined
    const unwatch = this.#options.link.watch((connected) => {
      lostAt = connected ? undefined : (lostAt ?? clock.monotonic())
      if (connected) this.#sparkplug.askForBirths(this.#states)
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
    const found = this.#find(target)
    if (value === null) throw new AppError('VALUE_OUT_OF_RANGE', `${found.name}: no value to write`)
    return await this.#commands.write(found, value, signal)
  }

  async probe(device: Device, signal: AbortSignal): Promise<Probed> {
    if (device.protocol !== 'mqtt') throw new AppError('BAD_REQUEST', `${device.id} does not speak MQTT`)
    return await probeDevice(device, { link: this.#options.link, clock: this.#host.clock }, signal)
  }

  proposals(profiles: readonly Discoverable[]): readonly Proposal[] {
    return this.#discovery.proposals(profiles)
  }

  #find({ device, point: id }: { device: string; point: string }): CommandTarget {
    const name = `${device}/${id}`
    const state = this.#states.find((one) => one.device.id === device)
    const point = state?.device.points.find((one) => one.id === id)
    if (state === undefined || point === undefined)
      throw new AppError('POINT_UNKNOWN', `${name}: no such point`)
    if (state.link.state === 'down') throw new AppError('LINK_DOWN', `${name}: the device is not there`)
    return { state, point, name }
  }

  #listen(state: MqttDeviceState, subscriptions: DisposableStack): void {
    const { link } = this.#options
    for (const [filter, topics] of topicsByFilter(state.device)) {
      subscriptions.defer(
        link.subscribe(filter, (message) => this.#guard(() => this.#take(state, topics, message))),
      )
    }
    for (const source of state.device.address.availability) {
      subscriptions.defer(
        link.subscribe(source.topic, (message) =>
          this.#guard(() => this.#takeAvailability(state, source, message)),
        ),
      )
    }
  }

  #listenToAnswers(subscriptions: DisposableStack): void {
    const points = this.#states.flatMap(({ device }) => device.points)
    for (const topic of new Set(points.flatMap(({ write }) => write?.to.ack?.topic ?? []))) {
      const take = (message: MqttMessage): void => {
        if (!message.retained) this.#guard(() => this.#commands.answered(message.topic, message.payload))
      }
      subscriptions.defer(this.#options.link.subscribe(topic, take))
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

  /** A topic can carry several kinds of message; one that fits none of them is refused once. */
  #take(state: MqttDeviceState, topics: readonly MqttTopic[], message: MqttMessage): void {
    let refused: Refused | undefined
    let isTaken = false
    for (const topic of topics) {
      if (message.retained && topic.retained === 'ignore') continue
      const heard = this.#read(state, topic, message)
      if (heard.ok) {
        isTaken = true
        this.#report(state, topic, { ...heard, kept: message.retained })
      } else if (refused === undefined || isQuiet(refused)) {
        refused = heard
      }
    }
    if (isTaken || refused === undefined) return
    // Another kind of message is still the device speaking.
    if (isWellFormed(refused) && !message.retained) state.heard()
    this.#refuse(state, message, refused)
  }

  #read(state: MqttDeviceState, topic: MqttTopic, message: MqttMessage): Heard | Refused {
    if (topic.codec === 'sparkplugb') return this.#sparkplug.read(state, topic, message)
    const { device } = state
    const content = decodePayload(topic, message.payload)
    if (!content.ok) return content
    if (!hasRoomForPoints(device, topic, content))
      return { ok: false, reason: 'not-an-object', at: topic.root }
    if (state.isKnown(topic, content.whole, message.retained)) return { ok: false, reason: 'duplicate' }
    const now = this.#host.clock.now()
    const said = sourceTime(content.whole, device.address.time, now)
    const own = said ?? (message.retained ? message.keptSince : undefined)
    const isUsable = own !== undefined && (message.retained || state.clock.trusts(own, now))
    if (!message.retained && !isUsable) this.#tellClock(state, message.topic, content.whole)
    const moment = { t: isUsable ? own : state.arrivedAt(topic, now), late: false, kept: message.retained }
    return {
      ok: true,
      readings: readingsOf(device, topic, content, moment),
      history: historyOf(device, topic, content, now),
      ...(isUsable ? { ownTime: own } : {}),
    }
  }

  /** A message without any time is as it should be. */
  #tellClock({ device, clock }: MqttDeviceState, topic: string, whole: unknown): void {
    const { time } = device.address
    const said = time === undefined ? undefined : valueAtPointer(whole, time.ptr)
    if (said === undefined || said === null) return
    const { behindMs } = clock
    const text =
      behindMs === undefined
        ? `its time cannot be: ${excerptOf(Buffer.from(JSON.stringify(said)))}`
        : `its clock is ${Math.round(behindMs / 1000)} s behind`
    this.#host.trouble(device.id, { kind: 'clock_wrong', place: topic, text })
  }

  /**
   * What a broker kept from earlier is state and never news: rules do not look at it. It says that the device lives only
   * where its own time says that this was lately.
   */
  #report(
    state: MqttDeviceState,
    topic: MqttTopic,
    { readings, history, ownTime, kept }: Heard & { readonly kept: boolean },
  ): void {
    state.report(history)
    if (!kept) {
      state.heard()
      for (const { device, point, value } of readings) this.#commands.seen(`${device}/${point}`, value)
      state.report(readings)
      return
    }
    if (ownTime === undefined) {
      state.reportUndated(readings)
      return
    }
    const ageMs = this.#host.clock.now() - ownTime
    if (topic.retained === 'use' && ageMs < (state.device.silenceMs ?? 0)) state.heard(ageMs)
    state.report(readings)
  }

  #takeAvailability(state: MqttDeviceState, source: MqttAvailability, message: MqttMessage): void {
    const word = availabilityOf(source, message.payload)
    if (word !== undefined) state.available(source, word)
    else this.#refuse(state, message, { ok: false, reason: 'availability-word', at: source.ptr ?? '' })
  }

  #refuse({ device }: MqttDeviceState, message: MqttMessage, refused: Refused): void {
    const { reason, at } = refused
    const { topic, payload, retained } = message
    this.#options.onRefused?.(device.id, reason)
    if (reason === 'duplicate' && !retained) {
      this.#host.trouble(device.id, { kind: 'payload_duplicate', place: topic, text: 'it came before' })
    }
    if (isQuiet(refused)) return
    const start = excerptOf(payload)
    const place = at === undefined || at === '' ? '' : ` at ${at}`
    const text = `${reason}${place}, ${payload.length} bytes: ${start}`
    this.#host.trouble(device.id, { kind: 'payload_refused', place: topic, text })
    const skipped = this.#logged.pass(`${device.id} ${topic}`, this.#host.clock.monotonic())
    if (skipped === undefined) return
    this.#host.log.warn(
      { device: device.id, topic, reason, at, bytes: payload.length, start, skipped },
      'payload refused',
    )
  }
}

/** Not garbage: the device spoke, and not to us or not so that we understand. */
function isWellFormed({ reason }: Refused): boolean {
  return reason === 'not-this-kind' || reason === 'incomplete'
}

/** By design: a topic may carry other kinds of message, and brokers repeat themselves. Counted, not logged. */
function isQuiet({ reason }: Refused): boolean {
  return reason === 'duplicate' || reason === 'not-this-kind'
}
