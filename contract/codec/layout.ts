/**
 * The order in which the samples of a batch travel. Devices whose names differ only in the number at the end are a
 * group. A device has ticks: the times at which it reported anything. In a group the cells "this point of this device
 * at this tick" are counted through, point by point, and a sample is the number of its cell.
 */
import type { SampleColumns } from '../sample.ts'
import { maxSeries } from './limits.ts'
import { type IndexedPoint, indexPoint, trimPointIndex } from './point-index.ts'

export type Group = {
  readonly prefix: string
  /** Numbers of the devices, ascending. */
  readonly devices: readonly number[]
  /** One series of each point, in the order of the wire: whoever asks for the name takes it from there. */
  readonly names: readonly IndexedPoint[]
  /** Index of the group's first device among the devices of all groups. */
  readonly firstDevice: number
}

export type Layout = {
  readonly groups: readonly Group[]
  /** Ticks of device d: `ticks[tickStart[d]]` up to `ticks[tickStart[d + 1]]`, ascending. */
  readonly ticks: Float64Array
  readonly tickStart: Uint32Array
  /** Indexes of samples in the order of the wire. */
  readonly order: Uint32Array
  /** For each sample in the order of the batch: its tick among the ticks of all groups, its series in wire order. */
  readonly tickOf: Uint32Array
  readonly cellSeriesOf: Uint32Array
  /** For each series in wire order: its group and its point inside the group. */
  readonly groupOf: Uint32Array
  readonly nameOf: Uint32Array
}

type Arranged = {
  readonly groups: readonly Group[]
  /** Series of the batch → series in wire order. Two with the same text become one. */
  readonly cellSeries: Uint32Array
  readonly count: number
  readonly deviceOf: Uint32Array
  readonly groupOf: Uint32Array
  readonly nameOf: Uint32Array
  readonly deviceCount: number
}

export function layOut(samples: SampleColumns): Layout {
  const arranged = arrange(usedSeries(samples), samples.points)
  const byDevice = sortByDevice(samples, arranged)
  const { ticks, tickStart, tickOf } = findTicks(samples, arranged, byDevice)
  const cellSeriesOf = new Uint32Array(samples.t.length)
  for (let i = 0; i < cellSeriesOf.length; i++)
    cellSeriesOf[i] = at(arranged.cellSeries, at(samples.series, i))
  const order = countingSort(byDevice, cellSeriesOf, arranged.count)
  const { groups, groupOf, nameOf } = arranged
  return { groups, ticks, tickStart, order, tickOf, cellSeriesOf, groupOf, nameOf }
}

/** Reads a typed array where the index is known to be inside. */
function at(array: Uint32Array | Float64Array, index: number): number {
  return array[index] as number
}

function usedSeries(samples: SampleColumns): number[] {
  const isUsed = new Uint8Array(samples.points.length)
  for (let i = 0; i < samples.series.length; i++) isUsed[at(samples.series, i)] = 1
  const used: number[] = []
  for (let series = 0; series < isUsed.length; series++) if (isUsed[series] === 1) used.push(series)
  if (used.length > maxSeries)
    throw new RangeError(`${used.length} points in one batch, at most ${maxSeries}`)
  return used
}

type Entry = IndexedPoint & { readonly series: number }

function arrange(used: readonly number[], points: readonly string[]): Arranged {
  trimPointIndex()
  const byGroup = new Map<number, { series: number; point: IndexedPoint }[]>()
  for (const series of used) {
    const point = indexPoint(points[series] ?? '')
    const members = byGroup.get(point.prefixRank)
    if (members === undefined) byGroup.set(point.prefixRank, [{ series, point }])
    else members.push({ series, point })
  }
  const parts = [...byGroup.values()].sort((a, b) => compareText(a[0]?.point.prefix, b[0]?.point.prefix))
  const cellSeries = new Uint32Array(points.length)
  const deviceOf = new Uint32Array(used.length)
  const groupOf = new Uint32Array(used.length)
  const nameOf = new Uint32Array(used.length)
  const groups: Group[] = []
  let count = 0
  let firstDevice = 0
  for (const members of parts) {
    members.sort((a, b) => compareName(a.point, b.point) || a.point.number - b.point.number)
    const devices = distinctNumbers(members.map((member) => member.point.number))
    const place = new Map(devices.map((number, index) => [number, index]))
    const names: IndexedPoint[] = []
    let previous: IndexedPoint | undefined
    for (const { series, point } of members) {
      if (previous?.nameRank !== point.nameRank) names.push(point)
      if (previous?.nameRank !== point.nameRank || previous.number !== point.number) {
        deviceOf[count] = firstDevice + (place.get(point.number) ?? 0)
        groupOf[count] = groups.length
        nameOf[count] = names.length - 1
        count++
      }
      cellSeries[series] = count - 1
      previous = point
    }
    groups.push({ prefix: members[0]?.point.prefix ?? '', devices, names, firstDevice })
    firstDevice += devices.length
  }
  return { groups, cellSeries, count, deviceOf, groupOf, nameOf, deviceCount: firstDevice }
}

function compareText(a = '', b = ''): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function compareName(a: IndexedPoint, b: IndexedPoint): number {
  if (a.nameIndex === 0 && b.nameIndex === 0) return compareText(a.literal, b.literal)
  if (a.nameIndex === 0 || b.nameIndex === 0) return a.nameIndex - b.nameIndex
  return a.nameRank - b.nameRank
}

function distinctNumbers(numbers: readonly number[]): number[] {
  const sorted = Float64Array.from(numbers).sort()
  const distinct: number[] = []
  for (const number of sorted) if (number !== distinct.at(-1)) distinct.push(number)
  return distinct
}

/** Samples by device, in each by time; samples of equal time keep the order of the batch. */
function sortByDevice(samples: SampleColumns, arranged: Arranged): Uint32Array {
  const { t, series } = samples
  const device = new Uint32Array(t.length)
  for (let i = 0; i < t.length; i++) device[i] = at(arranged.deviceOf, at(arranged.cellSeries, at(series, i)))
  const identity = new Uint32Array(t.length)
  for (let i = 0; i < t.length; i++) identity[i] = i
  const order = countingSort(identity, device, arranged.deviceCount)
  for (let from = 0, to = 0; from < order.length; from = to) {
    let sorted = true
    for (to = from + 1; to < order.length && device[at(order, to)] === device[at(order, from)]; to++) {
      if (at(t, at(order, to)) < at(t, at(order, to - 1))) sorted = false
    }
    if (!sorted) order.subarray(from, to).sort((a, b) => at(t, a) - at(t, b) || a - b)
  }
  return order
}

/** Stable: `items` ordered by `key[item]`, keys below `keys`. */
function countingSort(items: Uint32Array, key: Uint32Array, keys: number): Uint32Array {
  const start = new Uint32Array(keys + 1)
  for (let i = 0; i < items.length; i++) {
    const next = at(key, at(items, i)) + 1
    start[next] = at(start, next) + 1
  }
  for (let k = 0; k < keys; k++) start[k + 1] = at(start, k + 1) + at(start, k)
  const sorted = new Uint32Array(items.length)
  for (let i = 0; i < items.length; i++) {
    const item = at(items, i)
    const place = at(start, at(key, item))
    sorted[place] = item
    start[at(key, item)] = place + 1
  }
  return sorted
}

/** One tick for each time of a device; where a series has several samples of one time, as many as the most of them. */
function findTicks(samples: SampleColumns, arranged: Arranged, byDevice: Uint32Array) {
  const { t, series } = samples
  const ticks = new Float64Array(t.length)
  const tickStart = new Uint32Array(arranged.deviceCount + 1)
  const tickOf = new Uint32Array(t.length)
  const nextFree = new Uint32Array(arranged.count)
  let count = 0
  let runStart = 0
  let device = -1
  for (let i = 0; i < byDevice.length; i++) {
    const sample = at(byDevice, i)
    const cellSeries = at(arranged.cellSeries, at(series, sample))
    const time = at(t, sample)
    if (at(arranged.deviceOf, cellSeries) !== device) {
      device = at(arranged.deviceOf, cellSeries)
      tickStart[device] = count
      runStart = count
    } else if (time !== ticks[count - 1]) runStart = count
    const tick = Math.max(runStart, at(nextFree, cellSeries))
    if (tick === count) ticks[count++] = time
    tickOf[sample] = tick
    nextFree[cellSeries] = tick + 1
  }
  tickStart[arranged.deviceCount] = count
  return { ticks: ticks.subarray(0, count), tickStart, tickOf }
}
