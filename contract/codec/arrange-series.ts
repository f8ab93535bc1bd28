import { maxSeries } from './limits.ts'
import { type IndexedPoint, indexPoint, trimPointIndex } from './point-index.ts'

/** Devices whose names differ only in the number at the end. */
export type Group = {
  readonly prefix: string
  /** Numbers of the devices as `PointPath.number` has them, ascending. */
  readonly devices: readonly number[]
  /** For each point of the group a series that has it: whoever asks for the name takes it from there. */
  readonly names: readonly IndexedPoint[]
  /** Index of the group's first device among the devices of all groups. */
  readonly firstDevice: number
}

/** The series of a batch in the order of the wire: by group, in a group by point, of a point by device. */
export type Arranged = {
  readonly groups: readonly Group[]
  readonly seriesCount: number
  readonly deviceCount: number
  /** Series of the batch → series of the wire. Two with the same text become one. */
  readonly seriesOf: Uint32Array
  /** For each series of the wire: its device among all, its group, its point inside the group. */
  readonly deviceOf: Uint32Array
  readonly groupOf: Uint32Array
  readonly nameOf: Uint32Array
}

export function arrangeSeries(points: readonly string[], series: Uint32Array): Arranged {
  trimPointIndex()
  const used = usedSeries(points.length, series)
  const indexed = points.map((point) => indexPoint(point))
  const arranger = new Arranger(indexed, used.length)
  for (const members of groupMembers(indexed, used)) arranger.add(members)
  return arranger.arranged()
}

function usedSeries(points: number, series: Uint32Array): number[] {
  const isUsed = new Uint8Array(points)
  for (let i = 0; i < series.length; i++) isUsed[series[i] as number] = 1
  const used: number[] = []
  for (let i = 0; i < points; i++) if (isUsed[i] === 1) used.push(i)
  if (used.length > maxSeries)
    throw new RangeError(`${used.length} points in one batch, at most ${maxSeries}`)
  return used
}

function groupMembers(indexed: readonly IndexedPoint[], used: readonly number[]): number[][] {
  const byPrefix = new Map<number, number[]>()
  for (const series of used) {
    const { prefixRank } = indexed[series] as IndexedPoint
    const members = byPrefix.get(prefixRank)
    if (members === undefined) byPrefix.set(prefixRank, [series])
    else members.push(series)
  }
  const point = (members: readonly number[]) => indexed[members[0] as number] as IndexedPoint
  return [...byPrefix.values()].sort((a, b) => compareText(point(a).prefix, point(b).prefix))
}

class Arranger {
  readonly #indexed: readonly IndexedPoint[]
  readonly #seriesOf: Uint32Array
  readonly #deviceOf: Uint32Array
  readonly #groupOf: Uint32Array
  readonly #nameOf: Uint32Array
  readonly #groups: Group[] = []
  #seriesCount = 0
  #deviceCount = 0

  constructor(indexed: readonly IndexedPoint[], used: number) {
    this.#indexed = indexed
    this.#seriesOf = new Uint32Array(indexed.length)
    this.#deviceOf = new Uint32Array(used)
    this.#groupOf = new Uint32Array(used)
    this.#nameOf = new Uint32Array(used)
  }

  add(members: number[]): void {
    const indexed = this.#indexed
    members.sort((a, b) => comparePoint(indexed[a] as IndexedPoint, indexed[b] as IndexedPoint))
    const sorted = members.map((series) => indexed[series] as IndexedPoint)
    const devices = distinctNumbers(sorted)
    const place = new Map(devices.map((number, index) => [number, index]))
    const names: IndexedPoint[] = []
    for (const [i, point] of sorted.entries()) {
      const before = sorted[i - 1]
      if (before?.nameRank !== point.nameRank) names.push(point)
      if (before?.nameRank !== point.nameRank || before.number !== point.number) {
        this.#deviceOf[this.#seriesCount] = this.#deviceCount + (place.get(point.number) ?? 0)
        this.#groupOf[this.#seriesCount] = this.#groups.length
        this.#nameOf[this.#seriesCount] = names.length - 1
        this.#seriesCount++
      }
      this.#seriesOf[members[i] as number] = this.#seriesCount - 1
    }
    this.#groups.push({ prefix: sorted[0]?.prefix ?? '', devices, names, firstDevice: this.#deviceCount })
    this.#deviceCount += devices.length
  }

  arranged(): Arranged {
    return {
      groups: this.#groups,
      seriesCount: this.#seriesCount,
      deviceCount: this.#deviceCount,
      seriesOf: this.#seriesOf,
      deviceOf: this.#deviceOf,
      groupOf: this.#groupOf,
      nameOf: this.#nameOf,
    }
  }
}

/** Names that are spelled out come first, in the order of their text. */
function comparePoint(a: IndexedPoint, b: IndexedPoint): number {
  if (a.literal === b.literal) return a.rank - b.rank
  if (a.literal === '') return 1
  return b.literal === '' ? -1 : compareText(a.literal, b.literal)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function distinctNumbers(points: readonly IndexedPoint[]): number[] {
  const distinct = new Set<number>()
  for (const point of points) distinct.add(point.number)
  const numbers = [...distinct]
  for (let i = 1; i < numbers.length; i++) {
    if ((numbers[i] as number) < (numbers[i - 1] as number)) return numbers.sort((a, b) => a - b)
  }
  return numbers
}
