import { type QualityCode, qualityCodes } from '#contract/quality.ts'
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { DriverHost, Reading } from '../driver.ts'
import { LinkState } from '../link-state.ts'
import type { PointReader } from './owned-points.ts'

/** One configured device; several may share a physical unit. Tells every failure of a point once. */
export class LogicalDevice {
  readonly device: ModbusDevice
  readonly link: LinkState
  /** Why the unit is not what the profile says; its points are not reported then. */
  misfit: string | undefined
  /** One-time settings of the profile that the unit does not have. */
  unmetSetup: readonly string[] = []
  /** By point: what its raw value is multiplied by, as the device says. */
  factors: ReadonlyMap<string, number> = new Map()
  readonly #host: DriverHost
  /** Points whose failure has been told. */
  readonly #failed = new Set<string>()

  constructor(device: ModbusDevice, host: DriverHost) {
    this.device = device
    this.#host = host
    this.link = new LinkState(device, (state, reason) => host.link(device.id, state, reason))
  }

  /** What an answer says about this device's points. */
  readAll(readers: readonly PointReader[], answer: Buffer, t: number): void {
    const readings = readers.map((reader) => this.#readingOf(reader, answer, t))
    if (this.#failed.size > 0) for (const { point } of readings) this.#failed.delete(point)
    this.#host.report(readings)
  }

  report(readings: readonly Reading[]): void {
    for (const { point } of readings) this.#failed.delete(point)
    this.#host.report(readings)
  }

  failAll(quality: keyof typeof qualityCodes): void {
    const readable = this.device.points.filter(({ from, hidden }) => from !== undefined && hidden !== true)
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

  #readingOf({ point, read }: PointReader, answer: Buffer, t: number): Reading {
    const { id, scaleFrom } = point
    const factor = scaleFrom === undefined ? 1 : this.factors.get(id)
    const { value, quality } = factor === undefined ? noFactor : decodeValue(read(answer), point, factor)
    return { device: this.device.id, point: id, t, value, quality }
  }
}

/** While it is not known what the device multiplies its numbers by. */
const noFactor = { value: null, quality: qualityCodes['bad:decode'] }
