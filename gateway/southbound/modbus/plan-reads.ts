import type { ModbusPoint, ModbusSource, ReadGroup, ReadLimits } from '#gateway/profiles/device.ts'
import type { ModbusTable } from '#gateway/profiles/modbus.ts'

/** A point that is read: it has an address and is not waiting for somebody to confirm it. */
export type ReadablePoint = Pick<ModbusPoint, 'id' | 'pollMs'> & { readonly from: ModbusSource }

/** One read request and the points whose values lie in it. */
export type ReadBlock<P extends ReadablePoint = ModbusPoint & ReadablePoint> = {
  readonly table: ModbusTable
  readonly addr: number
  readonly count: number
  /** Absent: read once after connecting. */
  readonly pollMs?: number
  readonly atomic: boolean
  readonly points: readonly P[]
}

export type ReadRules = {
  readonly limits: ReadLimits
  readonly groups: readonly ReadGroup[]
  /** How the device is reached; any way where absent. */
  readonly transports?: readonly string[]
}

/** What is read once counts as if it were read once a day. */
const onceMs = 86_400_000
/**
 * The head, silences and thinking time of a request take as long on a serial line as this many registers. Over a network
 * registers cost next to nothing.
 */
const requestInRegisters = { serial: 20, network: 2000 }
/** Of two plans with the same number of requests the one that reads fewer registers is better, by this little. */
const tieBreak = 1e-6

/**
 * The fewest requests that read every point as often as it wants to be read. A request is a run of neighbouring points
 * whose gaps and length stay within the device's limits; a value is never cut. Among all ways to cut the sorted points
 * into runs the cheapest is taken: one request per period and run, and where a slow point rides along in a faster run,
 * what its registers cost more often. With one period that is the least possible number of requests. Pure.
 */
export function planReads<P extends ModbusPoint>(
  points: readonly P[],
  rules: ReadRules,
): ReadBlock<P & ReadablePoint>[] {
  const readable = points.filter(isReadable)
  const grouped = rules.groups.map((group) => readable.filter(({ from }) => liesIn(from, group)))
  const fixed = rules.groups.flatMap((group, i) => groupBlock(group, grouped[i] ?? []))
  const taken = new Set(grouped.flat())
  const tables = Map.groupBy(
    readable.filter((point) => !taken.has(point)),
    ({ from }) => from.table,
  )
  return [...fixed, ...[...tables.values()].flatMap((one) => cheapestPlan(one, costsOf(rules)))]
}

/** Two smaller blocks after the device refused one, or none where it cannot be cut. */
export function splitBlock<P extends ReadablePoint>(block: ReadBlock<P>, limits: ReadLimits): ReadBlock<P>[] {
  if (block.atomic || block.points.length < 2) return []
  const sorted = sortedByAddress(block.points)
  const places = [...new Set(sorted.map(({ from }) => from.addr))]
  const middle = places[Math.ceil(places.length / 2)]
  // Points that share one register cannot be told apart by reading.
  if (middle === undefined) return []
  const halves = [
    sorted.filter(({ from }) => from.addr < middle),
    sorted.filter(({ from }) => from.addr >= middle),
  ]
  return halves.map((points) => blockOf(points, limits))
}

/** Requests per second of a plan; what is read once counts nothing. */
export function requestsPerSecond(blocks: readonly Pick<ReadBlock, 'pollMs'>[]): number {
  return blocks.reduce((sum, { pollMs }) => sum + (pollMs === undefined ? 0 : 1000 / pollMs), 0)
}

/**
 * No plan within these limits has fewer requests per second. Whatever is due within a period p must be read by requests of
 * period p or less, so there are at least as many of those as it takes to cover the points of period p or less.
 */
export function leastRequestsPerSecond(points: readonly ModbusPoint[], { limits }: ReadRules): number {
  const readable = points.filter(isReadable)
  const periods = [...new Set(readable.flatMap(({ pollMs }) => pollMs ?? []))].sort((a, b) => a - b)
  let before = 0
  let perSecond = 0
  for (const period of periods) {
    const needed = fewestRequests(readable, limits, ({ pollMs }) => pollMs !== undefined && pollMs <= period)
    perSecond += ((needed - before) * 1000) / period
    before = needed
  }
  return perSecond
}

/** How many requests it takes to read the points that `isDue`, running through the others where that helps. */
export function fewestRequests(
  points: readonly ModbusPoint[],
  limits: ReadLimits,
  isDue: (point: ReadablePoint) => boolean = () => true,
): number {
  const tables = Map.groupBy(points.filter(isReadable), ({ from }) => from.table)
  return [...tables.values()].reduce((sum, one) => sum + fewestRuns(sortedByAddress(one), limits, isDue), 0)
}

/** The longest run from each uncovered point on: starting later or ending sooner cannot save a request. */
function fewestRuns(
  sorted: readonly ReadablePoint[],
  limits: ReadLimits,
  isDue: (point: ReadablePoint) => boolean,
): number {
  let runs = 0
  for (let at = 0; at < sorted.length; ) {
    const first = sorted[at]
    if (first === undefined || !isDue(first)) {
      at++
      continue
    }
    runs++
    const run = new Run(costsOf({ limits, groups: [] }))
    run.add(first)
    at++
    for (let next = sorted[at]; next !== undefined && run.add(next); next = sorted[at]) at++
  }
  return runs
}

type Costs = { readonly limits: ReadLimits; readonly registersPerRequest: number }

function costsOf({ limits, transports }: ReadRules): Costs {
  const isSerial = transports === undefined || transports.some((one) => one !== 'tcp')
  return { limits, registersPerRequest: requestInRegisters[isSerial ? 'serial' : 'network'] }
}

/** All periods in common runs, or each in its own: a slow run may pass over a fast point that another run reads. */
function cheapestPlan<P extends ReadablePoint>(points: readonly P[], costs: Costs): ReadBlock<P>[] {
  const together = cheapestRuns(points, costs)
  const apart = [...Map.groupBy(points, ({ pollMs }) => pollMs).values()].map((one) =>
    cheapestRuns(one, costs),
  )
  const apartCost = apart.reduce((sum, { cost }) => sum + cost, 0)
  return together.cost <= apartCost ? together.blocks : apart.flatMap(({ blocks }) => blocks)
}

/** Cheapest cut of the sorted points into runs, from the end to the front. */
function cheapestRuns<P extends ReadablePoint>(points: readonly P[], costs: Costs) {
  const sorted = sortedByAddress(points)
  const best: { cost: number; next: number }[] = []
  best[sorted.length] = { cost: 0, next: sorted.length }
  for (let first = sorted.length - 1; first >= 0; first--)
    best[first] = bestFrom(sorted, first, { best, costs })
  const blocks: ReadBlock<P>[] = []
  for (let at = 0; at < sorted.length; ) {
    const next = best[at]?.next ?? sorted.length
    blocks.push(blockOf(sorted.slice(at, next), costs.limits))
    at = next
  }
  return { cost: best[0]?.cost ?? 0, blocks }
}

type Search = { readonly best: readonly { readonly cost: number }[]; readonly costs: Costs }

/** Every run that begins at `first` and is allowed, each with the best that can follow it. */
function bestFrom(
  sorted: readonly ReadablePoint[],
  first: number,
  { best, costs }: Search,
): { cost: number; next: number } {
  const run = new Run(costs)
  let found = { cost: Number.POSITIVE_INFINITY, next: first + 1 }
  for (let next = first; next < sorted.length; next++) {
    const point = sorted[next]
    // A single value is read even where it is wider than the device's limit says.
    if (point === undefined || (!run.add(point) && next > first)) break
    const cost = run.cost + (best[next + 1]?.cost ?? 0)
    // Among equals the longer run first, so that plans read in order of address.
    if (cost <= found.cost * (1 + 1e-9)) found = { cost, next: next + 1 }
  }
  return found
}

/** A growing run of points and what reading it costs in requests per second. */
class Run {
  readonly #limits: ReadLimits
  readonly #registersPerRequest: number
  #addr = 0
  #end = 0
  #pollMs = Number.POSITIVE_INFINITY
  #registers = 0
  #registersPerMs = 0

  constructor({ limits, registersPerRequest }: Costs) {
    this.#limits = limits
    this.#registersPerRequest = registersPerRequest
  }

  /** False where the device would not allow it. */
  add({ from, pollMs = onceMs }: ReadablePoint): boolean {
    const isBits = isBitTable(from.table)
    const isFirst = this.#registers === 0
    const { maxGap, maxBitGap, maxRegs, maxBits } = this.#limits
    const gap = isFirst ? 0 : from.addr - this.#end
    if (isFirst) this.#addr = startOf(from, this.#limits)
    const before = isFirst ? from.addr : this.#end
    this.#end = Math.max(before, from.addr + from.count)
    this.#pollMs = Math.min(this.#pollMs, pollMs)
    const width = isBits ? from.count / 16 : from.count
    this.#registers += width
    this.#registersPerMs += width / pollMs
    const span = countOf(this.#addr, this.#end, { table: from.table, limits: this.#limits })
    return gap <= (isBits ? maxBitGap : maxGap) && span <= (isBits ? maxBits : maxRegs)
  }

  get cost(): number {
    const riding = this.#registers / this.#pollMs - this.#registersPerMs
    const span = this.#end - this.#addr
    return (
      1 / this.#pollMs + Math.max(0, riding) / this.#registersPerRequest + (tieBreak * span) / this.#pollMs
    )
  }
}

function sortedByAddress<P extends ReadablePoint>(points: readonly P[]): P[] {
  return points.toSorted((a, b) => a.from.addr - b.from.addr || a.from.count - b.from.count)
}

function startOf({ table, addr }: ModbusSource, { align }: ReadLimits): number {
  return isBitTable(table) ? addr : addr - (addr % align)
}

type Shape = { readonly table: ModbusTable; readonly limits: ReadLimits }

function countOf(addr: number, end: number, { table, limits }: Shape): number {
  const span = end - addr
  return !isBitTable(table) && limits.evenCount ? span + (span % 2) : span
}

/** `points` are sorted by address. */
function blockOf<P extends ReadablePoint>(points: readonly P[], limits: ReadLimits): ReadBlock<P> {
  const [first] = points
  if (first === undefined) throw new Error('a read block without points')
  const { table } = first.from
  const addr = startOf(first.from, limits)
  const end = Math.max(...points.map(({ from }) => from.addr + from.count))
  return {
    table,
    addr,
    count: countOf(addr, end, { table, limits }),
    atomic: false,
    points,
    ...pollOf(points),
  }
}

function groupBlock<P extends ReadablePoint>(group: ReadGroup, points: readonly P[]): ReadBlock<P>[] {
  if (points.length === 0) return []
  const { table, start, count, atomic } = group
  return [{ table, addr: start, count, atomic, points, ...pollOf(points) }]
}

/** A block is read as often as its most impatient point wants. */
function pollOf(points: readonly ReadablePoint[]): { pollMs?: number } {
  const periods = points.flatMap(({ pollMs }) => (pollMs === undefined ? [] : [pollMs]))
  return periods.length === 0 ? {} : { pollMs: Math.min(...periods) }
}

function liesIn(from: ModbusSource, { table, start, count }: ReadGroup): boolean {
  return from.table === table && from.addr >= start && from.addr + from.count <= start + count
}

function isReadable<P extends ModbusPoint>(point: P): point is P & ReadablePoint {
  return point.from !== undefined && point.hidden !== true
}

export function isBitTable(table: ModbusTable): boolean {
  return table === 'coil' || table === 'discrete'
}
