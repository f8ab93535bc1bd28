/** `<data>/devices.yaml`: the devices that were added from the console. Written by the gateway alone; gateway.yaml is never touched. */
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Type } from 'typebox'
import { stringify } from 'yaml'
import { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { entryKey } from '#lib/entry-key.ts'
import { type ConfigProblem, type LineOf, type Overlay, parseConfig } from '#lib/load-config.ts'

export const managedFile = 'devices.yaml'
/** Beside it: one file per camera, readable by the gateway's account alone. */
export const passwordFolder = 'device-passwords'

const ManagedDevices = Type.Object(
  { devices: Type.Array(DeviceInstance, { maxItems: 2000, default: [] }) },
  { additionalProperties: false },
)

const header = `# Devices that were added from the console. The gateway writes this file; change devices there, or stop it first.\n`

export type Managed = {
  readonly file: string
  readonly text: string
  readonly devices: readonly DeviceInstance[]
  readonly problems: readonly ConfigProblem[]
  readonly lineOf: LineOf
  /** The entries as they stand in the file, those that were left out too. */
  readonly raw: readonly Readonly<Record<string, unknown>>[]
  /** The file could not be read at all, as against one entry of it. */
  readonly isGarbage: boolean
}

/** No file is no devices. Problems name the file. */
export async function readManaged(dataFolder: string, leaveOut?: LeaveOut): Promise<Managed> {
  const file = join(dataFolder, managedFile)
  try {
    return parseManaged(await readFile(file, 'utf8'), file, leaveOut)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return parseManaged('', file)
    return {
      ...parseManaged('', file),
      problems: [{ file, path: '', message: `cannot read the file (${code ?? message})` }],
      isGarbage: true,
    }
  }
}

/** `overlay` may leave entries out. Pure. */
export function parseManaged(text: string, file: string, leaveOut: LeaveOut = (list) => list): Managed {
  let raw: Managed['raw'] = []
  const overlay: Overlay = {
    name: file,
    apply: (value) => {
      const list = listIn(value)
      raw = list
      return {
        value: list.length === 0 ? value : { ...Object(value), devices: leaveOut(list) },
        findings: [],
      }
    },
    owns: () => false,
    entryOf: ([list, index], value) =>
      list === 'devices' && typeof index === 'number' ? entryKey('devices', listIn(value)[index]) : undefined,
  }
  const parsed = parseConfig(text === '' ? 'devices: []' : text, ManagedDevices, undefined, overlay)
  const head = { file, text, raw }
  if (parsed.ok)
    return { ...head, devices: parsed.value.devices, problems: [], lineOf: parsed.lineOf, isGarbage: false }
  const problems = parsed.problems.map((problem) => ({ ...problem, file }))
  const isGarbage = problems.some(({ entry }) => entry === undefined)
  return { ...head, devices: [], problems, lineOf: () => undefined, isGarbage }
}

type LeaveOut = (list: readonly unknown[]) => readonly unknown[]

function listIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const { devices } = Object(value) as { devices?: unknown }
  return Array.isArray(devices) ? devices : []
}

export function printManaged(devices: readonly DeviceInstance[]): string {
  return header + stringify({ devices })
}

/** Where a password lies that belongs to a device of this file: relative to it, so that the folder can be moved. */
export function passwordPath(device: string): string {
  return `${passwordFolder}/${device}`
}

/** The same device with its files named in full, as anybody needs them who does not know this file. */
export function besideManaged<T extends { readonly passwordFile?: unknown }>(device: T, file: string): T {
  const { passwordFile } = device
  if (typeof passwordFile !== 'string') return device
  return { ...device, passwordFile: resolve(dirname(file), passwordFile) }
}
