import type { GatewayEvent } from '#contract/events.ts'
import type { DeviceErrors } from '#gateway/health/device-errors.ts'
import type { DeviceLinks } from '#gateway/health/device-links.ts'
import type { DeviceMachines } from '#gateway/health/device-machines.ts'
import type { GatewayMetrics } from '#gateway/health/metrics.ts'
import type { Pipeline } from '#gateway/pipeline/pipeline.ts'
import type { Device } from '#gateway/profiles/device.ts'
import type { DriverHost } from '#gateway/southbound/driver.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'

export type HostParts = {
  readonly pipeline: Pipeline
  readonly links: DeviceLinks
  readonly errors: DeviceErrors
  readonly machines: DeviceMachines
  readonly metrics: GatewayMetrics
  readonly emit: (event: GatewayEvent) => Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

export type HostFor = (name: string, devices: readonly Device[]) => DriverHost

/** What a driver sees of the gateway: readings into the pipeline, links and errors into health, the log and the events. */
export function driverHosts(parts: HostParts): HostFor {
  const { pipeline, links, errors, machines, metrics, emit, clock, log } = parts
  return (name, devices) => {
    const driverLog = log.child({ part: 'driver', driver: name })
    return {
      devices,
      clock,
      log: driverLog,
      report(readings) {
        metrics.readings.inc(readings.length)
        pipeline.accept(readings)
      },
      link(device, state, reason) {
        const at = clock.now()
        const link = { state, at, ...(reason === undefined ? {} : { reason: reason.slice(0, 300) }) }
        const before = links.get(device)
        // A driver that was started anew says what is known: since when stays as it is.
        if (before?.state === state && before.reason === link.reason) return
        links.set(device, link)
        const downMs = before?.state === 'down' ? { downMs: at - before.at } : {}
        if (state === 'up') driverLog.info({ device, ...downMs }, 'device is up')
        else driverLog.warn({ device, reason: link.reason }, 'device is down')
        emit({ kind: 'link', device, ...link }).catch((err: unknown) => {
          driverLog.error({ err, device }, 'link event not stored')
        })
      },
      trouble: (device, trouble) => errors.add(device, trouble, clock.now()),
      machine: (device, said) => machines.set(device, said),
    }
  }
}
