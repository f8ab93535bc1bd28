import type { Value } from '#contract/sample.ts'
import type { ModbusPoint, ModbusTarget } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import { anyOf, type FaultSource } from './faults.ts'
import { toCanonical } from './inverse.ts'
import { fieldOf, fromWords } from './modbus-encode.ts'
import { type Answer, type BitTable, exceptions, type ModbusUnit, type WordTable } from './modbus-frames.ts'
import { ModbusImage, type Mood, scaleOf, type UnitPart } from './modbus-image.ts'

export type SimulatedModbusOptions = {
  /** The devices on this unit; their profiles describe one physical device together. */
  readonly parts: readonly UnitPart[]
  readonly clock: Clock
  /** One-time settings are not yet what the profile expects. */
  readonly settingsArePending?: boolean
}

type Table = BitTable | WordTable
type Refusal = { readonly ok: false; readonly code: number }
type Target = { readonly part: UnitPart; readonly point: ModbusPoint; readonly to: ModbusTarget }
type Raw = boolean | number | string

const refuse = (code: number): Refusal => ({ ok: false, code })
const done = { ok: true, value: undefined } as const
/** Values move on this often at most: finer than anything polls. */
const grainMs = 20

/**
 * One Modbus unit filled from profiles: values are encoded when somebody reads, and a request that the real device
 * refuses is refused here. Registers that no point maps answer exception 2, tables it does not have exception 1.
 */
export class SimulatedModbusUnit implements ModbusUnit {
  readonly #parts: readonly UnitPart[]
  readonly #clock: Clock
  readonly #image: ModbusImage
  readonly #faults: FaultSource
  readonly #enforced: ReadonlySet<string>
  readonly #isZeroFilled: boolean
  readonly #targets = new Map<string, Target[]>()
  #movedAt = Number.NEGATIVE_INFINITY
  #reads = 0
  #writes = 0

  constructor({ parts, clock, settingsArePending }: SimulatedModbusOptions) {
    this.#parts = parts
    this.#clock = clock
    this.#image = new ModbusImage(parts, settingsArePending)
    this.#faults = anyOf(parts.map(({ faults }) => faults))
    this.#enforced = new Set(parts.flatMap(({ device }) => device.profile.sim?.enforce ?? []))
    this.#isZeroFilled = parts.some(({ device }) => device.profile.sim?.image === 'zero')
    for (const part of parts) for (const point of part.device.points) this.#addTarget(part, point)
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
    if (count > this.#limit(({ maxBits }) => maxBits)) return refuse(exceptions.illegalValue)
    const cells = this.#read(table, start, count)
    return cells.ok ? { ok: true, value: cells.value.map((cell) => cell !== 0) } : cells
  }

  readWords(table: WordTable, start: number, count: number): Answer<readonly number[]> {
    this.#reads++
    const maxRegs = this.#limit((limits) => limits.maxRegs)
    if (this.#enforced.has('max_regs') && count > maxRegs) return refuse(exceptions.illegalValue)
    if (this.#enforced.has('odd_start') && start % 2 !== 0) return refuse(exceptions.illegalAddress)
    if (this.#enforced.has('odd_count') && count % 2 !== 0) return refuse(exceptions.illegalValue)
    return this.#read(table, start, count)
  }

  writeBits(start: number, bits: readonly boolean[]): Answer<undefined> {
    const targets = bits.map((_, i) => this.#targets.get(`coil ${start + i}`) ?? [])
    if (!targets.every(({ length }) => length > 0))
      return refuse(this.#image.has('coil') ? exceptions.illegalAddress : exceptions.illegalFunction)
    for (const [i, at] of targets.entries()) for (const target of at) this.#write(target, bits[i] === true)
    return done
  }

  writeWords(start: number, words: readonly number[], functionCode: 6 | 16): Answer<undefined> {
    const refused = this.#refusedWrite(words.length, functionCode)
    if (refused !== undefined) return refused
    const writes: (() => void)[] = []
    for (let at = 0; at < words.length; ) {
      const taken = this.#take(start + at, words.slice(at), writes)
      if (!taken.ok) return taken
      at += taken.value
    }
    for (const write of writes) write()
    return done
  }

  #read(table: Table, start: number, count: number): Answer<number[]> {
    const now = this.#clock.now()
    this.#advance(now)
    const mood: Mood = {
      wordsSwapped: this.#faults.hit('wrong-word-order', now) !== undefined,
      isStranger: this.#faults.hit('wrong-device', now) !== undefined,
    }
    const words: number[] = []
    let gap = 0
    for (let addr = start; addr < start + count; addr++) {
      const word = this.#image.word(table, addr, mood)
      gap = word === undefined ? gap + 1 : 0
      if (word === undefined && !this.#isReadableHole(gap)) return refuse(this.#nothingThere(table))
      words.push(word ?? 0)
    }
    return { ok: true, value: words }
  }

  /** Nothing maps the register; some devices answer zero all the same. */
  #isReadableHole(gap: number): boolean {
    if (!this.#isZeroFilled) return false
    return !this.#enforced.has('max_gap') || gap <= this.#limit(({ maxGap }) => maxGap)
  }

  #nothingThere(table: Table): number {
    return this.#image.has(table) || this.#isZeroFilled
      ? exceptions.illegalAddress
      : exceptions.illegalFunction
  }

  #advance(now: number): void {
    if (Math.abs(now - this.#movedAt) < grainMs) return
    if (this.#faults.hit('freeze', now) !== undefined || this.#faults.hit('stale', now) !== undefined) return
    this.#movedAt = now
    for (const { points } of this.#parts) points.advance(now)
  }

  #limit(pick: (limits: UnitPart['device']['address']['limits']) => number): number {
    return Math.min(...this.#parts.map(({ device }) => pick(device.address.limits)))
  }

  /** A device that takes one register at a time often has no function 16 at all. */
  #refusedWrite(count: number, functionCode: 6 | 16): Refusal | undefined {
    if (!this.#image.has('holding') && this.#targets.size === 0) return refuse(exceptions.illegalFunction)
    const most = Math.max(...this.#parts.map(({ device }) => declaredWriteRegs(device) ?? 123))
    const hasMany = [...this.#targets.values()].flat().some(({ to }) => to.fc === 16)
    if (functionCode === 16 && most === 1 && !hasMany) return refuse(exceptions.illegalFunction)
    return count > most && !(hasMany && most === 1) ? refuse(exceptions.illegalValue) : undefined
  }

  /** What the first of these registers is for: how many it takes, or why it is refused. */
  #take(addr: number, words: readonly number[], writes: (() => void)[]): Answer<number> {
    const targets = (this.#targets.get(`holding ${addr}`) ?? []).filter(({ to }) => to.count <= words.length)
    if (targets.length > 0) {
      const understood = targets.filter((target) => {
        const raw = rawOf(words, target.to)
        const isMeant = raw !== undefined && means(target, raw) !== undefined
        if (isMeant) writes.push(() => this.#write(target, raw))
        return isMeant
      })
      if (understood.length === 0) return refuse(exceptions.illegalValue)
      return { ok: true, value: Math.max(...understood.map(({ to }) => to.count)) }
    }
    const state = this.#image.settings.find(
      ({ setting }) => setting.table === 'holding' && setting.addr === addr && setting.count <= words.length,
    )
    if (state === undefined) return refuse(exceptions.illegalAddress)
    const raw = rawOf(words, state.setting)
    writes.push(() => {
      state.value = raw === state.setting.write ? state.setting.expect : Number(raw)
    })
    return { ok: true, value: state.setting.count }
  }

  #write(target: Target, raw: Raw): void {
    const value = means(target, raw)
    if (value === undefined) return
    this.#writes++
    target.part.points.write(target.point.id, value, this.#clock.now())
    this.#movedAt = Number.NEGATIVE_INFINITY
  }

  #addTarget(part: UnitPart, point: ModbusPoint): void {
    const to = point.write?.to
    if (to === undefined) return
    const key = `${to.table} ${to.addr}`
    const known = this.#targets.get(key)
    if (known === undefined) this.#targets.set(key, [{ part, point, to }])
    else known.push({ part, point, to })
  }
}

function declaredWriteRegs({ profile }: UnitPart['device']): number | undefined {
  return profile.protocol === 'modbus' ? profile.modbus.limits?.max_write_regs : undefined
}

function rawOf(words: readonly number[], to: ModbusTarget): Raw | undefined {
  if (to.byte !== undefined) return fieldOf(words, { pos: to.byte === 'hi' ? 8 : 0, len: 8 }, to)
  if (to.bits !== undefined) {
    const field = fieldOf(words, to.bits, to)
    return to.bits.len === 1 ? field === 1 : field
  }
  const raw = fromWords(words, to)
  return to.type === 'bool' && raw !== undefined ? raw !== 0 : raw
}

/** `undefined` where the device does not know the word. */
function means({ point, to }: Target, raw: Raw): Value | undefined {
  const literals = point.write?.values
  if (literals !== undefined) {
    const sent = to.table === 'coil' ? [raw, raw === true ? 0xff00 : 0, Number(raw === true)] : [raw]
    return literals.find(([, literal]) => sent.includes(literal as Raw))?.[0]
  }
  const { scaleFrom } = point
  const scaled = scaleFrom !== undefined && typeof raw === 'number' ? raw * scaleOf(scaleFrom)[1] : raw
  return toCanonical(scaled, point.steps) ?? undefined
}
