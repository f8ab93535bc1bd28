import type { ModbusDevice } from '#gateway/profiles/device.ts'
import type { Reading } from '#gateway/southbound/driver.ts'
import { keepRunning } from '#gateway/southbound/keep-running.ts'
import type { BusConfig } from '#gateway/southbound/modbus/bus-config.ts'
import { ModbusDriver } from '#gateway/southbound/modbus/modbus-driver.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'

/** One change of a device's link. */
export type LinkChange = {
  readonly device: string
  readonly state: 'up' | 'down'
  readonly reason?: string | undefined
}

/** A Modbus driver as the gateway runs it, with what it said. */
export type RunningModbus = AsyncDisposable & {
  readonly driver: ModbusDriver
  readonly readings: readonly Reading[]
  readonly links: readonly LinkChange[]
  /** `<device>: <kind> <place>: <text>` */
  readonly troubles: readonly string[]
}

export function runModbus(config: BusConfig, devices: readonly ModbusDevice[]): RunningModbus {
  const log = createLogger({ level: 'silent' })
  const readings: Reading[] = []
  const links: LinkChange[] = []
  const troubles: string[] = []
  const driver = new ModbusDriver(config, {
    devices,
    clock: systemClock,
    log,
    report: (more) => readings.push(...more),
    link: (device, state, reason) => links.push({ device, state, reason }),
    trouble: (device, { kind, place, text }) => troubles.push(`${device}: ${kind} ${place}: ${text}`),
  })
  const stop = new AbortController()
  const done = keepRunning(driver, { clock: systemClock, log }, stop.signal, { firstMs: 20, maxMs: 200 })
  return {
    driver,
    readings,
    links,
    troubles,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    },
  }
}
