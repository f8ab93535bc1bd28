import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { hostPort } from '#lib/host-port.ts'
import { bureau, type Campus, campuses, type Place } from './campuses.ts'
import { freePort } from './free-port.ts'
import { keptSecret } from './secrets.ts'
import type { DemoSettings } from './settings.ts'

export type CampusFiles = { readonly id: string; readonly gateway: string; readonly site: string }
export type DemoFiles = {
  readonly cloud: string
  /** Written by the cloud: who may sign in. */
  readonly accounts: string
  readonly campuses: readonly CampusFiles[]
}

const profiles = fileURLToPath(new URL('../../device-profiles', import.meta.url))
/** Everything inside a campus talks on loopback, whatever the console listens on. */
const loopback = '127.0.0.1'

/** Writes every configuration anew: ports are this start's, secrets are those of the first. */
export async function writeConfigs(settings: DemoSettings): Promise<DemoFiles> {
  const { data } = settings
  const cloudFolder = join(data, 'cloud')
  const gateways = campuses.map(({ id, title }) => ({ id, title, tokenFile: tokenFile(data, id) }))
  for (const { tokenFile: file } of gateways) await keptSecret(file)
  const cloud = await write(join(cloudFolder, 'cloud.yaml'), {
    data: '.',
    http: { host: settings.host, port: settings.httpPort },
    mqtt: { host: settings.host, port: settings.mqttPort },
    tls: isWildcard(settings.host) ? {} : { hostNames: [settings.host] },
    gateways,
    bureau,
    campuses: campuses.map(({ id, title }) => ({ id, title, gateways: [id] })),
    demoAccounts: true,
  })
  const files: CampusFiles[] = []
  for (const campus of campuses) files.push(await writeCampus(campus, settings))
  return { cloud, accounts: join(cloudFolder, 'demo-accounts.json'), campuses: files }
}

async function writeCampus(campus: Campus, settings: DemoSettings): Promise<CampusFiles> {
  const folder = join(settings.data, campus.id)
  const [modbusPort, brokerPort, healthPort] = await Promise.all([
    freePort(loopback),
    freePort(loopback),
    freePort(loopback),
  ])
  const logins = campus.mqtt.map(({ id }) => ({ username: id, passwordFile: join(folder, 'secrets', id) }))
  for (const { passwordFile } of logins) await keptSecret(passwordFile)
  const site = await write(join(folder, 'site.yaml'), {
    profiles,
    broker: { url: `mqtt://${hostPort(loopback, brokerPort)}` },
    buses: [{ id: 'plant', host: loopback, port: modbusPort }],
    devices: [
      ...campus.modbus.map((device, i) => ({ ...simulated(device), bus: 'plant', unit: i + 1 })),
      ...campus.mqtt.map((device, i) => ({ ...simulated(device), ...logins[i] })),
    ],
  })
  const gateway = await write(join(folder, 'gateway.yaml'), {
    gateway: { id: campus.id },
    data: './gateway',
    cloud: {
      url: `mqtts://${hostPort(reachable(settings.host), settings.mqttPort)}`,
      caFile: join(settings.data, 'cloud', 'tls', 'ca.pem'),
      tokenFile: tokenFile(settings.data, campus.id),
    },
    broker: {
      host: loopback,
      port: brokerPort,
      credentials: logins.map((login) => ({
        ...login,
        publish: [`zigbee2mqtt/${login.username}`, `zigbee2mqtt/${login.username}/availability`],
      })),
    },
    profiles,
    buses: [{ id: 'plant', protocol: 'modbus-tcp', host: loopback, port: modbusPort }],
    devices: [
      ...campus.modbus.map((device, i) => ({ ...deviceOf(device), bus: 'plant', unit: i + 1 })),
      ...campus.mqtt.map(deviceOf),
    ],
    rules: campus.mqtt.map(({ id, location }) => ({
      id: `${id}-dark`,
      point: `${id}/illuminance`,
      below: 300,
      hysteresis: 20,
      onDelay: '10s',
      offDelay: '10s',
      priority: 3,
      title: { zh: `${location.zh}照度不足 300 lx`, en: `${location.en} below 300 lx` },
    })),
    health: { host: loopback, port: healthPort },
  })
  return { id: campus.id, gateway, site }
}

function tokenFile(data: string, gateway: string): string {
  return join(data, gateway, 'secrets', 'token')
}

/** Where to reach something that listens everywhere. */
export function reachable(host: string): string {
  if (!isWildcard(host)) return host
  return host === '0.0.0.0' ? '127.0.0.1' : '::1'
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function deviceOf({ id, profile, title, location, params }: Place) {
  return { id, profile, title, location, ...(params === undefined ? {} : { params }) }
}

function simulated(place: Place) {
  return { ...deviceOf(place), ...(place.signals === undefined ? {} : { signals: place.signals }) }
}

async function write(file: string, content: unknown): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  const head = '# Written by the demo at every start: changes here do not last.\n'
  await writeFile(file, head + stringify(content, { lineWidth: 110 }), { mode: 0o600 })
  return file
}
