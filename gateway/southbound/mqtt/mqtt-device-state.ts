import { qualityCodes } from '#contract/quality.ts'
import type { MqttAvailability, MqttDevice } from '#gateway/profiles/device.ts'
import type { DriverHost, Reading } from '../driver.ts'
import { LinkState } from '../link-state.ts'
import type { Content } from './decode.ts'
import { valueAtPointer } from './json-pointer.ts'

const maxRemembered = 1000

/** What the driver remembers about one device: is it there, when was it heard, which messages are known. */
export class MqttDeviceState {
  readonly device: MqttDevice
  readonly link: LinkState
  readonly #host: DriverHost
  readonly #offline = new Set<MqttAvailability>()
  /** Fingerprint of a message → when it came (monotonic). */
  readonly #known = new Map<string, number>()
  #heardAt: number
  /** Bad readings were reported and nothing good since. */
  #failed = false

  constructor(device: MqttDevice, host: DriverHost) {
    this.device = device
    this.#host = host
    this.#heardAt = host.clock.monotonic()
    this.link = new LinkState(device, (state, reason) => host.link(device.id, state, reason))
  }

  /** A message with values came. While an availability topic says "offline", that stands. */
  heard(): void {
    this.#heardAt = this.#host.clock.monotonic()
    if (this.#offline.size === 0) this.link.succeeded()
  }

  report(readings: readonly Reading[]): void {
    if (readings.length === 0) return
    this.#failed = false
    this.#host.report(readings)
  }

  available(source: MqttAvailability, state: 'online' | 'offline'): void {
    if (state === 'offline') {
      this.#offline.add(source)
      this.lost(`${source.topic} says offline`)
      return
    }
    this.#offline.delete(source)
    this.#heardAt = this.#host.clock.monotonic()
    if (this.#offline.size === 0) this.link.succeeded()
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

  /** True for a message that came before, where the profile says how to tell. */
  isKnown({ whole }: Content): boolean {
    const { dedupe } = this.device.address
    if (dedupe === undefined) return false
    const parts = dedupe.ptr.map((ptr) => valueAtPointer(whole, ptr))
    if (parts.every((part) => part === undefined)) return false
    const key = JSON.stringify(parts)
    const now = this.#host.clock.monotonic()
    const before = this.#known.get(key)
    if (before !== undefined && now - before < dedupe.windowMs) return true
    this.#known.delete(key)
    this.#known.set(key, now)
    if (this.#known.size > maxRemembered) this.#known.delete(this.#known.keys().next().value ?? '')
    return false
  }

  #failPoints(concerns: (point: MqttDevice['points'][number]) => boolean): void {
    if (this.#failed) return
    this.#failed = true
    const t = this.#host.clock.now()
    const points = this.device.points.filter((point) => point.from !== undefined && concerns(point))
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
