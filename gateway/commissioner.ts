/** What commissioning does to the rest of the gateway: reads profiles, asks drivers, changes the file of added devices. */
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BusReport } from '#contract/bus-report.ts'
import { AppError } from '#contract/errors.ts'
import type {
  BusInfo,
  DeviceDraft,
  DraftProblem,
  Question,
  ReplyBody,
  ScannedUnit,
} from '#contract/request.ts'
import type { AnswerContext, Commissioner } from '#gateway/commissioning/answer-requests.ts'
import { changed, problemsForDevice, readDraft } from '#gateway/commissioning/draft.ts'
import { passwordPath, printManaged } from '#gateway/commissioning/managed-devices.ts'
import { probeView } from '#gateway/commissioning/probe-view.ts'
import type { DeviceErrors } from '#gateway/health/device-errors.ts'
import type { Device } from '#gateway/profiles/device.ts'
import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { Driver, Probed } from '#gateway/southbound/driver.ts'
import { hostPort } from '#lib/host-port.ts'
import { writeAtomically } from '#lib/write-atomically.ts'
import { findCameras, probeCandidate } from './camera-commissioning.ts'
import type { Field } from './field.ts'
import type { GatewaySetup } from './load-gateway.ts'
import { type ProfileSurvey, surveyProfiles } from './profile-survey.ts'

export type CommissionerParts = {
  readonly field: () => Field
  readonly errors: DeviceErrors
  /** Goes on with other devices, or rejects and goes on as before. */
  readonly swap: (setup: GatewaySetup) => Promise<void>
  /** One change of the setup at a time, whoever makes it. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

type Asked<K extends Question['kind']> = Extract<Question, { kind: K }>
type Reporting = { report(): BusReport }
type Scan = {
  scan(
    range: { readonly first: number; readonly last: number },
    signal: AbortSignal,
    onProgress: (unit: Omit<ScannedUnit, 'device'>) => void,
  ): Promise<unknown>
}

const discoveryMs = 10_000
/** A small machine that is busy; a fast one takes one second. */
const surveyMs = 30_000

export function createCommissioner({ field, errors, swap, alone }: CommissionerParts): Commissioner {
  async function answer(question: Question, context: AnswerContext): Promise<ReplyBody> {
    switch (question.kind) {
      case 'profiles':
        return {
          kind: 'profiles',
          profiles: [...(await survey()).profiles],
        }
      case 'buses':
        return { kind: 'buses', buses: busInfos(field()) }
      case 'proposals':
        return await lookAround()
      case 'scan':
        return await scan(field(), question, context)
      case 'probe':
        return await probe(field(), question.device, context.signal)
      case 'add-device':
        return await alone(() => add(question.device))
      case 'update-device':
        return await alone(() => update(question))
      case 'remove-device':
        return await alone(() => remove(question.device))
      case 'device-errors':
        return errorsOf(question.device)
      case 'cancel':
        return { kind: 'cancel', found: false }
    }
  }

  let looking: Promise<ReplyBody> | undefined
  let surveying: Promise<ProfileSurvey> | undefined

  /** Whoever asks while somebody else does gets the same answer. */
  function lookAround(): Promise<ReplyBody> {
    looking ??= survey()
      .then((known) => proposals(field(), known, AbortSignal.timeout(discoveryMs)))
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  /** The page asks for profiles and proposals at once: one reading serves both. */
  function survey(): Promise<ProfileSurvey> {
    surveying ??= surveyProfiles(field().setup.profilesFolder, AbortSignal.timeout(surveyMs)).finally(() => {
      surveying = undefined
    })
    return surveying
  }

  async function add(draft: DeviceDraft): Promise<ReplyBody> {
    const read = readDraft(draft)
    if (!read.ok) throw invalid(read.problems)
    const { instance, password } = read
    const { setup } = field()
    const file = setup.managed.file
    const isTaken = setup.devices.some(({ id }) => id === instance.id)
    if (isTaken) throw invalid([{ path: 'id', message: `${instance.id} is there already` }])
    const stored =
      password === undefined ? instance : { ...instance, passwordFile: passwordPath(instance.id) }
    if (password !== undefined) await keepPassword(join(dirname(file), passwordPath(instance.id)), password)
    try {
      await use([...setup.managed.devices, stored], setup.managed.devices.length)
    } catch (error) {
      await rm(join(dirname(file), passwordPath(instance.id)), { force: true })
      throw error
    }
    return { kind: 'device', device: instance.id }
  }

  async function update({ device: id, changes }: Asked<'update-device'>): Promise<ReplyBody> {
    const { devices } = field().setup.managed
    const index = indexOf(id)
    await use(
      devices.map((one) => (one.id === id ? changed(one, changes) : one)),
      index,
    )
    return { kind: 'device', device: id }
  }

  async function remove(id: string): Promise<ReplyBody> {
    const { devices, file } = field().setup.managed
    const index = indexOf(id)
    await use(
      devices.filter((one) => one.id !== id),
      index,
    )
    await rm(join(dirname(file), passwordPath(id)), { force: true })
    return { kind: 'device', device: id }
  }

  function errorsOf(id: string): ReplyBody {
    if (!field().setup.devices.some((one) => one.id === id)) throw noDevice(id)
    return { kind: 'device-errors', since: errors.since, errors: errors.of(id) }
  }

  function indexOf(id: string): number {
    const { managed, devices } = field().setup
    const index = managed.devices.findIndex((one) => one.id === id)
    const { cloud } = field().setup
    const isOfCloud =
      Array.isArray(cloud?.content.devices) &&
      cloud.content.devices.some((one: unknown) => Object(one).id === id)
    if (isOfCloud)
      throw new AppError('NOT_MANAGED', `${id} stands in the configuration of the cloud; change it there`)
    if (index >= 0) return index
    if (!devices.some((one) => one.id === id)) throw noDevice(id)
    throw new AppError(
      'NOT_MANAGED',
      `${id} stands in the gateway's gateway.yaml; change it there and restart the gateway`,
    )
  }

  /** Checked as a whole, started, and only then kept: what is on the disk is what has run. */
  async function use(devices: readonly DeviceInstance[], index: number): Promise<void> {
    const before = field().setup
    const text = printManaged(devices)
    const { setup, problems } = await before.again({ managedText: text })
    if (setup === undefined) throw invalid(problemsForDevice(problems, before.managed.file, index))
    if (setup.fileVersion !== before.fileVersion) {
      throw new AppError(
        'CONFLICT',
        'gateway.yaml was changed since the gateway started: restart the gateway, then try again',
      )
    }
    await swap(setup).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      throw invalid([
        { path: '', message: `does not start, everything runs as before: ${message}`.slice(0, 500) },
      ])
    })
    // Entries that were left out at the start are in nobody's memory: a person may still want them.
    if (before.managed.raw.length > before.managed.devices.length)
      await copyFile(before.managed.file, `${before.managed.file}.bad-${Date.now()}`)
    await writeAtomically(before.managed.file, text).catch(async (cause: NodeJS.ErrnoException) => {
      await swap(before)
      const reason = cause.code ?? cause.message
      throw new AppError(
        'STORE_UNAVAILABLE',
        `cannot write ${before.managed.file} (${reason}); nothing was changed`,
        { cause },
      )
    })
  }

  return { answer, placeOf: (question) => placeOf(question) }
}

function placeOf(question: Question): string | undefined {
  switch (question.kind) {
    case 'scan':
      return `bus ${question.bus}`
    case 'probe': {
      const { bus, host } = question.device
      return typeof bus === 'string' ? `bus ${bus}` : typeof host === 'string' ? `camera ${host}` : undefined
    }
    case 'add-device':
    case 'update-device':
    case 'remove-device':
      return 'the list of devices'
    default:
      return undefined
  }
}

function busInfos({ setup, drivers }: Field): BusInfo[] {
  const { config, devices } = setup
  return config.buses.map((bus) => {
    const driver = drivers.find(({ name }) => name === driverName(bus.id))?.driver
    const report =
      driver !== undefined && 'report' in driver ? (driver as Driver & Reporting).report() : undefined
    return {
      id: bus.id,
      protocol: bus.protocol,
      address: busAddress(bus),
      devices: devices.filter((one) => one.protocol === 'modbus' && one.address.bus === bus.id).length,
      ...(report === undefined ? {} : { report }),
    }
  })
}

type BusPlace = {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly baud?: number
}

function busAddress({ host, port = 502, path, baud }: BusPlace): string {
  if (host !== undefined) return hostPort(host, port)
  return baud === undefined ? `${path}` : `${path}, ${baud} baud`
}

const driverName = (bus: string): string => `modbus ${bus}`

async function proposals(
  { setup, drivers }: Field,
  { discoverable, cameras }: ProfileSurvey,
  signal: AbortSignal,
): Promise<ReplyBody> {
  const heard = drivers.flatMap(({ driver }) => [...(driver.proposals?.(discoverable) ?? [])])
  const seen = [...heard, ...(await findCameras(setup, cameras, signal))]
  return {
    kind: 'proposals',
    proposals: seen.slice(0, 1000).map((one) => ({
      ...one,
      key: one.key.slice(0, 300),
      name: one.name.slice(0, 200),
      seenAt: Math.trunc(one.seenAt),
      instance: { ...one.instance },
      ...(one.model === undefined ? {} : { model: one.model.slice(0, 200) }),
      ...(one.source === undefined ? {} : { source: one.source.slice(0, 300) }),
    })),
  }
}

/** Parts are said as units answer, at most a few a second; what is cancelled ends with what it has. */
async function scan(
  { setup, drivers }: Field,
  { bus, first, last }: Asked<'scan'>,
  { signal, progress }: AnswerContext,
) {
  if (!setup.config.buses.some(({ id }) => id === bus))
    throw invalid([{ path: 'bus', message: `no bus ${bus} under buses` }])
  if (last < first) throw invalid([{ path: 'last', message: `expected a number from ${first} to 247` }])
  const driver = drivers.find(({ name }) => name === driverName(bus))?.driver
  if (driver === undefined || !('scan' in driver))
    throw new AppError('DEVICE_REFUSED', `bus ${bus} cannot be scanned`)
  const total = last - first + 1
  let done = 0
  let units: ScannedUnit[] = []
  let saidAt = 0
  const known = new Map(
    setup.devices.flatMap((one) =>
      one.protocol === 'modbus' && one.address.bus === bus ? [[one.address.unit, one.id] as const] : [],
    ),
  )
  await (driver as Driver & Scan).scan({ first, last }, signal, (unit) => {
    done++
    const device = known.get(unit.unit)
    const text = unit.text === undefined ? {} : { text: unit.text.slice(0, 300) }
    units.push({
      unit: unit.unit,
      answered: unit.answered,
      ...text,
      ...(device === undefined ? {} : { device }),
    })
    const now = performance.now()
    if (done === total || (!unit.answered && now - saidAt < 250)) return
    saidAt = now
    progress({ kind: 'scan', done, total, units })
    units = []
  })
  return { kind: 'scan', done, total, units } as const
}

async function probe({ setup, drivers }: Field, draft: DeviceDraft, signal: AbortSignal): Promise<ReplyBody> {
  const { instance, password } = wantedOf(setup, draft)
  const device = await candidate(setup, instance)
  if (device.protocol === 'onvif') {
    const login = password === undefined ? { instance } : { instance, password }
    return probeView(device, await probeCandidate(setup, { device, ...login }, signal))
  }
  const driver = drivers.find(
    ({ name }) => name === (device.protocol === 'modbus' ? driverName(device.address.bus) : device.protocol),
  )?.driver
  if (driver?.probe === undefined) {
    throw new AppError(
      'DEVICE_REFUSED',
      `a device that speaks ${device.protocol} cannot be read before it is added`,
    )
  }
  const probed: Probed = await driver.probe(device, signal)
  return probeView(device, probed)
}

type Wanted = { readonly instance: DeviceInstance; readonly password?: string }

/** An id alone means the device that is configured under it: its unchecked points are looked at again. */
function wantedOf({ config }: GatewaySetup, draft: DeviceDraft): Wanted {
  if (Object.keys(draft).join() === 'id') {
    const { id: wanted } = draft
    const known = config.devices.find((one) => one.id === wanted)
    if (known === undefined) throw noDevice(String(wanted).slice(0, 80))
    return { instance: known }
  }
  const read = readDraft({ id: 'candidate', ...draft })
  if (!read.ok) throw invalid(read.problems)
  return read
}

/** The device that the draft describes, with its points as if every one was confirmed: a check needs them all. */
async function candidate(
  { config, profilesFolder }: GatewaySetup,
  instance: DeviceInstance,
): Promise<Device> {
  const { profiles } = loadProfiles(profilesFolder, { only: new Set([instance.profile]) })
  const profile = profiles.get(instance.profile)
  if (profile === undefined)
    throw invalid([{ path: 'profile', message: `no usable profile ${instance.profile}` }])
  const resolved = resolveDevice(profile, instance)
  const problems: DraftProblem[] = resolved.ok
    ? []
    : resolved.problems.map(({ path, message }) => ({ path: path.join('.'), message }))
  if (instance.bus !== undefined && !config.buses.some(({ id }) => id === instance.bus)) {
    problems.push({ path: 'bus', message: `no bus ${instance.bus} under buses` })
  }
  if (!resolved.ok || problems.length > 0) throw invalid(problems)
  return resolved.device
}

function noDevice(id: string): AppError {
  return new AppError('NOT_FOUND', `there is no device ${id}`)
}

function invalid(problems: readonly DraftProblem[]): AppError {
  const text = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  return new AppError('CONFIG_INVALID', `nothing was changed: ${text}`.slice(0, 1000), {
    details: { problems },
  })
}

/** Readable by the gateway's account alone; never in the file of devices, never sent back. */
async function keepPassword(file: string, password: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, password, { mode: 0o600 })
  await chmod(file, 0o600)
}
