import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { Device } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { hostPort } from '#lib/host-port.ts'
import { bureau, type Campus, campuses, type Place, placesOf } from './campuses.ts'
import { counterStarts } from './counters.ts'
import { rightsOf } from './credentials.ts'
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
  const known = loadProfiles(profiles).profiles
  for (const campus of campuses) files.push(await writeCampus(campus, settings, known))
  return { cloud, accounts: join(cloudFolder, 'demo-accounts.json'), campuses: files }
}

type Known = ReadonlyMap<string, Profile>

async function writeCampus(campus: Campus, settings: DemoSettings, known: Known): Promise<CampusFiles> {
  const folder = join(settings.data, campus.id)
  const ports = await freePorts([
    'plant',
    'lighting',
    'broker',
    'health',
    ...campus.cameras.map(({ id }) => id),
  ])
  const secretOf = (id: string) => join(folder, 'secrets', id)
  for (const { id } of [...campus.mqtt, ...campus.cameras]) await keptSecret(secretOf(id))
  const address = campusAddresses(campus, { ports, secretOf })
  const sitePlaces = placesOf(campus).map((place) => ({
    ...deviceOf(place),
    ...address.get(place.id),
    ...login(place, campus, secretOf),
    ...simulated(place, known),
  }))
  const site = await write(join(folder, 'site.yaml'), {
    profiles,
    broker: { url: `mqtt://${hostPort(loopback, ports.get('broker') ?? 0)}` },
    buses: [
      { id: 'plant', transport: 'tcp', host: loopback, port: ports.get('plant') },
      { id: 'lighting', transport: 'rtu-over-tcp', host: loopback, port: ports.get('lighting') },
    ],
    devices: sitePlaces,
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
      port: ports.get('broker'),
      credentials: campus.mqtt.map((place) => {
        const device = resolved(place, known)
        const rights = device.protocol === 'mqtt' ? rightsOf(device) : {}
        return { username: place.id, passwordFile: secretOf(place.id), ...rights }
      }),
    },
    profiles,
    buses: [
      { id: 'plant', protocol: 'modbus-tcp', host: loopback, port: ports.get('plant') },
      { id: 'lighting', protocol: 'modbus-rtu-over-tcp', host: loopback, port: ports.get('lighting') },
    ],
    devices: placesOf(campus).map((place) => ({ ...deviceOf(place), ...address.get(place.id) })),
    rules: campus.mqtt.filter(({ profile }) => profile.endsWith('.illuminance')).map(darkRule),
    health: { host: loopback, port: ports.get('health') },
  })
  return { id: campus.id, gateway, site }
}

function darkRule({ id, location }: Place) {
  return {
    ...{ id: `${id}-dark`, point: `${id}/illuminance`, below: 300, hysteresis: 20 },
    ...{ onDelay: '10s', offDelay: '10s', priority: 3 },
    title: { zh: `${location.zh}照度不足 300 lx`, en: `${location.en} below 300 lx` },
  }
}

type Ports = ReadonlyMap<string, number>

async function freePorts(names: readonly string[]): Promise<Ports> {
  return new Map(await Promise.all(names.map(async (name) => [name, await freePort(loopback)] as const)))
}

type Where = { readonly ports: Ports; readonly secretOf: (id: string) => string }

/** Where each device is, in the words that the gateway and the simulators share. */
function campusAddresses({ plant, lighting, cameras }: Campus, { ports, secretOf }: Where) {
  const onBus = (bus: string) => (place: Place, i: number) => [place.id, { bus, unit: i + 1 }] as const
  return new Map<string, object>([
    ...plant.map(onBus('plant')),
    ...lighting.map(onBus('lighting')),
    ...cameras.map(({ id }) => {
      const login = { username: 'gateway', passwordFile: secretOf(id) }
      return [id, { host: loopback, port: ports.get(id), ...login }] as const
    }),
  ])
}

/** How an MQTT device signs in at the broker. */
function login({ id }: Place, { mqtt }: Campus, secretOf: Where['secretOf']): object {
  return mqtt.some((place) => place.id === id) ? { username: id, passwordFile: secretOf(id) } : {}
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

function simulated(place: Place, known: Known): object {
  const signals = place.signals ?? {}
  const all = { ...signals, ...counterStarts(resolved(place, known), signals, Date.now()) }
  return Object.keys(all).length === 0 ? {} : { signals: all }
}

/** The address does not matter here. */
function resolved({ id, profile, params }: Place, known: Known): Device {
  const found = known.get(profile)
  if (found === undefined) throw new Error(`${id}: no profile ${profile}`)
  const where = { modbus: { bus: 'any' }, mqtt: {}, onvif: { host: loopback } }[found.protocol]
  const result = resolveDevice(found, { id, profile, params: params as Record<string, string>, ...where })
  if (!result.ok) throw new Error(`${id}: ${JSON.stringify(result.problems)}`)
  return result.device
}

async function write(file: string, content: unknown): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  const head = '# Written by the demo at every start: changes here do not last.\n'
  await writeFile(file, head + stringify(content, { lineWidth: 110 }), { mode: 0o600 })
  return file
}
