import type { Value } from '#contract/sample.ts'
import type { ModbusDevice, ModbusPoint, ModbusSource, ModbusTarget } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import { asShown, toCanonical, toRaw } from './inverse.ts'
import { fromWords, toWords } from './modbus-encode.ts'
import { type Answer, type BitTable, exceptions, type ModbusUnit, type WordTable } from './modbus-frames.ts'
import type { SimulatedPoints } from './simulated-points.ts'

export type SimulatedModbusOptions = {
  readonly device: ModbusDevice
  readonly points: SimulatedPoints
  readonly clock: Clock
}

type Cells = ReadonlyMap<number, () => number>
type Table = BitTable | WordTable
type Refusal = { readonly ok: false; readonly code: number }

const refuse = (code: number): Refusal => ({ ok: false, code })

/**
 * One Modbus unit filled from a profile: values are encoded when somebody reads, and a request that the real device
 * refuses is refused here. Registers that no point maps answer exception 2, apart from holes the profile calls readable.
 */
export class SimulatedModbusUnit implements ModbusUnit {
  readonly #device: ModbusDevice
  readonly #points: SimulatedPoints
  readonly #clock: Clock
  readonly #cells: Readonly<Record<Table, Cells>>
  readonly #enforced: ReadonlySet<string>
  #reads = 0
  #writes = 0

  constructor({ device, points, clock }: SimulatedModbusOptions) {
    this.#device = device
    this.#points = points
    this.#clock = clock
    this.#enforced = new Set(device.profile.sim?.enforce)
    this.#cells = {
      coil: this.#cellsOf('coil'),
      discrete: this.#cellsOf('discrete'),
      input: this.#cellsOf('input'),
      holding: this.#cellsOf('holding'),
    }
  }

  /** Requests to read it that reached it, refused ones too. */
  get reads(): number {
    return this.#reads
  }

  get writes(): number {
    return this.#writes
  }

  readBits(table: BitTable, start: number, count: number): Answer<readonly boolean[]> {
    this.#reads++
    const { maxBits } = this.#device.address.limits
    if (count > maxBits) return refuse(exceptions.illegalValue)
    const cells = this.#read(table, start, count)
    return cells.ok ? { ok: true, value: cells.value.map((cell) => cell !== 0) } : cells
  }

  readWords(table: WordTable, start: number, count: number): Answer<readonly number[]> {
    this.#reads++
    const { maxRegs } = this.#device.address.limits
    if (this.#enforced.has('max_regs') && count > maxRegs) return refuse(exceptions.illegalValue)
    if (this.#enforced.has('odd_start') && start % 2 !== 0) return refuse(exceptions.illegalAddress)
    if (this.#enforced.has('odd_count') && count % 2 !== 0) return refuse(exceptions.illegalValue)
    return this.#read(table, start, count)
  }

  writeBits(start: number, bits: readonly boolean[]): Answer<undefined> {
    const points = bits.map((_, i) => this.#writable('coil', start + i))
    if (points.some((point) => point === undefined)) return refuse(exceptions.illegalAddress)
    for (const [i, bit] of bits.entries()) this.#write(points[i], bit)
    return { ok: true, value: undefined }
  }

  writeWords(start: number, words: readonly number[]): Answer<undefined> {
    const writes: [ModbusPoint, number | string][] = []
    for (let at = 0; at < words.length; ) {
      const point = this.#writable('holding', start + at)
      const raw = point?.write && fromWords(words.slice(at), point.write.to)
      if (point?.write === undefined || raw === undefined) return refuse(exceptions.illegalAddress)
      writes.push([point, raw])
      at += point.write.to.count
    }
    for (const [point, raw] of writes) this.#write(point, raw)
    return { ok: true, value: undefined }
  }

  #read(table: Table, start: number, count: number): Answer<number[]> {
    this.#points.advance(this.#clock.now())
    const words: number[] = []
    for (let addr = start; addr < start + count; addr++) {
      const cell = this.#cells[table].get(addr)
      if (cell === undefined && this.#device.profile.sim?.image !== 'zero')
        return refuse(exceptions.illegalAddress)
      words.push(cell?.() ?? 0)
    }
    return { ok: true, value: words }
  }

  #writable(table: 'coil' | 'holding', addr: number): ModbusPoint | undefined {
    return this.#device.points.find(({ write }) => write?.to.table === table && write.to.addr === addr)
  }

  #write(point: ModbusPoint | undefined, raw: boolean | number | string): void {
    if (point?.write === undefined) return
    this.#writes++
    this.#points.write(point.id, meaningOf(point.write.to, point, raw), this.#clock.now())
  }

  #cellsOf(table: Table): Cells {
    const cells = new Map<number, () => number>()
    for (const point of this.#device.points) {
      const source = point.from
      if (source?.table !== table) continue
      for (let i = 0; i < source.count; i++)
        cells.set(source.addr + i, () => this.#encode(point, source)[i] ?? 0)
    }
    for (const known of this.#device.address.identify) {
      if (known.table !== table) continue
      const words = toWords(known.accepts[0] ?? 0, known)
      for (const [i, word] of words.entries()) cells.set(known.addr + i, () => word)
    }
    const { maxGap, maxBitGap } = this.#device.address.limits
    fillHoles(cells, table === 'coil' || table === 'discrete' ? maxBitGap : maxGap)
    return cells
  }

  #encode(point: ModbusPoint, source: ModbusSource): readonly number[] {
    const raw = toRaw(asShown(this.#points.value(point.id), point.steps), point.steps) ?? 0
    if (source.type === 'bool') return [Number(raw === true || raw === 1)]
    const words = toWords(typeof raw === 'boolean' ? Number(raw) : raw, source)
    if (source.bits === undefined) return words
    return toWords((Number(raw) & (2 ** source.bits.len - 1)) * 2 ** source.bits.pos, source)
  }
}

/** Unused registers between used ones answer zero where the profile says that a read may run through them. */
function fillHoles(cells: Map<number, () => number>, widest: number): void {
  const used = [...cells.keys()].sort((a, b) => a - b)
  for (const [i, addr] of used.entries()) {
    const next = used[i + 1] ?? addr
    for (let hole = addr + 1; hole < next && next - addr - 1 <= widest; hole++) cells.set(hole, () => 0)
  }
}

function meaningOf(target: ModbusTarget, point: ModbusPoint, raw: boolean | number | string): Value {
  const literal = target.table === 'coil' ? (raw === true ? 0xff00 : 0) : raw
  const pair = point.write?.values?.find(([, sent]) => sent === literal || sent === raw)
  return pair === undefined ? toCanonical(raw, point.steps) : pair[0]
}
