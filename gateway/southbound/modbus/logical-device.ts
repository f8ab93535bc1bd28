import { type QualityCode, qualityCodes } from '#contract/quality.ts'
import type { ModbusDevice, ModbusPoint } from '#gateway/profiles/device.ts'
import { type DecodedValue, decodeValue } from '#gateway/profiles/pipeline-values.ts'
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
    const { value, quality } = decodeScaled(read(answer), point, this.factors)
    return { device: this.device.id, point: point.id, t, value, quality }
  }
}

const noFactor: DecodedValue = { value: null, quality: qualityCodes['bad:decode'] }

/** What `raw` means where the device itself keeps the factor of some points; bad while that is not known. */
export function decodeScaled(
  raw: unknown,
  point: Pick<ModbusPoint, 'id' | 'kind' | 'steps' | 'scaleFrom'>,
  factors: ReadonlyMap<string, number>,
): DecodedValue {
  if (point.scaleFrom === undefined) return decodeValue(raw, point)
  const factor = factors.get(point.id)
  return factor === undefined ? noFactor : decodeValue(raw, point, factor)
}
