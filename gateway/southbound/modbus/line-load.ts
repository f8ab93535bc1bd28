import type { ModbusTiming } from '#gateway/profiles/device.ts'
import { type BusConfig, bitsPerByte, frameGapMs, isRtu } from './bus-config.ts'
import { isBitTable, type ReadBlock } from './plan-reads.ts'

/** What a device needs to think, where nobody said and nothing was measured. */
const latencyMs = { tcp: 1, rtu: 5 }
const requestBytes = 8
const answerOverheadBytes = 5

type Read = Pick<ReadBlock, 'table' | 'count'>
type Silences = Pick<ModbusTiming, 'gapMs' | 'turnaroundMs'>

/** How long the bus is taken by one read: its bytes at the line's speed, the device's thinking, the silence after it. */
export function requestMs(
  config: BusConfig,
  { gapMs, turnaroundMs }: Silences,
  { table, count }: Read,
): number {
  const thinking = config.latencyMs ?? (isRtu(config) ? latencyMs.rtu : latencyMs.tcp)
  const line = config.line
  if (!isRtu(config) || line === undefined) return thinking + Math.max(gapMs, turnaroundMs)
  const bytes = requestBytes + answerOverheadBytes + (isBitTable(table) ? Math.ceil(count / 8) : count * 2)
  const pause = frameGapMs(line)
  return (
    (bytes * bitsPerByte(line) * 1000) / line.baud + pause + thinking + Math.max(gapMs, turnaroundMs, pause)
  )
}

export type PlannedUnit = {
  readonly unit: number
  readonly timing: Silences
  readonly blocks: readonly (Read & Pick<ReadBlock, 'pollMs'>)[]
}
export type UnitLoad = { readonly unit: number; readonly msPerS: number; readonly requestsPerS: number }

/** Milliseconds of bus time per second that each unit's plan takes. What is read once counts nothing. */
export function loadOf(config: BusConfig, units: readonly PlannedUnit[]): UnitLoad[] {
  return units.map(({ unit, timing, blocks }) => {
    const polled = blocks.flatMap((block) =>
      block.pollMs === undefined ? [] : [{ perS: 1000 / block.pollMs, ms: requestMs(config, timing, block) }],
    )
    const sum = (of: (one: { perS: number; ms: number }) => number) =>
      polled.reduce((all, one) => all + of(one), 0)
    return { unit, msPerS: sum(({ perS, ms }) => perS * ms), requestsPerS: sum(({ perS }) => perS) }
  })
}

/** Part of the time; above 1 the plan cannot be carried out. */
export function totalLoad(loads: readonly UnitLoad[]): number {
  return loads.reduce((sum, { msPerS }) => sum + msPerS, 0) / 1000
}
