/** How the values of a column travel. 0 to 9 is the number of decimals of numbers that travel as whole ones. */
export const maxDecimals = 9
export const columnCodes = { float32: 10, float64: 11, boolean: 12, text: 13, none: 14 } as const

/** A sample that does not fit its column. */
export const exceptionKinds = { none: 0, float64: 1, boolean: 2, text: 3 } as const

/** A whole number above this travels as float64: the difference of two must stay exact. */
export const maxWhole = 2 ** 48

/** 10^decimals. */
export const powersOfTen = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const

/** Guesses of `Adaptive` before the first number of its kind. */
export const firstGuess = {
  device: 1,
  tickCount: 0,
  firstTime: 10,
  time: 10,
  periods: 0,
  jitter: 5,
  cell: 1,
  firstValue: 7,
  value: 6,
  exception: 4,
  run: 5,
} as const

/** Golomb order of the earliest time: fits the milliseconds of our century. */
export const startOrder = 40

/** Golomb order of a column's very first number. */
export const firstOrder = 8

/** Bits of an index into so many texts. */
export function textWidth(texts: number): number {
  return texts < 2 ? 0 : 32 - Math.clz32(texts - 1)
}

const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

/** A float32 as a whole number in the same order, so that near values have near numbers. */
export function orderOfFloat32(value: number): number {
  float[0] = value
  const pattern = bits[0] ?? 0
  return pattern >= 0 ? pattern : -(pattern & 0x7fffffff) - 1
}

export function float32OfOrder(order: number): number {
  bits[0] = order >= 0 ? order : -(order + 1) | 0x80000000
  return float[0] ?? 0
}
