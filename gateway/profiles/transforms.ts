import type { Scalar } from './point.ts'

/** A named step that constants alone cannot express. Both directions, so that one profile reads, writes and simulates. */
type Transform = {
  /** `undefined`: this raw value has no meaning here. */
  readonly decode: (raw: Scalar) => Scalar | undefined
  readonly encode: (value: Scalar) => Scalar | undefined
}

function numeric(change: (value: number) => number): (value: Scalar) => Scalar | undefined {
  return (value) => (typeof value === 'number' ? change(value) : undefined)
}
function not(value: Scalar): Scalar | undefined {
  return typeof value === 'boolean' ? !value : undefined
}

export const transforms = {
  bool_not: { decode: not, encode: not },
  /** DALI direct arc power taken as linear: 0…254 is 0…100 %. */
  lin254: { decode: numeric((raw) => (raw * 100) / 254), encode: numeric((value) => (value * 254) / 100) },
} as const satisfies Record<string, Transform>

export type TransformName = keyof typeof transforms
