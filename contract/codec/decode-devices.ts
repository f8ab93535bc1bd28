import { maxTime } from '../columns.ts'
import { type BitReader, unzigzag } from './bit-reader.ts'
import { maxSamples, maxSeries } from './limits.ts'
import { Malformed } from './malformed.ts'
import { maxNumber } from './point-path.ts'
import type { structureStates } from './structure-states.ts'

/** The devices of a group and all their ticks, one device after the other. */
export type Devices = {
  readonly numbers: readonly number[]
  readonly ticks: readonly number[]
  /** For each tick: its device, as an index into `numbers`. */
  readonly deviceOf: readonly number[]
}

/** Reads the devices of one group after the other. */
export class DeviceReader {
  readonly #bits: BitReader
  readonly #states: ReturnType<typeof structureStates>
  readonly #start: number
  #deviceCount = 0
  #tickCount = 0

  /** `start` is the earliest time of the message. */
  constructor(bits: BitReader, states: ReturnType<typeof structureStates>, start: number) {
    this.#bits = bits
    this.#states = states
    this.#start = start
  }

  read(group: string): Devices {
    this.#bits.section = `the devices of ${group}`
    const numbers = this.#numbers()
    this.#bits.section = `the times of ${group}`
    const period = this.#bits.golomb(0)
    const ticks: number[] = []
    const deviceOf: number[] = []
    for (let device = 0; device < numbers.length; device++) {
      const before = ticks.length
      this.#ticksOfOne(period, ticks)
      for (let i = before; i < ticks.length; i++) deviceOf.push(device)
    }
    return { numbers, ticks, deviceOf }
  }

  #numbers(): number[] {
    const bits = this.#bits
    const count = bits.golomb(2) + 1
    this.#deviceCount += count
    if (this.#deviceCount > maxSeries)
      throw new Malformed(`more than ${maxSeries} devices in ${bits.section}`)
    const numbers: number[] = []
    let next = 0
    for (let i = 0; i < count; i++) {
      const number = next + bits.adaptive(this.#states.device)
      if (number > maxNumber + 1) throw new Malformed(`device number ${number - 1} in ${bits.section}`)
      numbers.push(number)
      next = number + 1
    }
    return numbers
  }

  #ticksOfOne(period: number, ticks: number[]): void {
    const bits = this.#bits
    const count = bits.adaptive(this.#states.tickCount) + 1
    this.#tickCount += count
    if (this.#tickCount > maxSamples) throw new Malformed(`more than ${maxSamples} times in ${bits.section}`)
    let time = this.#start + bits.adaptive(this.#states.firstTime)
    for (let i = 0; ; i++) {
      if (Math.abs(time) > maxTime) throw new Malformed(`time ${time} in ${bits.section}`)
      ticks.push(time)
      if (i === count - 1) return
      const step = this.#step(period)
      if (step < 0) throw new Malformed(`times that go back in ${bits.section}`)
      time += step
    }
  }

  #step(period: number): number {
    if (period === 0) return this.#bits.adaptive(this.#states.time)
    const periods = this.#bits.adaptive(this.#states.periods)
    return periods * period + unzigzag(this.#bits.adaptive(this.#states.jitter))
  }
}
