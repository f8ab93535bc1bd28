/** `<data>/devices.yaml`: the devices that were added from the console. Written by the gateway alone; gateway.yaml is never touched. */
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Type } from 'typebox'
import { stringify } from 'yaml'
import { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { type ConfigProblem, type LineOf, parseConfig } from '#lib/load-config.ts'

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
}

/** No file is no devices. Problems name the file. */
export async function readManaged(dataFolder: string): Promise<Managed> {
  const file = join(dataFolder, managedFile)
  try {
    return parseManaged(await readFile(file, 'utf8'), file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return parseManaged('', file)
    return {
      ...parseManaged('', file),
      problems: [{ file, path: '', message: `cannot read the file (${code ?? message})` }],
    }
  }
}

/** Pure. */
export function parseManaged(text: string, file: string): Managed {
  const parsed = parseConfig(text === '' ? 'devices: []' : text, ManagedDevices)
  if (parsed.ok) return { file, text, devices: parsed.value.devices, problems: [], lineOf: parsed.lineOf }
  const problems = parsed.problems.map((problem) => ({ ...problem, file }))
  return { file, text, devices: [], problems, lineOf: () => undefined }
}

export function printManaged(devices: readonly DeviceInstance[]): string {
  return header + stringify({ devices })
}

/** Where a password lies that belongs to a device of this file: relative to it, so that the folder can be moved. */
export function passwordPath(device: string): string {
  return `${passwordFolder}/${device}`
}

/** The same device with its files named in full, as anybody needs them who does not know this file. */
export function besideManaged(device: DeviceInstance, file: string): DeviceInstance {
  const { passwordFile } = device
  if (passwordFile === undefined) return device
  return { ...device, passwordFile: resolve(dirname(file), passwordFile) }
}
