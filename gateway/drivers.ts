import type { Device } from '#gateway/profiles/device.ts'
import type { Driver, DriverHost } from '#gateway/southbound/driver.ts'
import type { MqttDriverOptions } from '#gateway/southbound/mqtt/mqtt-driver.ts'
import { busSettings } from './check-buses.ts'
import type { GatewayConfig } from './config.ts'

/** A driver with the devices it serves. */
export type NamedDriver = {
  readonly name: string
  readonly driver: Driver
  readonly devices: readonly Device[]
}

export type DriverParts = {
  readonly config: GatewayConfig
  readonly devices: readonly Device[]
  readonly mqtt: MqttDriverOptions
  readonly hostFor: (name: string, devices: readonly Device[]) => DriverHost
}

/** The only list of drivers. */
export async function createDrivers({ config, devices, mqtt, hostFor }: DriverParts): Promise<NamedDriver[]> {
  const drivers: NamedDriver[] = []
  for (const bus of config.buses) {
    const name = `modbus ${bus.id}`
    const served = devices.filter((one) => one.protocol === 'modbus' && one.address.bus === bus.id)
    const { ModbusDriver } = await import('#gateway/southbound/modbus/modbus-driver.ts')
    drivers.push({ name, driver: new ModbusDriver(busSettings(bus), hostFor(name, served)), devices: served })
  }
  const served = devices.filter(({ protocol }) => protocol === 'mqtt')
  // Without any device it still hears those that make themselves known.
  const { MqttDriver } = await import('#gateway/southbound/mqtt/mqtt-driver.ts')
  drivers.push({ name: 'mqtt', driver: new MqttDriver(mqtt, hostFor('mqtt', served)), devices: served })
  return drivers
}
