import type { Scalar } from './point.ts'

/** A named step that constants alone cannot express. Both directions, so that one profile reads, writes and simulates. */
type Transform = {
  /** `undefined`: this raw value has no meaning here. */
  readonly decode: (raw: Scalar) => Scalar | undefined
  readonly encode: (value: Scalar) => Scalar | undefined
}

type Change = (value: number) => number | undefined

function numeric(change: Change): (value: Scalar) => Scalar | undefined {
  return (value) => (typeof value === 'number' ? change(value) : undefined)
}
function both(decode: Change, encode: Change): Transform {
  return { decode: numeric(decode), encode: numeric(encode) }
}
function not(value: Scalar): Scalar | undefined {
  return typeof value === 'boolean' ? !value : undefined
}
/** Levels count in whole steps of 100 / `top` percent. */
function linear(top: number): Transform {
  return both(
    (raw) => (raw * 100) / top,
    (value) => (value * top) / 100,
  )
}

export const transforms = {
  identity: { decode: (raw) => raw, encode: (value) => value },
  bool_not: { decode: not, encode: not },
  /** Power factor of four quadrants, as SunSpec-like meters encode it: beyond ±1 the reactive half is folded over. */
  pf_4q: both(fromFourQuadrants, toFourQuadrants),
  /** DALI's logarithmic dimming curve (IEC 62386-102): 1 is 0.1 %, 254 is 100 %, 0 is off. */
  dali_log254: both(fromDali, toDali),
  /** Levels taken as linear: 0…254, or 0…255, is 0…100 %. */
  lin254: linear(254),
  lin255: linear(255),
  /** Millionths of a reciprocal kelvin. Its own inverse; 0 has no temperature. */
  mired_kelvin: both(reciprocal, reciprocal),
  /** Eight directions from north, clockwise: 0…7 is 0…315 degrees. */
  wind8_deg: both(
    (raw) => (Number.isInteger(raw) && raw >= 0 && raw <= 7 ? raw * 45 : undefined),
    (value) => Math.round((((value % 360) + 360) % 360) / 45) % 8,
  ),
  /** A number that is sent as text. */
  number_in_text: {
    decode: numberOf,
    encode: (value) => (typeof value === 'number' ? String(value) : undefined),
  },
  /** Decimal digits in the four-bit halves of the bytes: 0x1234 is 1234. */
  bcd: both(fromBcd, toBcd),
  /** Moments as milliseconds since 1970. */
  epoch_s: both(
    (raw) => raw * 1000,
    (value) => value / 1000,
  ),
  epoch_ms: both(
    (raw) => raw,
    (value) => value,
  ),
} as const satisfies Record<string, Transform>

export type TransformName = keyof typeof transforms
export const transformNames = Object.keys(transforms) as TransformName[]

/** Schneider's coding: 0…1 and −1…0 lagging as they are, 1…2 is 2 − x leading, −2…−1 is −2 − x leading. */
function fromFourQuadrants(raw: number): number | undefined {
  if (raw > 2 || raw < -2) return undefined
  if (raw > 1) return 2 - raw
  return raw < -1 ? -2 - raw : raw
}
/** The leading half is not in the result, so what goes back is the lagging one. */
function toFourQuadrants(value: number): number | undefined {
  return value >= -1 && value <= 1 ? value : undefined
}

function fromDali(raw: number): number | undefined {
  if (raw === 0) return 0
  return raw > 0 && raw <= 254 ? 10 ** (((raw - 1) * 3) / 253 - 1) : undefined
}
function toDali(value: number): number | undefined {
  if (value <= 0) return value === 0 ? 0 : undefined
  // The lowest step that gives light is 0.1 %.
  return value > 100 ? undefined : Math.max(1, 1 + ((Math.log10(value) + 1) * 253) / 3)
}

function reciprocal(value: number): number | undefined {
  return value > 0 ? 1_000_000 / value : undefined
}

/** As JSON writes numbers, with spaces around; no hexadecimal, no empty text. */
function numberOf(raw: Scalar): number | undefined {
  if (typeof raw === 'number') return raw
  if (typeof raw !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(raw)) return undefined
  return Number(raw)
}

function fromBcd(raw: number): number | undefined {
  const digits = raw.toString(16)
  return Number.isSafeInteger(raw) && raw >= 0 && /^\d+$/.test(digits) ? Number(digits) : undefined
}
function toBcd(value: number): number | undefined {
  const whole = Math.round(value)
  return whole >= 0 && whole <= 9_999_999_999 ? Number.parseInt(String(whole), 16) : undefined
}
