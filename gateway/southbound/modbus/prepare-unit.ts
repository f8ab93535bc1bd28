import { AppError } from '#contract/errors.ts'
import type { ModbusDevice, ModbusIdentity, ModbusSetup, ModbusSource } from '#gateway/profiles/device.ts'
import type { Logger } from '#lib/logger.ts'
import type { Bus, Unit } from './bus.ts'
import { type Raw, valueReader } from './decode.ts'
import { encodeRaw } from './encode.ts'
import { refusalCode } from './modbus-errors.ts'

/** A unit on an open bus, asked by its number. */
export type Asked = { readonly bus: Bus; readonly unit: Unit; readonly log: Logger }

export type Misfit = {
  /** What was expected, what was found, and which variant would fit. */
  readonly text: string
  readonly variant?: string
}

/**
 * Why the device on the bus is not the one its profile describes; `undefined` when it is. A device that refuses to show
 * the register is given the benefit of the doubt. Rejects like a read when it does not answer.
 */
export async function misfitOf(asked: Asked, device: ModbusDevice): Promise<Misfit | undefined> {
  const { identify, otherVariants } = device.address
  const problem = await firstMisfit(asked, identify)
  if (problem === undefined) return undefined
  for (const { name, identify: own } of otherVariants) {
    if (own.length > 0 && (await firstMisfit(asked, own)) === undefined) {
      return { text: `${problem}; it looks like variant ${name} of the profile`, variant: name }
    }
  }
  return { text: problem }
}

/** By point, the factor the device itself keeps. A code that the profile does not know leaves the point without one. */
export async function factorsOf(asked: Asked, device: ModbusDevice): Promise<Map<string, number>> {
  const factors = new Map<string, number>()
  const known = new Map<string, Raw>()
  for (const { id, scaleFrom } of device.points) {
    if (scaleFrom === undefined) continue
    const { source, map } = scaleFrom
    const key = `${source.table} ${source.addr} ${source.type} ${source.bits?.pos ?? ''} ${source.byte ?? ''}`
    if (!known.has(key)) known.set(key, await rawOrRefused(asked, source))
    const raw = known.get(key)
    const factor = map.find(([code]) => code === raw)?.[1]
    if (factor !== undefined) factors.set(id, factor)
    else
      asked.log.warn({ device: device.id, point: id, ...source, found: raw }, 'scale of a point is not known')
  }
  return factors
}

/** Settings the device does not have, in words. Writes them only where the installation consented. */
export async function unmetSetup(asked: Asked, device: ModbusDevice): Promise<string[]> {
  const unmet: string[] = []
  for (const setting of device.address.setup) {
    const found = await rawOrRefused(asked, setting)
    if (found === setting.expect) continue
    const words = `${setting.table} ${setting.addr}: expected ${setting.expect}, found ${String(found)} (${setting.why})`
    if (setting.consented && (await applied(asked, setting))) {
      asked.log.info(
        { device: device.id, setting: words, written: setting.write },
        'one-time setting written',
      )
      continue
    }
    const next = setting.consented
      ? 'it did not take the value'
      : 'add `setup: consented` to the device to write it'
    asked.log.warn({ device: device.id, setting: words, next }, 'one-time setting missing')
    unmet.push(`${words}; ${next}`)
  }
  return unmet
}

async function applied(asked: Asked, setting: ModbusSetup): Promise<boolean> {
  const request = encodeRaw(setting.write, setting)
  if (request === undefined) return false
  try {
    await asked.bus.write(asked.unit, request)
    return (await rawOrRefused(asked, setting)) === setting.expect
  } catch (error) {
    if (error instanceof AppError && error.code === 'DEVICE_REFUSED') return false
    throw error
  }
}

async function firstMisfit(asked: Asked, identify: readonly ModbusIdentity[]): Promise<string | undefined> {
  for (const identity of identify) {
    const raw = await rawOrRefused(asked, identity)
    if (raw === undefined || (typeof raw === 'number' && identity.accepts.includes(raw))) continue
    const expected = identity.accepts.join(' or ')
    return `${identity.table} ${identity.addr}: expected ${expected}, found ${String(raw)} (${identity.why})`
  }
  return undefined
}

async function rawOrRefused({ bus, unit, log }: Asked, source: ModbusSource): Promise<Raw> {
  try {
    return valueReader(source, source.addr)(await bus.read(unit, source))
  } catch (error) {
    if (refusalCode(error) === undefined) throw error
    log.info({ unit: unit.unit, err: error }, 'a register that describes the device cannot be read')
    return undefined
  }
}
