import type { ModbusDevice, ModbusPoint, ModbusSetup, ModbusSource } from '#gateway/profiles/device.ts'
import type { ModbusTable } from '#gateway/profiles/modbus.ts'
import type { FaultSource } from './faults.ts'
import { asShown, toRaw } from './inverse.ts'
import { fieldWords, toWords } from './modbus-encode.ts'
import type { SimulatedPoints } from './simulated-points.ts'

/** One device of the configuration. Several may share a unit: a meter with many circuits, a panel with many lamps. */
export type UnitPart = {
  readonly device: ModbusDevice
  readonly points: SimulatedPoints
  readonly faults: FaultSource
}

/** What is wrong with the unit while one request is answered. */
export type Mood = { readonly wordsSwapped: boolean; readonly isStranger: boolean }

/** A one-time setting as it stands in the unit. */
export type SettingState = { readonly setting: ModbusSetup; value: number }

type Entry = { readonly words: (mood: Mood) => readonly number[] }
type Piece = { readonly entry: Entry; readonly index: number }
/** Whole registers belong to one value; a register of bits or of two bytes to many. */
type Cell = { whole?: Piece; readonly fields: Piece[] }

const zero: Entry = { words: () => [0] }

/**
 * What stands in the registers and bits of one unit, encoded when somebody looks. Addresses that nothing maps do not
 * exist, apart from what the profile says can be read: holes, hand-made blocks, and what alignment adds.
 */
export class ModbusImage {
  readonly settings: readonly SettingState[]
  readonly #cells: Readonly<Record<ModbusTable, Map<number, Cell>>> = {
    coil: new Map(),
    discrete: new Map(),
    input: new Map(),
    holding: new Map(),
  }

  constructor(parts: readonly UnitPart[], settingsArePending = false) {
    this.settings = parts.flatMap(({ device }) =>
      device.address.setup.map((setting) => ({
        setting,
        value: settingsArePending ? otherThan(setting.expect) : setting.expect,
      })),
    )
    for (const part of parts) this.#addPoints(part)
    for (const state of this.settings) this.#add(state.setting, settingEntry(state))
    for (const { device } of parts) this.#addIdentity(device)
    for (const { device } of parts) this.#addReadable(device)
  }

  /** `undefined` where there is nothing. */
  word(table: ModbusTable, addr: number, mood: Mood): number | undefined {
    const cell = this.#cells[table].get(addr)
    if (cell === undefined) return undefined
    if (cell.whole !== undefined) return wordOf(cell.whole, mood)
    let word = 0
    for (const field of cell.fields) word |= wordOf(field, mood)
    return word
  }

  /** Whether the unit has anything at all in this table. */
  has(table: ModbusTable): boolean {
    return this.#cells[table].size > 0
  }

  #add(source: ModbusSource, entry: Entry): void {
    const isField = source.bits !== undefined || source.byte !== undefined
    for (let index = 0; index < source.count; index++) {
      const cell = this.#cellAt(source.table, source.addr + index)
      if (isField) cell.fields.push({ entry, index })
      else cell.whole ??= { entry, index }
    }
  }

  #cellAt(table: ModbusTable, addr: number): Cell {
    const known = this.#cells[table].get(addr)
    if (known !== undefined) return known
    const cell: Cell = { fields: [] }
    this.#cells[table].set(addr, cell)
    return cell
  }

  #addPoints(part: UnitPart): void {
    const { device } = part
    for (const point of device.points) {
      if (point.from === undefined) continue
      const encoded = entryOf(part, point, point.from)
      // A register that tells the model or the decimals tells them until somebody sets it by hand.
      const fixed = this.#fixedAt(device, point.from)
      const entry: Entry =
        fixed === undefined
          ? encoded
          : { words: (mood) => (part.points.isGiven(point.id) ? encoded : fixed).words(mood) }
      this.#add(point.from, entry)
    }
    for (const { scaleFrom } of device.points) {
      if (scaleFrom !== undefined) this.#add(scaleFrom.source, scaleEntry(scaleFrom))
    }
  }

  /** What stands there whatever the points do. */
  #fixedAt(device: ModbusDevice, source: ModbusSource): Entry | undefined {
    const known = device.address.identify.find((one) => isSamePlace(one, source))
    if (known !== undefined) return identityEntry(known)
    const scale = device.points.find((one) => one.scaleFrom && isSamePlace(one.scaleFrom.source, source))
    if (scale?.scaleFrom !== undefined) return scaleEntry(scale.scaleFrom)
    const state = this.settings.find(({ setting }) => isSamePlace(setting, source))
    return state === undefined ? undefined : settingEntry(state)
  }

  #addIdentity({ address }: ModbusDevice): void {
    for (const known of address.identify) this.#add(known, identityEntry(known))
  }

  #addReadable({ address }: ModbusDevice): void {
    const { limits, groups } = address
    for (const table of ['coil', 'discrete'] as const) this.#fillHoles(table, limits.maxBitGap)
    for (const table of ['input', 'holding'] as const) {
      this.#fillHoles(table, limits.maxGap)
      const unit = Math.max(limits.align, limits.evenCount ? 2 : 1)
      for (const addr of [...this.#cells[table].keys()])
        for (let at = addr - (addr % unit), last = at + unit; at < last; at++) this.#fill(table, at)
    }
    for (const { table, start, count } of groups)
      for (let addr = start; addr < start + count; addr++) this.#fill(table, addr)
  }

  #fillHoles(table: ModbusTable, widest: number): void {
    for (const addr of holes([...this.#cells[table].keys()], widest)) this.#fill(table, addr)
  }

  /** Readable, and nothing in it. */
  #fill(table: ModbusTable, addr: number): void {
    this.#cellAt(table, addr).fields.push({ entry: zero, index: 0 })
  }
}

/** Encodes again only when the value has changed. */
function entryOf({ points }: UnitPart, point: ModbusPoint, source: ModbusSource): Entry {
  const factor = point.scaleFrom === undefined ? 1 : scaleOf(point.scaleFrom)[1]
  const { id, steps } = point
  let last: unknown
  let words: readonly number[] = []
  let swapped: readonly number[] = []
  const encode = (value: ReturnType<SimulatedPoints['value']>): readonly number[] => {
    const raw = toRaw(asShown(value, steps), steps)
    if (raw === undefined) return sourceWords(source.type.startsWith('f') ? Number.NaN : 0, source)
    return sourceWords(typeof raw === 'number' && value !== null ? raw / factor : raw, source)
  }
  return {
    words: ({ wordsSwapped }) => {
      const value = points.value(id)
      if (words.length === 0 || value !== last) {
        words = encode(value)
        swapped = words.toReversed()
        last = value
      }
      return wordsSwapped ? swapped : words
    },
  }
}

export function sourceWords(raw: number | boolean | string, source: ModbusSource): readonly number[] {
  if (source.table === 'coil' || source.table === 'discrete') return [Number(raw === true || raw === 1)]
  const plain = typeof raw === 'boolean' ? Number(raw) : raw
  const { bits, byte } = source
  if (byte !== undefined) return fieldWords(plain, { pos: byte === 'hi' ? 8 : 0, len: 8 }, source)
  return bits === undefined ? toWords(plain, source) : fieldWords(plain, bits, source)
}

/** The code a device shows for its decimals, and the factor it stands for: one from the middle of the list. */
export function scaleOf({
  map,
}: NonNullable<ModbusPoint['scaleFrom']>): readonly [code: number, factor: number] {
  return map[Math.floor((map.length - 1) / 2)] ?? [0, 1]
}

function scaleEntry(scale: NonNullable<ModbusPoint['scaleFrom']>): Entry {
  const words = sourceWords(scaleOf(scale)[0], scale.source)
  return { words: () => words }
}

function settingEntry(state: SettingState): Entry {
  return { words: () => sourceWords(state.value, state.setting) }
}

function identityEntry(known: ModbusDevice['address']['identify'][number]): Entry {
  const [code = 0] = known.accepts
  const own = sourceWords(code, known)
  const strange = sourceWords(otherThan(code), known)
  return { words: ({ isStranger }) => (isStranger ? strange : own) }
}

function otherThan(code: number): number {
  return code === 0 ? 1 : 0
}

export function isSamePlace(a: ModbusSource, b: ModbusSource): boolean {
  return a.table === b.table && a.addr === b.addr
}

function wordOf({ entry, index }: Piece, mood: Mood): number {
  return entry.words(mood)[index] ?? 0
}

/** Addresses between used ones that lie no further apart than a read may run through. */
function holes(addresses: number[], widest: number): number[] {
  const used = addresses.sort((a, b) => a - b)
  return used.flatMap((addr, i) => {
    const gap = (used[i + 1] ?? addr + 1) - addr - 1
    return gap > widest ? [] : Array.from({ length: gap }, (_, at) => addr + 1 + at)
  })
}
