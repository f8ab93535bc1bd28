import type { Value } from '#contract/sample.ts'
import type {
  Device,
  ModbusDevice,
  ModbusPoint,
  OnvifPoint,
  ResolvedPoint,
} from '#gateway/profiles/device.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { asShown, toCanonical, toRaw } from '#simulators/inverse.ts'
import { fieldOf, fromWords } from '#simulators/modbus-encode.ts'
import { isSamePlace, scaleOf, sourceWords } from '#simulators/modbus-image.ts'

type Point = Device['points'][number]

/** What a reader can be expected to see of `value`, and how far off the device's resolution may put it. */
export type Expected = { readonly value: Value; readonly within: number }

/** Values the device can show of a point: ends of the range and some between, or each of its words. */
export function valuesToShow(point: Point, device: Device): readonly Value[] {
  if (device.protocol === 'modbus' && isFixed(point as ModbusPoint, device)) return []
  if (device.protocol === 'onvif') return isTold(point as OnvifPoint) ? toldBy(point) : []
  switch (point.kind) {
    case 'bool':
      return [true, false, true]
    case 'enum':
      return wordsOf(point)
    case 'event':
      return eventsOf(point)
    case 'text':
      return wordsOf(point).length > 0 ? wordsOf(point) : ['A1', 'zz9'].map((text) => text)
    case 'num':
    case 'counter':
      return numbersOf(point, device)
  }
}

/** What a client may write: each word, the ends and the middle of the range. */
export function valuesToWrite({ id, kind, write }: Point): readonly Scalar[] {
  if (id === 'ptz.preset') return ['gate', 'yard']
  if (write?.values !== undefined) return write.values.map(([canonical]) => canonical)
  if (write?.options !== undefined) return write.options
  if (kind === 'bool') return [true, false]
  if (write?.range === undefined) return []
  const { min, max, step } = write.range
  const middle = (min + max) / 2
  const snapped = step === undefined ? middle : min + Math.round((middle - min) / step) * step
  return [max, min, Number(snapped.toPrecision(12))]
}

export function expectedOf(value: Value, point: Point): Expected {
  const shown = asShown(value, point.steps)
  if (typeof shown !== 'number') return { value: shown, within: 0 }
  const round = point.steps.find((step) => step.op === 'round')
  const grid = round === undefined ? 0 : round.count / round.per
  return {
    value: shown,
    within: 0.51 * Math.max(grid, wireStep(shown, point)) + Math.abs(shown) * 2e-7 + 1e-9,
  }
}

export function isAsExpected(found: Value, { value, within }: Expected): boolean {
  if (typeof value === 'number' && typeof found === 'number') return Math.abs(found - value) <= within
  return found === value
}

/** Registers that say what the device is, or how to read others, are not for trying things out. */
function isFixed(point: ModbusPoint, { address, points }: ModbusDevice): boolean {
  const { from } = point
  if (from === undefined) return true
  const fixed = [
    ...address.identify,
    ...address.setup,
    ...points.flatMap(({ scaleFrom }) => (scaleFrom === undefined ? [] : [scaleFrom.source])),
  ]
  return fixed.some((one) => isSamePlace(one, from))
}

/** The rest the driver knows by itself: whether the camera is there, how wrong its clock is. */
function isTold({ from }: OnvifPoint): boolean {
  return from !== undefined && 'derived' in from && from.derived === 'event'
}

function toldBy({ kind }: Point): readonly Value[] {
  return kind === 'num' || kind === 'counter' ? [3, 17] : kind === 'event' ? [true] : [true, false, true]
}

function wordsOf({ steps, write }: Point): readonly Value[] {
  const words = steps.flatMap((step) =>
    step.op === 'map' ? step.pairs.map(([, canonical]) => canonical) : [],
  )
  return [...new Set(words.length > 0 ? words : (write?.options ?? []))]
}

function eventsOf(point: Point): readonly Value[] {
  const words = wordsOf(point)
  if (words.length > 0) return words
  const as = (point as ResolvedPoint<{ as?: string }>).from?.as
  return as === 'number' ? [1, 2] : as === 'bool' ? [true] : ['pressed']
}

const usual = [0, 1, 3, 7, 21.5, 50, 93, 230.4, 430, 1234.5, 6789, 54_321, 98_765.4, -3.5, 0.87]

function numbersOf(point: Point, device: Device): readonly Value[] {
  const valid = point.steps.find((step) => step.op === 'valid')
  const [low, high] = [valid?.min ?? Number.NEGATIVE_INFINITY, valid?.max ?? Number.POSITIVE_INFINITY]
  const ends = [low, high].filter(Number.isFinite)
  const between = ends.length === 2 ? [0.37, 0.73].map((part) => low + part * (high - low)) : []
  const candidates = [...ends, ...between, ...usual].filter((one) => one >= low && one <= high)
  const shown = [...new Set(candidates.map((one) => Number(asShown(one, point.steps))))]
  return shown.filter((one) => one >= low && one <= high && survives(one, point, device)).slice(0, 5)
}

/** Whether the device has a way to say it at all: it fits in its registers and is none of its signs for "no value". */
function survives(value: number, point: Point, device: Device): boolean {
  const raw = toRaw(value, point.steps)
  const missing = point.steps.flatMap((step) => (step.op === 'missing' ? step.values : []))
  if (raw === undefined || (typeof raw === 'number' && !Number.isFinite(raw))) return false
  const back = device.protocol === 'modbus' ? throughRegisters(raw, point as ModbusPoint) : raw
  if (back === undefined || missing.includes(back)) return false
  const meant = toCanonical(back, point.steps)
  return typeof meant === 'number' && isAsExpected(meant, expectedOf(value, point))
}

function throughRegisters(raw: Scalar, { from, scaleFrom }: ModbusPoint): Scalar | undefined {
  if (from === undefined) return undefined
  const factor = scaleFrom === undefined ? 1 : scaleOf(scaleFrom)[1]
  const words = sourceWords(typeof raw === 'number' ? raw / factor : raw, from)
  const field = from.byte === undefined ? from.bits : { pos: from.byte === 'hi' ? 8 : 0, len: 8 }
  const isSigned = from.byte !== undefined && from.type === 'i16'
  const back = field === undefined ? fromWords(words, from) : signed(fieldOf(words, field, from), isSigned)
  return typeof back === 'number' ? back * factor : back
}

function signed(byte: number, isSigned: boolean): number {
  return isSigned && byte > 127 ? byte - 256 : byte
}

/** How much one step of what goes over the wire is worth where `value` lies. */
function wireStep(value: number, point: Point): number {
  const { from, write, scaleFrom } = point as ModbusPoint
  const type = from?.type ?? write?.to.type
  if (type === undefined || type.startsWith('f')) return 0
  const raw = toRaw(value, point.steps)
  if (typeof raw !== 'number') return 0
  const factor = scaleFrom === undefined ? 1 : scaleOf(scaleFrom)[1]
  const at = (code: number) => Number(toCanonical(Math.round(raw / factor + code) * factor, point.steps))
  const steps = [Math.abs(at(1) - at(0)), Math.abs(at(0) - at(-1))].filter(Number.isFinite)
  return Math.max(0, ...steps)
}
