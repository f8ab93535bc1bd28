import type { ModbusPoint, ModbusTarget } from '#gateway/profiles/device.ts'
import { encodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { wordsOf } from './registers.ts'

/** One write request. `words` are what goes on the wire; a coil is 0xFF00 or 0. */
export type WriteRequest = {
  readonly fc: 5 | 6 | 15 | 16
  readonly table: 'coil' | 'holding'
  readonly addr: number
  readonly words: readonly number[]
}

export type Encoded =
  | { readonly ok: true; readonly request: WriteRequest }
  | { readonly ok: false; readonly reason: string }

const integerRanges = {
  u16: [0, 65_535],
  i16: [-32_768, 32_767],
  u32: [0, 4_294_967_295],
  i32: [-2_147_483_648, 2_147_483_647],
  u64: [0, Number.MAX_SAFE_INTEGER],
  i64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const

/** The request that makes `point` read `value`. Pure; a value that does not fit is refused, never clipped. */
export function encodeWrite(point: ModbusPoint, value: Scalar): Encoded {
  const write = point.write
  if (write === undefined) return refused(`${point.id} cannot be written`)
  const raw = rawOf(point, value)
  if (typeof raw === 'object') return raw
  const request = encodeRaw(raw, write.to)
  if (request === undefined) return refused(`${String(raw)} does not fit in ${write.to.type}`)
  return { ok: true, request }
}

/** The request that puts `raw` at `to`; `undefined` where it does not fit. */
export function encodeRaw(raw: Scalar, to: ModbusTarget): WriteRequest | undefined {
  const words = wordsFor(raw, to)
  const table = to.table === 'coil' ? 'coil' : 'holding'
  return words === undefined ? undefined : { fc: to.fc, table, addr: to.addr, words }
}

/** A literal of the profile where it lists some, else the value backwards through the point's steps. */
function rawOf(point: ModbusPoint, value: Scalar): Scalar | Extract<Encoded, { ok: false }> {
  const literals = point.write?.values
  if (literals !== undefined) {
    const sent = literals.find(([canonical]) => canonical === value)?.[1]
    if (typeof sent === 'number' || typeof sent === 'boolean') return sent
    return refused(
      `${String(value)} is not one of ${literals.map(([canonical]) => String(canonical)).join(', ')}`,
    )
  }
  const encoded = encodeValue(value, point)
  return encoded.ok ? encoded.raw : refused(`${String(value)} cannot be expressed (${encoded.reason})`)
}

function wordsFor(raw: Scalar, to: ModbusTarget): number[] | undefined {
  if (to.table === 'coil') return coilWords(raw)
  if (typeof raw === 'boolean') return to.type === 'bool' ? [raw ? 1 : 0] : undefined
  if (typeof raw !== 'number' || !Number.isFinite(raw)) return undefined
  return numberWords(raw, to)
}

function coilWords(raw: Scalar): number[] | undefined {
  if (raw === true || raw === 0xff00) return [0xff00]
  return raw === false || raw === 0 ? [0] : undefined
}

function numberWords(raw: number, { type, order, count }: ModbusTarget): number[] | undefined {
  const view = new DataView(new ArrayBuffer(count * 2))
  if (type === 'f32') view.setFloat32(0, raw)
  else if (type === 'f64') view.setFloat64(0, raw)
  else if (type === 'bool' || type === 'text') return undefined
  else if (!setInteger(view, type, Math.round(raw))) return undefined
  return wordsOf(view, order)
}

function setInteger(view: DataView, type: keyof typeof integerRanges, value: number): boolean {
  const [min, max] = integerRanges[type]
  if (value < min || value > max) return false
  const bits = BigInt.asUintN(view.byteLength * 8, BigInt(value))
  for (let at = 0; at < view.byteLength; at += 2) {
    view.setUint16(at, Number((bits >> BigInt((view.byteLength - 2 - at) * 8)) & 0xffffn))
  }
  return true
}

function refused(reason: string): Extract<Encoded, { ok: false }> {
  return { ok: false, reason }
}
