import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ConfigContent, ConfigRef } from '#contract/configuration.ts'
import type { Credential } from '#gateway/broker/access.ts'
import type { ExistingBrokerConfig, OwnBrokerConfig } from '#gateway/broker/broker-config.ts'
import { isFilter } from '#gateway/broker/topic-filter.ts'
import {
  besideManaged,
  type Managed,
  parseManaged,
  readManaged,
} from '#gateway/commissioning/managed-devices.ts'
import {
  contentWithout,
  isFrom,
  kept,
  managedSections,
  overlay,
  ownContent,
} from '#gateway/configuration/overlay.ts'
import type { Device } from '#gateway/profiles/device.ts'
import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { type LoadedProfiles, loadProfiles, profileNames } from '#gateway/profiles/load-profiles.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { RuleConfig } from '#gateway/rules/rule.ts'
import type { UplinkConfig } from '#gateway/uplink/uplink-config.ts'
import { entryKey } from '#lib/entry-key.ts'
import type { Path } from '#lib/explain.ts'
import {
  besideConfig,
  type ConfigProblem,
  type Environment,
  type LineOf,
  loadConfig,
  type Overlay,
  overlaidProblem,
  parseConfig,
  problemAt,
  readSecretFile,
} from '#lib/load-config.ts'
import { type CameraSecrets, readCameraSecrets } from './camera-secrets.ts'
import { checkBuses } from './check-buses.ts'
import { checkInterlocks } from './check-interlocks.ts'
import { DataOnly, GatewayConfig } from './config.ts'

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
  /** What the cloud has given, absent: gateway.yaml alone. */
  readonly cloud?: CloudContent
  /** What gateway.yaml says of the sections that the cloud may give, without secrets. */
  readonly own: ConfigContent
  /** What is not well with what was stored, for the status page; the gateway runs without it. */
  readonly trouble: readonly string[]
  /** Reads the same files again, with something else of what was stored. */
  readonly again: (changed: Changed) => Promise<LoadedGateway>
  readonly secrets: Secrets
}

export type CloudContent = { readonly ref: ConfigRef; readonly content: ConfigContent }

/** `cloud: undefined` takes back what the cloud gave; what is not mentioned stays as it is. */
export type Changed = {
  readonly managedText?: string
  readonly cloud?: CloudContent | undefined
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
  /** The file of added devices as it was read. */
  readonly managed?: Managed
  readonly setup?: GatewaySetup
}

type Note = (path: Path, message: string) => void

/**
 * Reads and checks the configuration, what the cloud keeps of it, the devices added to it, the profiles, every device against
 * its profile and every rule against its point.
 */
export async function loadGateway(
  file: string,
  env: Environment,
  options: LoadOptions = {},
): Promise<LoadedGateway> {
  const { cloud, without = new Set(), allProfiles = false } = options
  const data = await dataFolderOf(file, env)
  const leaveOut = (list: readonly unknown[]) => kept('devices', list, without)
  const stored = await readManaged(data, leaveOut)
  const managed =
    options.managedText === undefined ? stored : parseManaged(options.managedText, stored.file, leaveOut)
  const laid = layOver({ cloud, managed, without, secretsFolder: join(data, 'secrets') })
  const loaded = await loadConfig({ file, schema: GatewayConfig, env, overlay: laid.overlay })
  if (!loaded.ok)
    return { problems: [...loaded.problems, ...managed.problems], unusedProfiles: [], warnings: [], managed }
  const config = withManaged(loaded.value, laid.added(managed.devices))
  const problems: ConfigProblem[] = [...managed.problems]
  const locate = locator({ lineOf: loaded.lineOf, own: loaded.value, managed, laid })
  const note: Note = (path, message) => problems.push(locate(path, message))

  const folder = besideConfig(file, config.profiles)
  const library = allProfiles ? loadProfiles(folder) : inUse(config, folder, options.profiles)
  const warnings: ConfigProblem[] = []
  const warning: Note = (path, message) => warnings.push(locate(path, message))
  const devices = examine(config, { library, folder }, { problem: note, warning })
  const secrets = await readSecrets(file, config, note)

  const { used, unused } = profileProblems(config, library, folder)
  problems.push(...used)
  const text = await readFile(file, 'utf8')
  warnings.push(...literalSecrets(text, loaded.lineOf))
  const found = { problems, unusedProfiles: unused, warnings, managed }
  if (problems.length > 0) return found
  const configVersion = hashOf(text + managed.text + (cloud?.ref.digest ?? ''))
  const again = readAgain(file, env, { ...options, profiles: library.profiles })
  const setup: GatewaySetup = {
    ...{ config, devices, dataFolder: data, profilesFolder: folder, configVersion, managed, again, secrets },
    fileVersion: hashOf(text),
    own: laid.own(),
    trouble: options.trouble ?? [],
    ...(cloud === undefined ? {} : { cloud }),
  }
  return { ...found, setup }
}

/** Everything about a whole configuration that its schema cannot say. */
export function examine(
  config: GatewayConfig,
  profiles: { readonly library: LoadedProfiles; readonly folder: string },
  { problem, warning }: { readonly problem: Note; readonly warning: Note },
): Device[] {
  const devices = resolveDevices(config, profiles, problem)
  checkRules(config, devices, problem)
  checkInterlocks(config, devices, problem)
  checkBuses(config.buses, devices, { problem, warning })
  noteRepeats(config.buses, { path: ['buses'], key: 'id' }, problem)
  if (config.cloud?.tokenFile !== undefined && config.cloud.enrolment !== undefined)
    problem(['cloud', 'enrolment'], 'expected either tokenFile or enrolment')
  return devices
}

/** A function of its own: one made inside the loading would keep everything of it alive, the tree of the file too. */
function readAgain(file: string, env: Environment, options: LoadOptions): GatewaySetup['again'] {
  const { managedText: _, ...rest } = options
  return ({ managedText, ...changed }) => {
    const next = managedText === undefined ? rest : { ...rest, managedText }
    return loadGateway(file, env, 'cloud' in changed ? { ...next, cloud: changed.cloud } : next)
  }
}

export type LoadOptions = {
  readonly cloud?: CloudContent | undefined
  /** In place of what the file of added devices says. */
  readonly managedText?: string
  /** Profiles that were read before. */
  readonly profiles?: ReadonlyMap<string, Profile>
  /** For a check of everything; a gateway reads what its devices need. */
  readonly allProfiles?: boolean
  /** Entries that are left out, see `entryKey`. */
  readonly without?: ReadonlySet<string>
  readonly trouble?: readonly string[]
}

/** Where what was stored lies. A file that is wrong is reported by who reads all of it. */
export async function dataFolderOf(file: string, env: Environment): Promise<string> {
  const loaded = await loadConfig({ file, schema: DataOnly, env })
  return besideConfig(file, loaded.ok ? loaded.value.data : './data')
}

type Laying = {
  readonly cloud: CloudContent | undefined
  readonly managed: Managed
  readonly without: ReadonlySet<string>
  readonly secretsFolder: string
}

/** What the cloud gave, laid over gateway.yaml, and what of either is left out. */
function layOver({ cloud, managed, without, secretsFolder }: Laying) {
  const content = contentWithout(cloud?.content ?? {}, without)
  const added = managed.raw.map((one) => besideManaged(one, managed.file))
  let raw: Readonly<Record<string, unknown>> = {}
  const owns = (path: Path): boolean => cloud !== undefined && isFrom(cloud.content, path)
  const overlaid: Overlay = {
    name: `configuration ${cloud?.ref.version} of the cloud`,
    apply(value) {
      raw = Object(value) as typeof raw
      const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
      return isMap ? overlay(raw, content, { secretsFolder, added, without }) : { value, findings: [] }
    },
    owns,
    // What stands in gateway.yaml is for its owner to mend, except what names a device that was left out.
    entryOf: ([section = '', index], value) => {
      if (index === undefined || typeof section !== 'string') return undefined
      const isList = managedSections[section] === 'list'
      if (isList && (owns([section]) || section === 'rules' || section === 'interlocks'))
        return typeof index === 'number' ? entryKey(section, listAt(value, section)[index]) : undefined
      return owns([section, index]) && !isList
        ? entryKey(`${section}.${index}`, (Object(cloud?.content[section]) as Record<string, unknown>)[index])
        : undefined
    },
  }
  const taken = new Set(listAt(content, 'devices').map((one) => (Object(one) as { id?: unknown }).id))
  return {
    overlay: overlaid,
    content,
    own: () =>
      ownContent(
        raw,
        managed.raw.filter((one) => !without.has(entryKey('devices', one))),
      ),
    /** A device that the cloud took over is its device. */
    added: (devices: readonly DeviceInstance[]) =>
      devices.filter(({ id }) => !taken.has(id)).map((one) => besideManaged(one, managed.file)),
    rawOf: (section: string): readonly unknown[] => listAt(overlay(raw, content, { without }).value, section),
  }
}

function listAt(value: unknown, section: string): readonly unknown[] {
  const list = (Object(value) as Record<string, unknown>)[section]
  return Array.isArray(list) ? list : []
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

function withManaged(config: GatewayConfig, added: readonly DeviceInstance[]): GatewayConfig {
  return added.length === 0 ? config : { ...config, devices: [...config.devices, ...added] }
}

type Places = {
  readonly lineOf: LineOf
  readonly own: GatewayConfig
  readonly managed: Managed
  readonly laid: ReturnType<typeof layOver>
}

/** Devices are one list in which those that were added come last; a problem names the file that has the device. */
function locator({ lineOf, own, managed, laid }: Places): (path: Path, message: string) => ConfigProblem {
  const first = own.devices.length
  const added = laid.added(managed.devices)
  return (path, message) => {
    const [list, index, ...rest] = path
    if (list !== 'devices' || typeof index !== 'number' || index < first)
      return overlaidProblem(path, message, { lineOf, overlay: laid.overlay, value: rawOf(laid) })
    const id = added[index - first]?.id
    const at = managed.raw.findIndex((one) => one.id === id)
    const problem = problemAt([list, at, ...rest], message, managed.lineOf)
    return { ...problem, file: managed.file, entry: entryKey('devices', managed.raw[at]) }
  }
}

function rawOf({ rawOf: read }: ReturnType<typeof layOver>): object {
  return Object.fromEntries(
    ['buses', 'devices', 'rules', 'interlocks'].map((section) => [section, read(section)]),
  )
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
