import type { ModbusDevice, ModbusTiming, ReadGroup, ReadLimits } from '#gateway/profiles/device.ts'
import type { PlannedUnit } from './line-load.ts'
import { planReads } from './plan-reads.ts'

/** What holds for a physical unit on which several devices sit: one box answers, so what one forbids holds for all. */
export type UnitRules = {
  readonly timing: ModbusTiming
  readonly limits: ReadLimits
  readonly groups: readonly ReadGroup[]
  readonly transports: readonly string[]
}

/** The plan of every unit, as the driver will carry it out. Pure; the configuration is judged by it before anything runs. */
export function planForUnits(devices: readonly ModbusDevice[]): PlannedUnit[] {
  return [...Map.groupBy(devices, ({ address }) => address.unit)].map(([unit, own]) => {
    const rules = rulesOf(own)
    const points = own.flatMap(({ points }) => points)
    return { unit, timing: rules.timing, blocks: planReads(points, rules) }
  })
}

export function rulesOf(devices: readonly ModbusDevice[]): UnitRules {
  return {
    timing: strictestTiming(devices.map(({ address }) => address.timing)),
    limits: strictestLimits(devices.map(({ address }) => address.limits)),
    groups: distinct(devices.flatMap(({ address }) => address.groups)),
    transports: [...new Set(devices.flatMap(({ address }) => address.transports))],
  }
}

function strictestTiming(all: readonly ModbusTiming[]): ModbusTiming {
  const longest = (key: keyof ModbusTiming) => Math.max(...all.map((one) => one[key]))
  return {
    timeoutMs: longest('timeoutMs'),
    retries: longest('retries'),
    gapMs: longest('gapMs'),
    turnaroundMs: longest('turnaroundMs'),
    warmupMs: longest('warmupMs'),
  }
}

/** One box answers, whichever of its devices is meant: what one profile forbids holds for all of them. */
function strictestLimits(all: readonly ReadLimits[]): ReadLimits {
  const least = (key: 'maxRegs' | 'maxBits' | 'maxGap' | 'maxBitGap') =>
    Math.min(...all.map((one) => one[key]))
  return {
    maxRegs: least('maxRegs'),
    maxBits: least('maxBits'),
    maxGap: least('maxGap'),
    maxBitGap: least('maxBitGap'),
    align: Math.max(...all.map(({ align }) => align)),
    evenCount: all.some(({ evenCount }) => evenCount),
  }
}

function distinct(groups: readonly ReadGroup[]): ReadGroup[] {
  const keyOf = ({ table, start, count }: ReadGroup) => `${table} ${start} ${count}`
  return [...new Map(groups.map((group) => [keyOf(group), group])).values()]
}
