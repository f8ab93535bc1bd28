import type { Value } from '#contract/sample.ts'
import type { Fault, Faults } from './faults.ts'
import type { PointState, SimulatedPoints } from './simulated-points.ts'

export type SiteDeviceOptions = {
  readonly id: string
  readonly profile: string
  readonly points: SimulatedPoints
  readonly faults: Faults
  /** A device that speaks by itself says at once what was set by hand. */
  readonly publishNow: () => void
  /** Something that happens and is over; false when the point is no event. */
  readonly happen?: (point: string, value: Value) => boolean
  /** What there is to tell about its connection. */
  readonly link: () => Readonly<Record<string, unknown>>
}

export type DeviceDescription = {
  readonly id: string
  readonly profile: string
  readonly link: Readonly<Record<string, unknown>>
  readonly faults: readonly Fault[]
  readonly points: readonly PointState[]
}

/** One simulated device as the control endpoint sees it, whatever it speaks. */
export class SiteDevice {
  readonly id: string
  readonly points: SimulatedPoints
  readonly faults: Faults
  readonly #options: SiteDeviceOptions

  constructor(options: SiteDeviceOptions) {
    this.id = options.id
    this.points = options.points
    this.faults = options.faults
    this.#options = options
  }

  /** The point keeps the value until it is released; an event happens once. */
  set(point: string, value: Value): void {
    if (this.#options.happen?.(point, value) === true) return
    this.points.hold(point, value)
    this.#options.publishNow()
  }

  describe(): DeviceDescription {
    this.points.advance(Date.now())
    return {
      id: this.id,
      profile: this.#options.profile,
      link: this.#options.link(),
      faults: this.faults.list(),
      points: this.points.list(),
    }
  }
}
