import type { Group } from './arrange-series.ts'
import { type BitWriter, zigzag } from './bit-writer.ts'
import { startOrder } from './column-codes.ts'
import type { Layout } from './layout.ts'
import { estimatePeriod } from './period.ts'
import type { ColumnPlan } from './plan-columns.ts'
import { isNumbered } from './point-path.ts'
import { structureStates } from './structure-states.ts'

/** Writes groups, devices, times, names and cells, and the codes of the columns. */
export class StructureWriter {
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
    const start = this.#layout.ticks.reduce((a, b) => Math.min(a, b))
    this.#bits.golomb(zigzag(start), startOrder)
    for (const [index, group] of this.#layout.arranged.groups.entries()) {
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
    if (period === 0) {
      this.#bits.adaptive(step, this.#states.time)
      return
    }
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
    const { series, tick, tickStart, arranged } = this.#layout
    const firstTick = tickStart[group.firstDevice] as number
    const tickCount = (tickStart[group.firstDevice + group.devices.length] as number) - firstTick
    const from = this.#sample
    let to = from
    while (to < series.length && arranged.groupOf[series[to] as number] === index) to++
    this.#bits.golomb(to - from - 1, 4)
    let next = 0
    for (let i = from; i < to; i++) {
      const name = arranged.nameOf[series[i] as number] as number
      const cell = name * tickCount + (tick[i] as number) - firstTick
      this.#bits.adaptive(cell - next, this.#states.cell)
      next = cell + 1
    }
    this.#sample = to
  }
}
