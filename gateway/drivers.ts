import type { Device, OnvifDevice } from '#gateway/profiles/device.ts'
import type { Driver, DriverHost } from '#gateway/southbound/driver.ts'
import type { MqttDriverOptions } from '#gateway/southbound/mqtt/mqtt-driver.ts'
import type { CameraSecrets } from './camera-secrets.ts'
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
  readonly cameras: CameraSecrets
  readonly hostFor: (name: string, devices: readonly Device[]) => DriverHost
}

/** The only list of drivers. */
export async function createDrivers(parts: DriverParts): Promise<NamedDriver[]> {
  const { config, devices, mqtt, hostFor } = parts
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
  drivers.push(...(await cameraDrivers(parts)))
  return drivers
}

/** Without a camera its protocol is not even loaded. */
async function cameraDrivers({ devices, cameras, hostFor }: DriverParts): Promise<NamedDriver[]> {
  const all = devices.filter((one): one is OnvifDevice => one.protocol === 'onvif')
  if (all.length === 0) return []
  const { OnvifDriver } = await import('#gateway/southbound/onvif/onvif-driver.ts')
  const { groupCameras } = await import('#gateway/southbound/onvif/group-cameras.ts')
  return groupCameras(all).map(({ name, devices: served }) => {
    const credentials = served.map(({ id }) => cameras.get(id)).find((one) => one !== undefined)
    const anonymous = { username: '', password: '' }
    const driver = new OnvifDriver({ credentials: credentials ?? anonymous }, hostFor(name, served))
    return { name, driver, devices: served }
  })
}
