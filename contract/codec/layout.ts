/**
 * The order in which the samples of a batch travel. A device has ticks: the times at which it reported anything. In a
 * group the cells "this point of this device at this tick" are counted through, point by point, and a sample is the
 * number of its cell.
 */
import type { SampleColumns } from '../sample.ts'
import { type Arranged, arrangeSeries } from './arrange-series.ts'

export type Layout = {
  readonly arranged: Arranged
  /** Ticks of device d: `ticks[tickStart[d]]` up to `ticks[tickStart[d + 1]]`, ascending. */
  readonly ticks: Float64Array
  readonly tickStart: Uint32Array
  /** For each sample in wire order: its index in the batch, its series of the wire, its tick among all ticks. */
  readonly order: Uint32Array
  readonly series: Uint32Array
  readonly tick: Uint32Array
}

export function layOut(samples: SampleColumns): Layout {
  const arranged = arrangeSeries(samples.points, samples.series)
  const count = samples.t.length
  const series = new Uint32Array(count)
  const device = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    series[i] = at(arranged.seriesOf, at(samples.series, i))
    device[i] = at(arranged.deviceOf, at(series, i))
  }
  const byDevice = sortByDevice(samples.t, device, arranged.deviceCount)
  const { ticks, tickStart, tickOf } = findTicks({ t: samples.t, device, series, byDevice }, arranged)
  const order = countingSort(byDevice, series, arranged.seriesCount)
  return { arranged, ticks, tickStart, order, series: pick(series, order), tick: pick(tickOf, order) }
}

/** Reads a typed array where the index is known to be inside. */
function at(array: Uint32Array | Float64Array, index: number): number {
  return array[index] as number
}

function pick(column: Uint32Array, order: Uint32Array): Uint32Array {
  const picked = new Uint32Array(order.length)
  for (let i = 0; i < order.length; i++) picked[i] = at(column, at(order, i))
  return picked
}

/** Samples by device, in each by time; samples of equal time keep the order of the batch. */
function sortByDevice(t: Float64Array, device: Uint32Array, devices: number): Uint32Array {
  const identity = new Uint32Array(t.length)
  for (let i = 0; i < t.length; i++) identity[i] = i
  const order = countingSort(identity, device, devices)
  for (let from = 0, to = 0; from < order.length; from = to) {
    let isSorted = true
    for (to = from + 1; to < order.length && device[at(order, to)] === device[at(order, from)]; to++) {
      if (at(t, at(order, to)) < at(t, at(order, to - 1))) isSorted = false
    }
    if (!isSorted) order.subarray(from, to).sort((a, b) => at(t, a) - at(t, b) || a - b)
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

type ByDevice = {
  readonly t: Float64Array
  readonly device: Uint32Array
  readonly series: Uint32Array
  readonly byDevice: Uint32Array
}

/** One tick for each time of a device; where a series has several samples of one time, as many as the most of them. */
function findTicks({ t, device, series, byDevice }: ByDevice, { deviceCount, seriesCount }: Arranged) {
  const ticks = new Float64Array(t.length)
  const tickStart = new Uint32Array(deviceCount + 1)
  const tickOf = new Uint32Array(t.length)
  const nextFree = new Uint32Array(seriesCount)
  let count = 0
  let runStart = 0
  let current = -1
  for (let i = 0; i < byDevice.length; i++) {
    const sample = at(byDevice, i)
    const time = at(t, sample)
    if (device[sample] !== current) {
      current = at(device, sample)
      tickStart[current] = count
      runStart = count
    } else if (time !== ticks[count - 1]) runStart = count
    const tick = Math.max(runStart, at(nextFree, at(series, sample)))
    if (tick === count) ticks[count++] = time
    tickOf[sample] = tick
    nextFree[at(series, sample)] = tick + 1
  }
  tickStart[deviceCount] = count
  return { ticks: ticks.subarray(0, count), tickStart, tickOf }
}
