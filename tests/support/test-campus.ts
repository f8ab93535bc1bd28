import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { hostPort } from '#lib/host-port.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { type TempFolder, tempFolder } from './temp-folder.ts'
import { TestCloud } from './test-cloud.ts'
import { TestGateway } from './test-gateway.ts'
import { TestSite } from './test-site.ts'

export type TestDevice = {
  readonly id: string
  readonly profile: string
  readonly unit?: number
  readonly params?: Readonly<Record<string, unknown>>
  /** More of its entry on the gateway: host and password of a camera, alarms that differ. */
  readonly instance?: Readonly<Record<string, unknown>>
  /** For the simulator only. */
  readonly interval?: string
  readonly signals?: Readonly<Record<string, unknown>>
  /** On the gateway only: nothing simulates it. */
  readonly isForeign?: boolean
  /** In the simulator only: the gateway has not been told of it. */
  readonly isUnknown?: boolean
}

export type CampusOptions = {
  readonly devices: readonly TestDevice[]
  readonly host?: string
  readonly rules?: readonly Readonly<Record<string, unknown>>[]
  readonly interlocks?: readonly Readonly<Record<string, unknown>>[]
  readonly outbox?: Readonly<Record<string, unknown>>
  readonly configuration?: Readonly<Record<string, unknown>>
  /** Longest wait of the gateway between two attempts to connect. */
  readonly reconnectMax?: string
  /** Given the cloud's MQTT port, answers with the port the gateway is to use: a proxy in between. */
  readonly between?: (cloudMqttPort: number) => Promise<number>
  /** Known to the cloud beside the gateway of this campus. */
  readonly otherGateways?: readonly { readonly id: string; readonly token: string }[]
  /** All MQTT devices share one connection, as behind zigbee2mqtt; otherwise each has its own. */
  readonly bridged?: boolean
  /** Called with the gateway's data folder before it starts. */
  readonly prepare?: (dataFolder: string) => Promise<void>
  /** Where the gateway finds bus `plant`, instead of the simulator. */
  readonly modbusPort?: number
  /** Where the cloud keeps telemetry; the embedded store if absent. */
  readonly telemetry?: Readonly<Record<string, unknown>>
  /** Of the cloud's configuration. */
  readonly notifications?: Readonly<Record<string, unknown>>
  /** Environment of the gateway's process. */
  readonly gatewayEnv?: Readonly<Record<string, string>>
  readonly cloudEnv?: Readonly<Record<string, string>>
}

/** One campus as in real life: devices, gateway and cloud as processes of their own, connected by real sockets. */
export type Campus = AsyncDisposable & {
  readonly gatewayId: string
  readonly folder: TempFolder
  readonly cloud: TestCloud
  readonly gateway: TestGateway
  readonly site: TestSite
  /** Anybody may sign in at the gateway's broker with it and publish as any zigbee2mqtt device. */
  readonly mqttLogin: { readonly username: string; readonly password: string }
  /** `lux-1/illuminance` as the cloud names it. */
  pointId(point: string): string
}

const gatewayId = 'test-campus'

export async function startCampus(options: CampusOptions): Promise<Campus> {
  const { devices, host = '127.0.0.1', rules, outbox, between } = options
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const token = randomBytes(24).toString('base64url')
  const mqttLogin = { username: 'devices', password: randomBytes(12).toString('base64url') }
  const [httpPort, mqttPort, brokerPort, healthPort] = await Promise.all([
    freePort(host),
    freePort(host),
    freePort(host),
    freePort(host),
  ])
  const cloud = parts.use(
    await TestCloud.start({
      folder: join(folder.path, 'cloud'),
      host,
      httpPort,
      mqttPort,
      gateways: [{ id: gatewayId, token }, ...(options.otherGateways ?? [])],
      ...(options.telemetry === undefined ? {} : { telemetry: options.telemetry }),
      ...(options.notifications === undefined ? {} : { notifications: options.notifications }),
      ...(options.cloudEnv === undefined ? {} : { env: options.cloudEnv }),
    }),
  )
  const site = parts.use(
    await TestSite.start({
      folder: folder.path,
      host,
      brokerUrl: `mqtt://${hostPort(host, brokerPort)}`,
      ...(options.bridged === true ? { bridge: mqttLogin } : {}),
      devices: devices
        .filter((device) => device.isForeign !== true)
        .map((device) => simulated(device, mqttLogin)),
    }),
  )
  await options.prepare?.(join(folder.path, 'gateway', 'data'))
  const gateway = parts.use(
    await TestGateway.start({
      id: gatewayId,
      folder: join(folder.path, 'gateway'),
      host,
      brokerPort,
      healthPort,
      cloud: {
        port: (await between?.(mqttPort)) ?? mqttPort,
        caFile: cloud.caFile,
        token,
        ...(options.reconnectMax === undefined ? {} : { reconnectMax: options.reconnectMax }),
      },
      modbusPort: options.modbusPort ?? site.modbusPort,
      devices: devices
        .filter((device) => device.isUnknown !== true)
        .map((device) => ({ ...installed(device), ...device.instance })),
      credentials: [
        {
          ...mqttLogin,
          publish: ['zigbee2mqtt/#', 'commands/#'],
          subscribe: ['points/#', 'alarms/#', 'commands/#'],
        },
      ],
      ...(rules === undefined ? {} : { rules }),
      ...(options.interlocks === undefined ? {} : { interlocks: options.interlocks }),
      ...(outbox === undefined ? {} : { outbox }),
      ...(options.configuration === undefined ? {} : { configuration: options.configuration }),
      ...(options.gatewayEnv === undefined ? {} : { env: options.gatewayEnv }),
    }),
  )
  const stack = parts.move()
  return {
    gatewayId,
    folder,
    cloud,
    gateway,
    site,
    mqttLogin,
    pointId: (point) => `${gatewayId}/${point}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export function meter(id: string, unit: number): TestDevice {
  return { id, profile: 'eastron.sdm630', unit }
}

export function lux(id: string, more: Partial<TestDevice> = {}): TestDevice {
  return { id, profile: 'zigbee2mqtt.illuminance', params: { name: id }, ...more }
}

function installed({ id, profile, unit, params }: TestDevice) {
  return {
    id,
    profile,
    ...(unit === undefined ? {} : { bus: 'plant', unit }),
    ...(params === undefined ? {} : { params }),
  }
}

function simulated(device: TestDevice, login: Campus['mqttLogin']) {
  const { interval, signals, unit } = device
  return {
    ...installed(device),
    ...(unit === undefined ? login : { latency: '0ms' }),
    ...(interval === undefined ? {} : { interval }),
    ...(signals === undefined ? {} : { signals }),
  }
}
