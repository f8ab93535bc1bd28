import { type BitReader, unzigzag } from './bit-reader.ts'
import { startOrder } from './column-codes.ts'
import { DeviceReader, type Devices } from './decode-devices.ts'
import type { Strings } from './decode-strings.ts'
import { maxSamples, maxSeries } from './limits.ts'
import { Malformed } from './malformed.ts'
import { pointNames } from './point-names.ts'
import { isNumbered, maxNameNumber, nameText, pointText } from './point-path.ts'
import { structureStates } from './structure-states.ts'

export type CodedColumn = { readonly code: number; readonly from: number; readonly to: number }

export type Structure = {
  readonly points: readonly string[]
  readonly series: Uint32Array
  readonly t: Float64Array
  readonly columns: readonly CodedColumn[]
}

type Name = { readonly text: string; readonly isShared: boolean }

/** Reads groups, devices, times, names, cells and the codes of the columns. */
export function decodeStructure(bits: BitReader, strings: Strings): Structure {
  return new StructureReader(bits, strings).read()
}

class StructureReader {
  readonly #bits: BitReader
  readonly #strings: Strings
  readonly #states = structureStates()
  readonly #points: string[] = []
  readonly #series: number[] = []
  readonly #t: number[] = []
  /** Where each column ends. */
  readonly #ends: number[] = []
  #nameCount = 0
  #literal = 0

  constructor(bits: BitReader, strings: Strings) {
    this.#bits = bits
    this.#strings = strings
  }

  read(): Structure {
    const bits = this.#bits
    bits.section = 'the start time'
    const deviceReader = new DeviceReader(bits, this.#states, unzigzag(bits.golomb(startOrder)))
    for (const [index, prefix] of this.#strings.prefixes.entries()) {
      const devices = deviceReader.read(`group ${index + 1}`)
      bits.section = `the points of group ${index + 1}`
      const names = this.#names()
      bits.section = `the cells of group ${index + 1}`
      this.#cells(prefix, devices, names)
    }
    if (this.#literal < this.#strings.literals.length) throw new Malformed('point names left over')
    if (new Set(this.#points).size < this.#points.length) throw new Malformed('the same point twice')
    bits.section = 'the column codes'
    const columns = this.#ends.map((to, index) => ({
      code: bits.bits(4),
      from: this.#ends[index - 1] ?? 0,
      to,
    }))
    return {
      points: this.#points,
      series: new Uint32Array(this.#series),
      t: new Float64Array(this.#t),
      columns,
    }
  }

  #names(): Name[] {
    const bits = this.#bits
    const count = bits.golomb(2) + 1
    this.#nameCount += count
    if (this.#nameCount > maxSeries) throw new Malformed(`more than ${maxSeries} points in ${bits.section}`)
    const names: Name[] = []
    let at = { index: 0, number: -1 }
    for (let i = 0; i < count; i++) {
      at = this.#nextName(at)
      const text = at.index === 0 ? this.#nextLiteral() : nameText(at.index, at.number)
      names.push({ text, isShared: i > 0 && bits.bits(1) === 1 })
    }
    return names
  }

  /** Names ascend in the table; a numbered one may come again with a higher number, a spelled-out one as it is. */
  #nextName(before: { index: number; number: number }): { index: number; number: number } {
    const bits = this.#bits
    const step = bits.golomb(1)
    const index = before.index + step
    if (index >= pointNames.length)
      throw new Malformed(`point name ${index} in ${bits.section}, unknown here`)
    if (!isNumbered(index)) {
      if (step === 0 && index > 0) throw new Malformed(`point name ${index} twice in ${bits.section}`)
      return { index, number: -1 }
    }
    const number = (step > 0 ? 0 : before.number + 1) + bits.golomb(2)
    if (number > maxNameNumber) throw new Malformed(`number ${number} of a point name in ${bits.section}`)
    return { index, number }
  }

  #nextLiteral(): string {
    const literal = this.#strings.literals[this.#literal++]
    if (literal === undefined)
      throw new Malformed(`more spelled-out points than names in ${this.#bits.section}`)
    return literal
  }

  #cells(prefix: string, devices: Devices, names: readonly Name[]): void {
    const bits = this.#bits
    const count = this.#sampleCount()
    const { numbers, ticks, deviceOf } = devices
    const state = this.#states.cell
    let next = 0
    let atName = -1
    let atDevice = -1
    for (let i = 0; i < count; i++) {
      const cell = next + bits.adaptive(state)
      next = cell + 1
      const name = Math.floor(cell / ticks.length)
      const tick = cell - name * ticks.length
      const device = deviceOf[tick] as number
      if (name !== atName || device !== atDevice) {
        const point = names[name]
        if (point === undefined)
          throw new Malformed(`point ${name + 1} of ${names.length} in ${bits.section}`)
        this.#endColumns(names, atName, name)
        this.#points.push(pointText(prefix, numbers[device] as number, point.text))
        atName = name
        atDevice = device
      }
      this.#series.push(this.#points.length - 1)
      this.#t.push(ticks[tick] as number)
    }
    this.#endColumns(names, atName, names.length)
    if (this.#points.length > maxSeries)
      throw new Malformed(`more than ${maxSeries} series in ${bits.section}`)
  }

  #sampleCount(): number {
    const bits = this.#bits
    const count = bits.golomb(4) + 1
    if (count + this.#t.length > maxSamples || count > bits.left) {
      throw new Malformed(`${count} samples in ${bits.section}`)
    }
    return count
  }

  /** The columns of the points from `from` up to `to` are complete, unless the next one shares them. */
  #endColumns(names: readonly Name[], from: number, to: number): void {
    for (let name = Math.max(from, 0); name < to; name++) {
      if (names[name + 1]?.isShared !== true) this.#ends.push(this.#t.length)
    }
  }
}
