import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Credential } from '#gateway/broker/access.ts'
import type { ExistingBrokerConfig, OwnBrokerConfig } from '#gateway/broker/broker-config.ts'
import { isFilter } from '#gateway/broker/topic-filter.ts'
import {
  besideManaged,
  type Managed,
  parseManaged,
  readManaged,
} from '#gateway/commissioning/managed-devices.ts'
import type { Device } from '#gateway/profiles/device.ts'
import { type LoadedProfiles, loadProfiles, profileNames } from '#gateway/profiles/load-profiles.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { RuleConfig } from '#gateway/rules/rule.ts'
import type { UplinkConfig } from '#gateway/uplink/uplink-config.ts'
import type { Path } from '#lib/explain.ts'
import {
  besideConfig,
  type ConfigProblem,
  type Environment,
  type LineOf,
  loadConfig,
  parseConfig,
  problemAt,
  readSecretFile,
} from '#lib/load-config.ts'
import { type CameraSecrets, readCameraSecrets } from './camera-secrets.ts'
import { checkBuses } from './check-buses.ts'
import { checkInterlocks } from './check-interlocks.ts'
import { GatewayConfig } from './config.ts'

/** Everything a gateway needs to start: configuration, devices with their profiles, secrets. */
export type GatewaySetup = {
  readonly config: GatewayConfig
  readonly devices: readonly Device[]
  readonly dataFolder: string
  readonly profilesFolder: string
  /** Hash of the files: the cloud sees whether two gateways run on the same configuration. */
  readonly configVersion: string
  /** Hash of gateway.yaml alone. */
  readonly fileVersion: string
  /** Devices that were added from the console; they are in `devices` and in `config.devices` as well. */
  readonly managed: Managed
  /** Reads the same files again, with this text in place of that of the added devices. */
  readonly again: (managedText: string) => Promise<LoadedGateway>
  readonly secrets: Secrets
}

export type Secrets = {
  readonly credentials: readonly Credential[]
  readonly brokerPassword?: string
  readonly brokerCaFile?: string
  readonly cloud?: { readonly token?: string; readonly ca?: string }
  readonly cameras: CameraSecrets
}

export type LoadedGateway = {
  /** Everything that keeps the gateway from starting. */
  readonly problems: readonly ConfigProblem[]
  /** Profiles that are wrong and that no device uses; only where all of them were to be read. */
  readonly unusedProfiles: readonly ConfigProblem[]
  /** What works and should not be so: a secret written into the file. */
  readonly warnings: readonly ConfigProblem[]
  readonly setup?: GatewaySetup
}

type Note = (path: Path, message: string) => void

/**
 * Reads and checks the configuration, the devices added to it, the profiles, every device against its profile and every
 * rule against its point. With `changed` it is done again for other added devices in a gateway that runs.
 */
export async function loadGateway(
  file: string,
  env: Environment,
  { changed, allProfiles = false }: LoadOptions = {},
): Promise<LoadedGateway> {
  const loaded = await loadConfig({ file, schema: GatewayConfig, env })
  if (!loaded.ok) return { problems: loaded.problems, unusedProfiles: [], warnings: [] }
  const dataFolder = besideConfig(file, loaded.value.data)
  const stored = await readManaged(dataFolder)
  const managed = changed === undefined ? stored : parseManaged(changed.managedText, stored.file)
  const config = withManaged(loaded.value, managed)
  const problems: ConfigProblem[] = [...managed.problems]
  const locate = locator(loaded.value.devices.length, loaded.lineOf, managed)
  const note: Note = (path, message) => problems.push(locate(path, message))

  const folder = besideConfig(file, config.profiles)
  const library = allProfiles ? loadProfiles(folder) : inUse(config, folder, changed?.profiles)
  const devices = resolveDevices(config, { library, folder }, note)
  checkRules(config, devices, note)
  checkInterlocks(config, devices, note)
  const warnings: ConfigProblem[] = []
  const warning: Note = (path, message) => warnings.push(locate(path, message))
  checkBuses(config.buses, devices, { problem: note, warning })
  noteRepeats(config.buses, { path: ['buses'], key: 'id' }, note)
  if (config.cloud?.tokenFile !== undefined && config.cloud.enrolment !== undefined)
    note(['cloud', 'enrolment'], 'expected either tokenFile or enrolment')
  const secrets = await readSecrets(file, config, note)

  const { used, unused } = profileProblems(config, library, folder)
  problems.push(...used)
  const text = await readFile(file, 'utf8')
  warnings.push(...literalSecrets(text, loaded.lineOf))
  const found = { problems, unusedProfiles: unused, warnings }
  if (problems.length > 0) return found
  const versions = { configVersion: hashOf(text + managed.text), fileVersion: hashOf(text) }
  const again = readAgain(file, env, library.profiles)
  return {
    ...found,
    setup: { config, devices, dataFolder, profilesFolder: folder, ...versions, managed, again, secrets },
  }
}

/** A function of its own: one made inside the loading would keep everything of it alive, the tree of the file too. */
function readAgain(
  file: string,
  env: Environment,
  profiles: ReadonlyMap<string, Profile>,
): GatewaySetup['again'] {
  return (managedText) => loadGateway(file, env, { changed: { managedText, profiles } })
}

export type LoadOptions = {
  readonly changed?: { readonly managedText: string; readonly profiles: ReadonlyMap<string, Profile> }
  /** For a check of everything; a gateway reads what its devices need. */
  readonly allProfiles?: boolean
}

/** Reading a hundred files takes a second and 30 MB: a gateway reads those that it needs and does not know. */
function inUse(
  { devices }: GatewayConfig,
  folder: string,
  known: ReadonlyMap<string, Profile> = new Map(),
): LoadedProfiles {
  const wanted = new Set(devices.map(({ profile }) => profile))
  const kept = [...known].filter(([id]) => wanted.has(id))
  const only = new Set([...wanted].filter((id) => !known.has(id)))
  if (only.size === 0) return { profiles: new Map(kept), problems: [], warnings: [] }
  const { profiles, ...rest } = loadProfiles(folder, { only })
  return { profiles: new Map([...kept, ...profiles]), ...rest }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function withManaged(config: GatewayConfig, { devices, file }: Managed): GatewayConfig {
  if (devices.length === 0) return config
  return { ...config, devices: [...config.devices, ...devices.map((one) => besideManaged(one, file))] }
}

/** Devices are one list in which those that were added come last; a problem names the file that has the device. */
function locator(
  own: number,
  lineOf: LineOf,
  managed: Managed,
): (path: Path, message: string) => ConfigProblem {
  return (path, message) => {
    const [list, index, ...rest] = path
    if (list !== 'devices' || typeof index !== 'number' || index < own)
      return problemAt(path, message, lineOf)
    return { ...problemAt([list, index - own, ...rest], message, managed.lineOf), file: managed.file }
  }
}

function resolveDevices(
  { devices, buses }: GatewayConfig,
  { library, folder }: { readonly library: LoadedProfiles; readonly folder: string },
  note: Note,
): Device[] {
  const resolved: Device[] = []
  noteRepeats(devices, { path: ['devices'], key: 'id' }, note)
  for (const [index, instance] of devices.entries()) {
    const profile = library.profiles.get(instance.profile)
    if (profile === undefined) {
      note(['devices', index, 'profile'], noSuchProfile(instance.profile, folder))
      continue
    }
    const result = resolveDevice(profile, instance)
    if (result.ok) resolved.push(result.device)
    else for (const { path, message } of result.problems) note(['devices', index, ...path], message)
    if (instance.bus !== undefined && !buses.some(({ id }) => id === instance.bus)) {
      note(['devices', index, 'bus'], `no bus ${instance.bus} under buses`)
    }
  }
  return resolved
}

/** With those of the same maker, or the number of all: a hundred names help nobody. */
function noSuchProfile(wanted: string, folder: string): string {
  const names = profileNames(folder)
  const [maker = ''] = wanted.split('.')
  const near = names.filter((name) => name.startsWith(`${maker}.`))
  const known = near.length > 0 ? near.slice(0, 20).join(', ') : `${names.length} in ${folder}`
  return `no usable profile ${wanted}; there are ${known}`
}

function checkRules(
  { rules, devices: instances }: GatewayConfig,
  devices: readonly Device[],
  note: Note,
): void {
  noteRepeats(rules, { path: ['rules'], key: 'id' }, note)
  for (const [index, rule] of rules.entries()) {
    const { point } = rule
    const [deviceId = '', ...rest] = point.split('/')
    const device = devices.find(({ id }) => id === deviceId)
    if (device === undefined) {
      // A device that is wrong itself has been reported; its rules are not wrong because of it.
      if (!instances.some(({ id }) => id === deviceId))
        note(['rules', index, 'point'], `no device ${deviceId}`)
      continue
    }
    const found = device.points.find(({ id }) => id === rest.join('/'))
    if (found === undefined) {
      note(['rules', index, 'point'], `${deviceId} has no point ${rest.join('/')}`)
    } else if (found.hidden) {
      note(['rules', index, 'point'], `${point} is not confirmed at this device and not read`)
    } else if (needsNumber(rule) && found.kind !== 'num' && found.kind !== 'counter') {
      note(['rules', index, 'point'], `a limit needs a number; ${point} is of kind ${found.kind}`)
    }
  }
}

function needsNumber(rule: RuleConfig): boolean {
  return 'above' in rule || 'below' in rule || 'deltaAbove' in rule
}

type ListPlace = { readonly path: Path; readonly key: string }

function noteRepeats(list: readonly { readonly id: string }[], { path, key }: ListPlace, note: Note): void {
  const seen = new Set<string>()
  for (const [index, { id }] of list.entries()) {
    if (seen.has(id)) note([...path, index, key], `${id} is there already`)
    seen.add(id)
  }
}

type ReadFile = (path: Path, name: string) => Promise<string>

async function readSecrets(file: string, config: GatewayConfig, note: Note): Promise<Secrets> {
  const { broker, cloud, devices } = config
  const read: ReadFile = (path, name) =>
    readSecretFile(file, name).catch((error: NodeJS.ErrnoException) => {
      note(path, `cannot read ${besideConfig(file, name)} (${error.code ?? error.message})`)
      return ''
    })
  return {
    cameras: await readCameraSecrets(devices, { read, note }),
    ...(cloud === undefined ? {} : { cloud: await readCloudSecrets(cloud, read) }),
    ...('url' in broker
      ? { credentials: [], ...(await readBrokerSecrets(file, broker, read)) }
      : { credentials: await readCredentials(broker, read, note) }),
  }
}

async function readCloudSecrets({ tokenFile, caFile }: UplinkConfig, read: ReadFile) {
  const token = tokenFile === undefined ? {} : { token: await read(['cloud', 'tokenFile'], tokenFile) }
  return caFile === undefined ? token : { ...token, ca: await read(['cloud', 'caFile'], caFile) }
}

async function readBrokerSecrets(
  file: string,
  { password, passwordFile, caFile }: ExistingBrokerConfig,
  read: ReadFile,
) {
  const secret = passwordFile === undefined ? password : await read(['broker', 'passwordFile'], passwordFile)
  return {
    ...(secret === undefined ? {} : { brokerPassword: secret }),
    ...(caFile === undefined ? {} : { brokerCaFile: besideConfig(file, caFile) }),
  }
}

async function readCredentials(
  { credentials }: OwnBrokerConfig,
  read: ReadFile,
  note: Note,
): Promise<Credential[]> {
  const list: Path = ['broker', 'credentials']
  noteRepeats(
    credentials.map(({ username }) => ({ id: username })),
    { path: list, key: 'username' },
    note,
  )
  const known: Credential[] = []
  for (const [index, { username, password, passwordFile, publish, subscribe }] of credentials.entries()) {
    const path: Path = [...list, index]
    checkFilters({ publish, subscribe }, path, note)
    if ((password === undefined) === (passwordFile === undefined)) {
      note(path, 'expected either password or passwordFile')
    } else {
      const secret = password ?? (await read([...path, 'passwordFile'], passwordFile ?? ''))
      known.push({ username, password: secret, publish, subscribe })
    }
  }
  return known
}

function checkFilters(
  { publish, subscribe }: Pick<Credential, 'publish' | 'subscribe'>,
  path: Path,
  note: Note,
): void {
  for (const [name, filters] of Object.entries({ publish, subscribe })) {
    for (const [index, filter] of filters.entries()) {
      if (!isFilter(filter)) note([...path, name, index], `not an MQTT filter: ${filter}`)
    }
  }
}

/** A broken file costs its own profile; only a device that needs it is stopped by it. */
function profileProblems({ devices }: GatewayConfig, { problems }: LoadedProfiles, folder: string) {
  const needed = new Set(devices.map(({ profile }) => profile))
  const isNeeded = ({ profile, file }: LoadedProfiles['problems'][number]) =>
    needed.has(profile ?? basename(file, '.yaml'))
  const inFolder = (problem: LoadedProfiles['problems'][number]) => ({
    ...problem,
    file: join(folder, problem.file),
  })
  return {
    used: problems.filter(isNeeded).map(inFolder),
    unused: problems.filter((one) => !isNeeded(one)).map(inFolder),
  }
}

/** Secrets belong into the environment or a file of their own: a configuration is copied around. */
function literalSecrets(text: string, lineOf: LineOf): ConfigProblem[] {
  const raw = parseConfig(text, GatewayConfig)
  if (!raw.ok) return []
  const { broker, devices } = raw.value
  const cameras = devices.map(({ password }, index) => ({
    path: ['devices', index, 'password'],
    value: password,
  }))
  const clients: { path: Path; value: string | undefined }[] =
    'url' in broker
      ? [{ path: ['broker', 'password'], value: broker.password }]
      : broker.credentials.map(({ password }, index) => ({
          path: ['broker', 'credentials', index, 'password'],
          value: password,
        }))
  return [...clients, ...cameras]
    .filter(({ value }) => value !== undefined && !value.includes('${'))
    .map(({ path }) =>
      problemAt(path, 'a secret written into the file; use passwordFile or a variable', lineOf),
    )
}
