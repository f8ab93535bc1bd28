import type { Scalar } from '#gateway/profiles/point.ts'
import type { TransformName } from '#gateway/profiles/transforms.ts'

/**
 * The named steps of the profile language, from the device's side: what it sends for a value, and what it makes of what
 * it is sent. Written from the meaning of each, not from the gateway's code.
 */
type Inverse = {
  readonly raw: (value: Scalar) => Scalar | undefined
  readonly canonical: (raw: Scalar) => Scalar | undefined
}

const same: Inverse = { raw: (value) => value, canonical: (raw) => raw }
const flipped = (value: Scalar): Scalar => value === false || value === 0

function numbers(raw: (value: number) => number, canonical: (raw: number) => number): Inverse {
  return { raw: (value) => raw(Number(value)), canonical: (value) => canonical(Number(value)) }
}

function steps(top: number): Inverse {
  return numbers(
    (percent) => (percent / 100) * top,
    (level) => (level / top) * 100,
  )
}

const inverses: Readonly<Record<TransformName, Inverse>> = {
  identity: same,
  bool_not: { raw: flipped, canonical: flipped },
  pf_4q: numbers((factor) => factor, unfold),
  lin254: steps(254),
  lin255: steps(255),
  // Off is 0; the steps from 1 to 254 multiply the light a thousandfold.
  dali_log254: numbers(
    (percent) => (percent <= 0 ? 0 : Math.max(1, 254 + (253 * Math.log10(percent / 100)) / 3)),
    (level) => (level === 0 ? 0 : 100 * 1000 ** ((level - 254) / 253)),
  ),
  mired_kelvin: numbers(
    (kelvin) => 1e6 / kelvin,
    (mired) => 1e6 / mired,
  ),
  wind8_deg: numbers(
    (degrees) => Math.round(degrees / 45) % 8,
    (direction) => direction * 45,
  ),
  number_in_text: { raw: (value) => String(value), canonical: (raw) => Number(raw) },
  bcd: numbers(
    (number) => digits(Math.round(number), 10, 16),
    (coded) => digits(coded, 16, 10),
  ),
  epoch_s: numbers(
    (ms) => ms / 1000,
    (seconds) => seconds * 1000,
  ),
  epoch_ms: same,
}

export function inverseOf(name: TransformName): Inverse {
  return inverses[name]
}

/** The same digits read in another base. */
function digits(value: number, from: number, to: number): number {
  let [rest, place, result] = [value, 1, 0]
  for (; rest > 0; rest = Math.floor(rest / from)) {
    result += (rest % from) * place
    place *= to
  }
  return result
}

function unfold(raw: number): number {
  return raw > 1 ? 2 - raw : raw < -1 ? -2 - raw : raw
}
