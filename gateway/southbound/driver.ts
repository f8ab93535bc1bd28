import type { BusReport } from '#contract/bus-report.ts'
import type { Machine } from '#contract/catalogue.ts'
import type { Trouble } from '#contract/device-errors.ts'
import type { QualityCode } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { Device } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { Discoverable, Proposal } from './proposal.ts'

/** What a driver saw of one point. `t` is the source's time where the source says one, else the time of the read. */
export type Reading = {
  readonly device: string
  readonly point: string
  readonly t: number
  readonly value: Value
  readonly quality: QualityCode
  /** From the device's own memory: history, not news. */
  readonly late?: boolean
  /** What a broker kept from before we listened: the state of things, shown and stored, but nothing that just happened. */
  readonly kept?: boolean
}

/** What the device answered to a write. `readBack` is absent where the profile has no way to ask. */
export type Written = { readonly readBack?: Value; readonly verified?: boolean }

/** One connection: one serial bus, one broker subscription, one camera. */
export interface Driver {
  /** Serves the connection until `signal` aborts. Throwing means "start me again later"; the runner owns the back-off. */
  run(signal: AbortSignal): Promise<void>
  /**
   * Resolves when the device confirmed the write and was read back where the profile says how. `value` is canonical
   * (the point's unit) and already checked against the profile's range.
   * Throws AppError DEVICE_TIMEOUT, DEVICE_REFUSED or LINK_DOWN.
   */
  write(target: { device: string; point: string }, value: Value, signal: AbortSignal): Promise<Written>
  /**
   * Commissioning: reads every point of a device that need not be configured yet, once, over the running line and
   * between its polls. Reports nothing. Throws AppError DEVICE_TIMEOUT, DEVICE_REFUSED or LINK_DOWN when there is no
   * device at all.
   */
  probe?(device: Device, signal: AbortSignal): Promise<Probed>
  /**
   * Devices that announced themselves and that nobody added, the newest first, each with that of `profiles` that fits it
   * best. Protocols without announcements have none.
   */
  proposals?(profiles: readonly Discoverable[]): readonly Proposal[]
  /** How the line and what is on it are doing; cheap, and never throws. */
  report?(): BusReport
}

/** What one look at a device saw, raw beside decoded. */
export type Probed = {
  readonly points: readonly ProbedPoint[]
  /** Whether the device is what the profile says, and which variant would fit where it is not. */
  readonly identity?: { readonly fits: boolean; readonly text: string; readonly variant?: string }
}
export type ProbedPoint = {
  readonly point: string
  /** As it came: `0x4366 0x3333`, a JSON leaf, an ONVIF item; absent where nothing came. */
  readonly raw?: string
  readonly value: Value
  readonly quality: QualityCode
  /** Why there is no good value. */
  readonly reason?: string
}

/** The only things a driver may touch outside its own folder. */
export interface DriverHost {
  readonly devices: readonly Device[]
  readonly clock: Clock
  readonly log: Logger
  /** Never throws and never waits: a slow consumer must not stall a bus. */
  report(readings: readonly Reading[]): void
  link(device: string, state: 'up' | 'down', reason?: string): void
  /** Each time something goes wrong with a device that its values alone do not explain; kept for whoever looks at it. */
  trouble(device: string, trouble: Trouble): void
  /** The device was asked who it is, and this is what it said. Absent where nobody wants to know. */
  machine?(device: string, said: Machine): void
}
