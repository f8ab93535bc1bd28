import { parseDuration } from '#lib/quantity.ts'
import type {
  ModbusDevice,
  ModbusIdentity,
  ModbusPoint,
  ModbusSetup,
  ModbusSource,
  ModbusTarget,
  ReadGroup,
  ReadLimits,
} from './device.ts'
import { type Expanded, noSteps, type Steps } from './expand.ts'
import type { ModbusBlock, ModbusFrom, ModbusPointFields, ModbusTo } from './modbus.ts'
import type { ModbusProfile, Profile } from './profile.ts'
import { noVariant, withVariant } from './variants.ts'

/** The Modbus half of resolving: addresses and sizes. Pure. */
const defaultPollMs = { fast: 2000, normal: 10_000, slow: 60_000 } as const
const widths = { bool: 1, u16: 1, i16: 1, u32: 2, i32: 2, f32: 2, u64: 4, i64: 4, f64: 4 } as const

export function modbusSource(from: ModbusFrom, steps: Steps, order: ModbusBlock['order']): ModbusSource {
  const { table, addr, type, bits, byte } = from
  return {
    table,
    addr: addressOf(addr, steps),
    type,
    order: from.order ?? order ?? 'ABCD',
    count: countOf(from),
    ...(bits === undefined ? {} : { bits }),
    ...(byte === undefined ? {} : { byte }),
  }
}

function addressOf(addr: ModbusFrom['addr'], { n, m }: Steps): number {
  if (typeof addr === 'number') return addr
  const step = typeof addr.step === 'number' ? { n: addr.step, m: 0 } : addr.step
  return addr.base + step.n * n + step.m * m
}

function countOf({ table, type, count }: Pick<ModbusFrom, 'table' | 'type' | 'count'>): number {
  if (table === 'coil' || table === 'discrete') return 1
  return type === 'text' ? (count ?? 1) : widths[type]
}

type WriteTo = { readonly to: ModbusTo; readonly from: ModbusFrom | undefined }

/** A target that leaves the type out is written as it is read. */
export function modbusTarget({ to, from }: WriteTo, steps: Steps, order: ModbusBlock['order']): ModbusTarget {
  const type = to.type ?? from?.type ?? (to.table === 'coil' ? 'bool' : 'u16')
  const source = modbusSource({ ...to, type }, steps, from?.order ?? order)
  return { ...source, fc: to.fc ?? defaultFunction(source) }
}

function defaultFunction({ table, count }: ModbusSource): ModbusTarget['fc'] {
  if (table === 'coil') return 5
  return count === 1 ? 6 : 16
}

export function modbusAddress(
  { modbus, availability }: ModbusProfile,
  instance: { readonly bus: string; readonly unit: number; readonly consented: boolean },
): ModbusDevice['address'] {
  const timing = modbus.timing ?? {}
  return {
    bus: instance.bus,
    unit: instance.unit,
    limits: limitsOf(modbus),
    timing: {
      timeoutMs: timing.timeout_ms ?? 1000,
      retries: timing.retries ?? 1,
      gapMs: (timing.gap_us ?? 0) / 1000,
      turnaroundMs: timing.turnaround_ms ?? 0,
      warmupMs: (timing.warmup_s ?? 0) * 1000,
    },
    groups: Object.values(modbus.groups ?? {}).map(groupOf),
    onIllegal: modbus.on_illegal,
    identify: (modbus.identify ?? []).map((one) => identityOf(one, modbus.order)),
    setup: (modbus.setup ?? []).map((one) => setupOf(one, modbus.order, instance.consented)),
    transports: modbus.transports,
    otherVariants: [],
    ...(availability?.probe === undefined ? {} : { probe: availability.probe }),
  }
}

type Setup = NonNullable<ModbusBlock['setup']>[number]

function setupOf({ fc, ...one }: Setup, order: ModbusBlock['order'], consented: boolean): ModbusSetup {
  const { expect, write, why = '', ...place } = one
  const to = { table: place.table, addr: place.addr, type: place.type }
  const ordered = place.order === undefined ? to : { ...to, order: place.order }
  const target = modbusTarget(
    { to: fc === undefined ? ordered : { ...ordered, fc }, from: undefined },
    noSteps,
    order,
  )
  return { ...target, expect, write, consented, why }
}

/** Variants that tell themselves by their registers, and the profile as it is where a variant was chosen. */
export function otherVariants(
  profile: ModbusProfile,
  chosen: string,
): ModbusDevice['address']['otherVariants'] {
  const others = Object.entries(profile.variants ?? {}).filter(
    ([name, { select }]) => name !== chosen && select === 'identify',
  )
  const all = others.map(([name]): [string, Profile] => [name, withVariant(profile, name)])
  if (chosen !== noVariant) all.push([noVariant, profile])
  return all.flatMap(([name, one]) => {
    if (one.protocol !== 'modbus' || (one.modbus.identify ?? []).length === 0) return []
    return [{ name, identify: (one.modbus.identify ?? []).map((id) => identityOf(id, one.modbus.order)) }]
  })
}

function limitsOf({ limits = {} }: ModbusBlock): ReadLimits {
  return {
    maxRegs: limits.max_regs ?? 125,
    maxBits: limits.max_bits ?? 2000,
    maxGap: limits.max_gap ?? 0,
    maxBitGap: limits.max_bit_gap ?? 0,
    align: limits.align ?? 1,
    evenCount: limits.even_count ?? false,
  }
}

function groupOf(group: NonNullable<ModbusBlock['groups']>[string]): ReadGroup {
  return { table: group.table, start: group.start, count: group.count, atomic: group.atomic ?? false }
}

function identityOf(
  { equals, in: list, why, ...from }: NonNullable<ModbusBlock['identify']>[number],
  order: ModbusBlock['order'],
): ModbusIdentity {
  const accepts = [...(list ?? []), ...(equals === undefined ? [] : [equals])]
  return { ...modbusSource(from, noSteps, order), accepts, why }
}

export function modbusEnds(
  { fields, steps }: Expanded<ModbusPointFields>,
  { modbus }: ModbusProfile,
): { from?: ModbusSource; to?: ModbusTarget; scaleFrom?: NonNullable<ModbusPoint['scaleFrom']> } {
  const { from, write, scale_from: scale } = fields
  return {
    ...(scale === undefined
      ? {}
      : {
          scaleFrom: {
            source: modbusSource(scale, steps, modbus.order),
            map: scale.map as [number, number][],
          },
        }),
    ...(from === undefined ? {} : { from: modbusSource(from, steps, modbus.order) }),
    ...(write === undefined ? {} : { to: modbusTarget({ to: write.to, from }, steps, modbus.order) }),
  }
}

export function modbusPollMs({ poll }: ModbusPointFields, { modbus }: ModbusProfile): number | undefined {
  if (poll === 'once' || poll === 'on_demand') return undefined
  const named = poll ?? 'normal'
  const period = modbus.poll[named]
  return period === undefined ? defaultPollMs[named] : parseDuration(period)
}
