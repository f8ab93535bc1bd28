import { type QualityCode, qualityCodes } from '#contract/quality.ts'
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { type Backoff, backoffMs } from '#lib/backoff.ts'
import type { DriverHost, Reading } from '../driver.ts'
import { LinkState } from '../link-state.ts'

/** How long a silent unit is left alone: it may cost the bus one timeout per wait and no more. */
const silence: Backoff = { firstMs: 1000, maxMs: 30_000 }

/** What the driver remembers about one device, over reconnects too. */
export class UnitState {
  readonly device: ModbusDevice
  readonly link: LinkState
  /** Set while the unit does not answer: when it is asked again. */
  silentUntil: number | undefined
  /** False until the registers that tell the device's identity were checked on this connection. */
  identified = false
  readonly #host: DriverHost
  /** Points whose failure has been told. */
  readonly #failed = new Set<string>()
  #timeouts = 0
  #silences = 0

  constructor(device: ModbusDevice, host: DriverHost) {
    this.device = device
    this.#host = host
    this.link = new LinkState(device, (state, reason) => host.link(device.id, state, reason))
  }

  /** The unit answered, whatever the answer was. True when it had been silent before. */
  answered(): boolean {
    const wasSilent = this.silentUntil !== undefined
    this.#timeouts = 0
    this.#silences = 0
    this.silentUntil = undefined
    this.link.succeeded()
    return wasSilent
  }

  /** One more request without an answer. After the profile's retries the unit counts as silent and waits. */
  timedOut(nowMs: number, reason: string): void {
    this.#timeouts++
    this.link.failed(reason)
    if (this.silentUntil === undefined && this.#timeouts <= this.device.address.timing.retries) return
    this.rest(nowMs)
    this.failAll('bad:timeout')
  }

  /** Leaves the unit alone for a while, longer each time. */
  rest(nowMs: number): void {
    this.silentUntil = nowMs + backoffMs(this.#silences++, silence)
    this.identified = false
  }

  failAll(quality: keyof typeof qualityCodes): void {
    const readable = this.device.points.filter(({ from }) => from !== undefined)
    this.fail(
      readable.map(({ id }) => id),
      qualityCodes[quality],
    )
  }

  /** One bad reading per point and failure, however often the read fails. */
  fail(points: readonly string[], quality: QualityCode): void {
    const news = points.filter((point) => !this.#failed.has(point))
    if (news.length === 0) return
    const t = this.#host.clock.now()
    for (const point of news) this.#failed.add(point)
    this.#host.report(news.map((point) => ({ device: this.device.id, point, t, value: null, quality })))
  }

  report(readings: readonly Reading[]): void {
    for (const { point } of readings) this.#failed.delete(point)
    this.#host.report(readings)
  }
}
