/** One step of a ramp every half second: finer is not seen by eyes or felt by motors, and costs messages. */
export const rampStepMs = 500

/**
 * The values on the way from `from` to `to`, both of the point's unit, so that it never moves faster than `maxPerS`. The
 * last one is `to`; there is always at least one. Pure.
 */
export function* rampValues(from: number, to: number, maxPerS: number): Generator<number> {
  const perStep = (maxPerS * rampStepMs) / 1000
  const steps = Math.ceil(Math.abs(to - from) / perStep - 1e-9)
  for (let i = 1; i < steps; i++) yield from + ((to - from) * i) / steps
  yield to
}
