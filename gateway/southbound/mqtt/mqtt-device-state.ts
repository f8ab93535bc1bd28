import { good, qualityCodes, stale } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { MqttAvailability, MqttDevice, MqttTopic } from '#gateway/profiles/device.ts'
import type { DriverHost, Reading } from '../driver.ts'
import { LinkState } from '../link-state.ts'
import { DeviceClock } from './device-clock.ts'
import { valueAtPointer } from './json-pointer.ts'
import { SparkplugSession } from './sparkplug/sparkplug-session.ts'

const maxRemembered = 1000
/** A clock that is further behind its last reading than this was set back, and counts from where it is. */
const maxAheadMs = 1_000

/** What the driver remembers about one device: is it there, when was it heard, what it said, is its clock right. */
export class MqttDeviceState {
  readonly device: MqttDevice
  readonly link: LinkState
  readonly clock: DeviceClock
  readonly sparkplug = new SparkplugSession()
  readonly #host: DriverHost
  /** Topics, with the pointer where there is one, that say so. */
  readonly #offline = new Set<string>()
  /** Fingerprint of a message → when it came (monotonic). */
  readonly #known = new Map<string, number>()
  /** The last good value of each point that the device itself said. */
  readonly #values = new Map<string, Value>()
  readonly #deaths = new Set<string>()
  /** When the last message of each topic came. */
  readonly #arrivals = new Map<string, number>()
  #heardAt: number
  #wasHeard = false
  /** Bad readings were reported and nothing good since. */
  #failed = false

  constructor(device: MqttDevice, host: DriverHost) {
    this.device = device
    this.#host = host
    this.#heardAt = host.clock.monotonic()
    this.clock = new DeviceClock(device.address.time?.maxSkewMs ?? 0)
    this.link = new LinkState(device, (state, reason) => host.link(device.id, state, reason))
  }

  /** The device spoke, so long ago. While an availability topic says "offline", that stands. */
  heard(agoMs = 0): void {
    const at = this.#host.clock.monotonic() - agoMs
    this.#heardAt = this.#wasHeard ? Math.max(this.#heardAt, at) : at
    this.#wasHeard = true
    if (this.#offline.size === 0) this.link.succeeded()
  }

  report(readings: readonly Reading[]): void {
    if (readings.length === 0) return
    this.#failed = false
    for (const { point, value, quality, late, kept } of readings) {
      if (late !== true && kept !== true && quality === good) this.#values.set(point, value)
    }
    this.#host.report(readings)
  }

  /**
   * What a broker kept, without a time of its own: nobody knows how old it is, so it is no good value. What the device
   * said itself since is not said again.
   */
  reportUndated(readings: readonly Reading[]): void {
    const unknown = readings.filter(({ point, value }) => this.#values.get(point) !== value)
    this.report(unknown.map((one) => (one.quality === good ? { ...one, quality: stale } : one)))
  }

  valueOf(point: string): Value | undefined {
    return this.#values.get(point)
  }

  available(source: Pick<MqttAvailability, 'topic' | 'ptr'>, state: 'online' | 'offline'): void {
    const key = `${source.topic} ${source.ptr ?? ''}`
    if (state === 'offline') {
      this.#offline.add(key)
      this.lost(`${source.topic} says offline`)
      return
    }
    this.#offline.delete(key)
    this.heard()
  }

  /** A death of Sparkplug B: of the node, or of the device behind it. */
  died(topic: string): void {
    this.sparkplug.died()
    this.#deaths.add(topic)
    this.available({ topic }, 'offline')
  }

  /** Whoever is born has left every death behind. */
  born(): void {
    for (const topic of this.#deaths) this.available({ topic }, 'online')
    this.#deaths.clear()
  }

  /** The device cannot be heard any more: down, and its points have no value until it speaks again. */
  lost(reason: string): void {
    this.link.cut(reason)
    this.#failPoints(() => true)
  }

  /** Down when nothing came for as long as the profile allows. Points with a limit of their own go stale by themselves. */
  checkSilence(): void {
    const { silenceMs } = this.device
    if (silenceMs === undefined || this.link.state === 'down') return
    if (this.#host.clock.monotonic() - this.#heardAt < silenceMs) return
    this.link.cut(`nothing heard for ${Math.round(silenceMs / 1000)} s`)
    this.#failPoints(({ staleAfterMs }) => staleAfterMs === undefined)
  }

  /**
   * The time of a message that has none of its own. Two of the same topic never have the same, though a burst may come
   * within one millisecond: under one time the later value would take the place of the earlier.
   */
  arrivedAt({ id }: MqttTopic, nowMs: number): number {
    const last = this.#arrivals.get(id) ?? 0
    const at = nowMs <= last && last - nowMs < maxAheadMs ? last + 1 : nowMs
    this.#arrivals.set(id, at)
    return at
  }

  /**
   * True for a message that came before, where the profile says how to tell. One that a broker kept is compared and not
   * remembered: the device may still be sending it.
   */
  isKnown({ id }: MqttTopic, whole: unknown, kept: boolean): boolean {
    const { dedupe } = this.device.address
    if (dedupe === undefined) return false
    const parts = dedupe.ptr.map((ptr) => valueAtPointer(whole, ptr))
    if (parts.every((part) => part === undefined)) return false
    const key = JSON.stringify([id, ...parts])
    const now = this.#host.clock.monotonic()
    const before = this.#known.get(key)
    if (before !== undefined && now - before < dedupe.windowMs) return true
    if (kept) return false
    this.#known.delete(key)
    this.#known.set(key, now)
    if (this.#known.size > maxRemembered) this.#known.delete(this.#known.keys().next().value ?? '')
    return false
  }

  #failPoints(concerns: (point: MqttDevice['points'][number]) => boolean): void {
    if (this.#failed) return
    this.#failed = true
    this.#values.clear()
    const t = this.#host.clock.now()
    const points = this.device.points.filter(
      (point) =>
        point.from !== undefined && point.kind !== 'event' && point.hidden !== true && concerns(point),
    )
    this.#host.report(
      points.map(({ id }) => ({
        device: this.device.id,
        point: id,
        t,
        value: null,
        quality: qualityCodes['bad:link'],
      })),
    )
  }
}
