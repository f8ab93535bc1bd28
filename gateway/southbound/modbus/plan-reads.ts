import type { ModbusPoint, ModbusSource, ReadGroup, ReadLimits } from '#gateway/profiles/device.ts'
import type { ModbusTable } from '#gateway/profiles/modbus.ts'

/** A point that can be read. */
export type ReadablePoint = ModbusPoint & { readonly from: ModbusSource }

/** One read request and the points whose values lie in it. */
export type ReadBlock = {
  readonly table: ModbusTable
  readonly addr: number
  readonly count: number
  /** Absent: read once after connecting. */
  readonly pollMs?: number
  readonly atomic: boolean
  readonly points: readonly ReadablePoint[]
}

export type ReadRules = { readonly limits: ReadLimits; readonly groups: readonly ReadGroup[] }

/**
 * The fewest requests that read every point as often as it wants to be read: points of one table and one period are joined
 * while the gap between them and the length stay within the device's limits. A value is never cut. Pure.
 */
export function planReads(points: readonly ModbusPoint[], rules: ReadRules): ReadBlock[] {
  const readable = points.filter(isReadable)
  const grouped = rules.groups.map((group) => readable.filter(({ from }) => liesIn(from, group)))
  const fixed = rules.groups.flatMap((group, i) => groupBlock(group, grouped[i] ?? []))
  const taken = new Set(grouped.flat())
  const classes = Map.groupBy(
    readable.filter((point) => !taken.has(point)),
    ({ from, pollMs }) => `${from.table} ${pollMs ?? 'once'}`,
  )
  return [...fixed, ...[...classes.values()].flatMap((one) => joinPoints(one, rules.limits))]
}

/** Two smaller blocks after the device refused one, or none where it cannot be cut. */
export function splitBlock(block: ReadBlock, limits: ReadLimits): ReadBlock[] {
  if (block.atomic || block.points.length < 2) return []
  const middle = Math.ceil(block.points.length / 2)
  const halves = [block.points.slice(0, middle), block.points.slice(middle)]
  return halves.map((points) => blockOf(points, limits))
}

function joinPoints(points: readonly ReadablePoint[], limits: ReadLimits): ReadBlock[] {
  const sorted = points.toSorted((a, b) => a.from.addr - b.from.addr || a.from.count - b.from.count)
  const runs: ReadablePoint[][] = []
  for (const point of sorted) {
    const run = runs.at(-1)
    if (run !== undefined && joins(run, point, limits)) run.push(point)
    else runs.push([point])
  }
  return runs.map((run) => blockOf(run, limits))
}

function joins(run: readonly ReadablePoint[], point: ReadablePoint, limits: ReadLimits): boolean {
  const bits = isBitTable(point.from.table)
  const gap = point.from.addr - endOf(run)
  if (gap > (bits ? limits.maxBitGap : limits.maxGap)) return false
  return blockOf([...run, point], limits).count <= (bits ? limits.maxBits : limits.maxRegs)
}

/** `points` are sorted by address. */
function blockOf(points: readonly ReadablePoint[], limits: ReadLimits): ReadBlock {
  const [first] = points
  if (first === undefined) throw new Error('a read block without points')
  const { table } = first.from
  const bits = isBitTable(table)
  const addr = bits ? first.from.addr : first.from.addr - (first.from.addr % limits.align)
  const span = endOf(points) - addr
  const count = !bits && limits.evenCount ? span + (span % 2) : span
  return { table, addr, count, atomic: false, points, ...pollOf(points) }
}

function groupBlock(group: ReadGroup, points: readonly ReadablePoint[]): ReadBlock[] {
  if (points.length === 0) return []
  const { table, start, count, atomic } = group
  return [{ table, addr: start, count, atomic, points, ...pollOf(points) }]
}

/** A group is read as often as its most impatient point wants. */
function pollOf(points: readonly ReadablePoint[]): { pollMs?: number } {
  const periods = points.flatMap(({ pollMs }) => (pollMs === undefined ? [] : [pollMs]))
  return periods.length === 0 ? {} : { pollMs: Math.min(...periods) }
}

function liesIn(from: ModbusSource, { table, start, count }: ReadGroup): boolean {
  return from.table === table && from.addr >= start && from.addr + from.count <= start + count
}

function endOf(points: readonly ReadablePoint[]): number {
  return Math.max(...points.map(({ from }) => from.addr + from.count))
}

function isReadable(point: ModbusPoint): point is ReadablePoint {
  return point.from !== undefined
}

export function isBitTable(table: ModbusTable): boolean {
  return table === 'coil' || table === 'discrete'
}
