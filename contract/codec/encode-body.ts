import type { SampleColumns } from '../sample.ts'
import { BitWriter, zigzag } from './bit-writer.ts'
import { encodeStrings, type TextList } from './encode-strings.ts'
import { encodeValues } from './encode-values.ts'
import { type Group, type Layout, layOut } from './layout.ts'
import { estimatePeriod } from './period.ts'
import { type ColumnPlan, planColumns } from './plan-columns.ts'
import { isNumbered } from './point-path.ts'
import { encodeRuns } from './runs.ts'
import { structureStates } from './structure-states.ts'

/** The body of a telemetry message before zstd, as `README.md` describes it. */
export function encodeBody(samples: SampleColumns): Uint8Array {
  const layout = layOut(samples)
  const plan = planColumns(samples, layout)
  const bits = new BitWriter(64 + samples.t.length * 6)
  const texts = usedTexts(samples, plan)
  const strings = encodeStrings(bits, {
    prefixes: layout.groups.map((group) => group.prefix),
    literals: layout.groups.flatMap((group) =>
      group.names.filter((name) => name.nameIndex === 0).map((name) => name.literal),
    ),
    texts: texts.list,
  })
  new StructureWriter(bits, layout).write(plan)
  encodeValues(bits, plan, texts)
  encodeRuns(bits, layout.order, samples.quality, goodQuality)
  encodeRuns(bits, layout.order, samples.late, 0)
  return withStrings(strings, bits.finish())
}

const goodQuality = 192

function withStrings(strings: Uint8Array, bits: Uint8Array): Uint8Array {
  const body = new Uint8Array(strings.length + bits.length)
  body.set(strings)
  body.set(bits, strings.length)
  return body
}

/** Groups, devices, times, names and cells. */
class StructureWriter {
  readonly #bits: BitWriter
  readonly #layout: Layout
  readonly #states = structureStates()
  #point = 0
  #sample = 0

  constructor(bits: BitWriter, layout: Layout) {
    this.#bits = bits
    this.#layout = layout
  }

  write(plan: ColumnPlan): void {
    const start = this.#layout.ticks.reduce((a, b) => Math.min(a, b), Number.MAX_VALUE)
    this.#bits.golomb(zigzag(start), 40)
    for (const [index, group] of this.#layout.groups.entries()) {
      this.#devices(group)
      this.#times(group, start)
      this.#names(group, plan)
      this.#cells(group, index)
    }
    for (const column of plan.columns) this.#bits.bits(column.code, 4)
  }

  #devices(group: Group): void {
    this.#bits.golomb(group.devices.length - 1, 2)
    let next = 0
    for (const number of group.devices) {
      this.#bits.adaptive(number - next, this.#states.device)
      next = number + 1
    }
  }

  #times(group: Group, start: number): void {
    const { ticks, tickStart } = this.#layout
    const bits = this.#bits
    const period = estimatePeriod(ticks, tickStart, group)
    bits.golomb(period, 0)
    for (let d = group.firstDevice; d < group.firstDevice + group.devices.length; d++) {
      const from = tickStart[d] as number
      const to = tickStart[d + 1] as number
      bits.adaptive(to - from - 1, this.#states.tickCount)
      bits.adaptive((ticks[from] as number) - start, this.#states.firstTime)
      for (let i = from + 1; i < to; i++) this.#step((ticks[i] as number) - (ticks[i - 1] as number), period)
    }
  }

  #step(step: number, period: number): void {
    if (period === 0) return this.#bits.adaptive(step, this.#states.time)
    const periods = Math.round(step / period)
    this.#bits.adaptive(periods, this.#states.periods)
    this.#bits.adaptive(zigzag(step - periods * period), this.#states.jitter)
  }

  #names(group: Group, plan: ColumnPlan): void {
    const bits = this.#bits
    bits.golomb(group.names.length - 1, 2)
    let index = 0
    let number = -1
    for (const [i, name] of group.names.entries()) {
      bits.golomb(name.nameIndex - index, 1)
      if (name.nameIndex !== index) number = -1
      index = name.nameIndex
      if (isNumbered(index)) {
        bits.golomb(name.nameNumber - number - 1, 2)
        number = name.nameNumber
      }
      if (i > 0) bits.bits(plan.isShared[this.#point] as number, 1)
      this.#point++
    }
  }

  #cells(group: Group, index: number): void {
    const { order, tickOf, tickStart, cellSeriesOf, groupOf, nameOf } = this.#layout
    const firstTick = tickStart[group.firstDevice] as number
    const tickCount = (tickStart[group.firstDevice + group.devices.length] as number) - firstTick
    const from = this.#sample
    let to = from
    while (to < order.length && groupOf[cellSeriesOf[order[to] as number] as number] === index) to++
    this.#bits.golomb(to - from - 1, 4)
    let next = 0
    for (let i = from; i < to; i++) {
      const sample = order[i] as number
      const name = nameOf[cellSeriesOf[sample] as number] as number
      const cell = name * tickCount + (tickOf[sample] as number) - firstTick
      this.#bits.adaptive(cell - next, this.#states.cell)
      next = cell + 1
    }
    this.#sample = to
  }
}

/** The texts that occur, in the order of the wire. */
function usedTexts(samples: SampleColumns, plan: ColumnPlan): TextList {
  const place = new Map<number, number>()
  const list: string[] = []
  if (samples.texts.length > 0) {
    for (let i = 0; i < plan.type.length; i++) {
      const index = plan.value[i] as number
      if (plan.type[i] === 3 && !place.has(index)) place.set(index, list.push(samples.texts[index] ?? '') - 1)
    }
  }
  return { list, place }
}
